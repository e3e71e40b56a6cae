"""The pages of taking part: what they show, what they weigh, what their buttons do."""

from datetime import date, timedelta

import pytest

from tests import make
from tests.counting import weigh
from tests.make import at
from tests.signups.conftest import open_shift
from volunteer.core.actor import Role
from volunteer.signups import queries, swapping, taking, waitlist
from volunteer.signups.models import DayOff

NOW = at("2026-03-02 08:00")


@pytest.fixture(autouse=True)
def now(set_clock):
    return set_clock(NOW)


def titles(client, path="/open-shifts"):
    page = client.get(path)
    assert page.status_code == 200
    return page.text


def test_soonest_first_with_place_minutes_free_and_leader(client, unit, wang):
    site = make.site(unit=unit, name="府前路口", address="府前街 12 号")
    leader = make.person(unit=unit, name="赵领队")
    later = open_shift(unit=unit, site=site, title="晚的", starts="2026-03-05 09:00")
    open_shift(
        unit=unit, site=site, title="早的", starts="2026-03-04 09:00", wanted=3, leader=leader
    )
    make.login(client, wang)

    page = titles(client)

    assert page.index("早的") < page.index("晚的")
    for words in ("府前路口", "府前街 12 号", "还有 3 个名额", "2 小时", "领队：赵领队"):
        assert words in page
    assert f"/open-shifts/{later.public_id}" in page


def test_only_what_is_open_to_the_person(client, unit, wang):
    section = make.unit(parent=unit)
    day = date(2026, 3, 9)
    make.save(DayOff(person_id=wang.id, from_on=day, until_on=day, created_at=NOW))
    make.assignment(person=wang, shift=open_shift(unit=unit, title="已报的"))
    open_shift(unit=unit, title="本单位的", starts="2026-03-05 09:00")
    open_shift(unit=make.city(), title="全市的", starts="2026-03-05 14:00")
    for title, given in (
        ("下级的", {"unit": section}),
        ("别家的", {"unit": make.unit()}),
        ("安排的", {"unit": unit, "sign_up": "assigned_only"}),
        ("取消的", {"unit": unit, "state": "cancelled", "cancel_reason": "雨"}),
        ("过去的", {"unit": unit, "starts": "2026-03-02 07:00"}),
        ("撞车的", {"unit": unit, "starts": "2026-03-07 10:00"}),
        ("请假的", {"unit": unit, "starts": "2026-03-09 09:00"}),
    ):
        open_shift(**{"starts": "2026-03-06 09:00", "title": title, **given})
    make.login(client, wang)

    shown = titles(client)
    own = titles(client, "/open-shifts?own=1")

    assert "本单位的" in shown
    assert "全市的" in shown
    assert "本单位的" in own
    assert "全市的" not in own
    for title in ("下级的", "别家的", "安排的", "取消的", "过去的", "撞车的", "请假的", "已报的"):
        assert title not in shown


def test_the_next_fourteen_days_and_then_more(client, unit, wang):
    open_shift(unit=unit, title="近的", starts="2026-03-03 09:00")
    open_shift(unit=unit, title="远的", starts="2026-03-17 09:00")
    make.login(client, wang)

    first = titles(client)
    more = first.partition('rel="next" href="')[2].partition('"')[0]

    assert "近的" in first
    assert "远的" not in first
    assert "远的" in titles(client, more.replace("&amp;", "&"))


def test_nothing_soon_shows_what_is_later(client, unit, wang):
    open_shift(unit=unit, title="远的", starts="2026-03-27 09:00")
    make.login(client, wang)

    assert "远的" in titles(client)


def test_a_whole_city_of_open_shifts_turns_page_by_page(client, unit, wang):
    start = at("2026-03-03 08:00")
    for number in range(2 * queries.PAGE + 5):
        open_shift(
            unit=unit,
            starts=start + timedelta(hours=number),
            minutes=30,
            title=f"第{number:03d}场",
            needs="post_training" if number % 2 else None,
        )
    make.login(client, wang)

    seen, path = [], "/open-shifts"
    while path:
        weigh(client, path)
        page = titles(client, path)
        seen += [number for number in range(60) if f"第{number:03d}场" in page]
        path = page.partition('rel="next" href="')[2].partition('"')[0].replace("&amp;", "&")

    assert seen == list(range(2 * queries.PAGE + 5))


def test_nothing_open_says_so(client, wang):
    make.login(client, wang)

    assert "目前没有对您开放的场次" in titles(client)


def test_take_and_wait_and_leave(client, app, unit, shift, wang, li):
    url = f"/open-shifts/{shift.public_id}"
    make.login(client, wang)
    assert client.post(f"{url}/take").status_code == 303
    assert client.post(f"{url}/take").status_code == 303
    assert "我来不了" in client.get(url).text

    other = app.test_client()
    make.login(other, li)
    refused = other.post(f"{url}/take")
    assert refused.status_code == 409
    assert "名额已满。可以先候补" in refused.text
    assert f'action="{url}/wait"' in refused.text
    assert other.post(f"{url}/wait").status_code == 303
    assert "您在候补名单中" in other.get(url).text
    assert shift.title in other.get("/my-shifts").text
    client.post(f"{url}/withdraw")
    assert "有 1 个请求等您答复" in other.get("/my").text
    mine = other.get("/my-shifts").text
    assert "为您保留到" in mine
    assert f'action="{url}/take"' in mine
    assert other.post(f"{url}/take").status_code == 303
    assert "等您答复" not in other.get("/my").text


def test_a_program_is_told_the_verdict(client, shift, wang, li):
    taking.take(shift.public_id, actor=make.actor_of(wang), now=NOW)
    make.login(client, li)

    answer = client.post(
        f"/open-shifts/{shift.public_id}/take", headers={"Accept": "application/json"}
    )

    assert (answer.status_code, answer.json["error"]["code"]) == (409, "full")


@pytest.mark.parametrize("verb", ["take", "withdraw", "undo", "wait", "leave-list", "ask"])
def test_a_foreign_shift_does_not_exist(client, wang, verb):
    foreign = open_shift(unit=make.unit())
    make.login(client, wang)

    assert client.get(f"/open-shifts/{foreign.public_id}").status_code == 404
    data = {"colleague": "anybody"}
    assert client.post(f"/open-shifts/{foreign.public_id}/{verb}", data=data).status_code == 404


def test_ask_a_colleague_and_the_answer(client, app, unit, shift, wang, li):
    make.assignment(person=wang, shift=shift)
    back = open_shift(unit=unit, title="河边清扫", starts="2026-03-08 09:00")
    make.assignment(person=li, shift=back)
    url = f"/open-shifts/{shift.public_id}/ask"
    make.login(client, wang)

    page = client.get(url, query_string={"q": "李强"}).text
    assert f"with={li.public_id}" in page
    assert li.phone[-4:] not in page
    assert "河边清扫" in client.get(url, query_string={"with": li.public_id}).text
    sent = client.post(url, data={"colleague": li.public_id, "returns": back.public_id})
    assert sent.status_code == 303
    assert "您已请李强帮忙" in client.get("/my-shifts").text

    other = app.test_client()
    make.login(other, li)
    page = other.get("/my-shifts").text
    assert "王芳想和您换班" in page
    accept = page.partition('action="/my-shifts/requests/')[2].partition('"')[0]
    assert other.post(f"/my-shifts/requests/{accept}").status_code == 303
    assert "河边清扫" in client.get("/my-shifts").text
    assert other.post(f"/my-shifts/requests/{accept}").status_code == 303


def test_an_odd_request_is_refused(client, shift, wang):
    make.assignment(person=wang, shift=shift)
    make.login(client, wang)
    url = f"/open-shifts/{shift.public_id}/ask"

    assert client.post(url, data={}).status_code == 400
    refused = client.post(url, data={"colleague": "x"})
    assert refused.status_code == 404
    assert "本单位没有这个人" in refused.text


def test_the_own_shifts_weigh_little(client, unit, wang, li):
    for number in range(30):
        starts = at("2026-03-03 09:00") + timedelta(days=number)
        shift = open_shift(unit=unit, starts=starts, wanted=1, capacity=1)
        if number % 3 == 0:
            make.assignment(person=li, shift=shift)
            waitlist.wait(shift.public_id, actor=make.actor_of(wang), now=NOW)
        else:
            make.assignment(person=wang, shift=shift)
        if number % 3 == 1:
            swapping.ask(shift.public_id, None, None, actor=make.actor_of(wang), now=NOW)
    for person in (wang, li):
        make.login(client, person)
        weigh(client, "/my-shifts")
        weigh(client, "/my")
    weigh(client, f"/open-shifts/{shift.public_id}")


def test_history_stands_below(client, unit, wang):
    make.assignment(person=wang, shift=make.shift(unit=unit, starts="2026-03-01 09:00", title="旧"))
    given_up = make.shift(unit=unit, title="没来成")
    make.assignment(person=wang, shift=given_up, state="excused", withdrawn_at=NOW)
    make.login(client, wang)

    page = client.get("/my-shifts").text

    assert "以前的" in page
    assert "没来成" in page


def test_the_coordinator_sees_who_waits_and_offers(client, unit, wang, li):
    shift = open_shift(unit=unit, wanted=2, capacity=2)
    make.assignment(person=wang, shift=shift)
    make.save(
        waitlist.Waiting(
            shift_id=shift.id,
            person_id=li.id,
            state="waiting",
            asked_at=NOW,
            is_held=False,
            offers=0,
        )
    )
    make.login(client, make.person(unit=unit), Role.COORDINATOR)
    url = f"/shifts/{shift.public_id}"

    page = client.get(url).text
    assert "候补名单" in page
    assert client.post(f"{url}/waiting/{li.public_id}/offer").status_code == 303
    assert "已通知，保留到" in client.get(url).text
    assert client.post(f"{url}/people/{wang.public_id}/excuse").status_code == 303
    assert "王芳" not in client.get(url).text
    weigh(client, url)
