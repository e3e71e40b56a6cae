"""A month of several units, drawn and published in the background; its row tells how far it is."""

import time
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import IntegrityError

from tests import make
from volunteer.core.actor import Role
from volunteer.core.db import db, transaction
from volunteer.core.models import Journal
from volunteer.rosters import publishing, runs, service
from volunteer.rosters.errors import NothingToPublish, StillAtWork
from volunteer.rosters.models import Roster, RosterRun, Way
from volunteer.shifts.models import Assignment, Shift
from volunteer.units.models import Unit

PATIENCE = 20
PLAN = {"way": "drawn", "posts_a_week": "3"}


@pytest.fixture
def town(unit, site, set_clock):
    """A town with two communities below it, each with two shifts in December and two people."""
    set_clock("2026-11-23 09:00")
    for number in range(2):
        below = make.unit(parent=unit, name=f"社区{number}")
        for each in ("01", "02"):
            make.shift(starts=f"2026-12-{each} 07:30", unit=below, site=site, kind="post", wanted=1)
        for _ in range(2):
            make.person(unit=below)
    return unit


@pytest.fixture
def at_work(client, town):
    make.login(client, make.person(unit=make.unit(), name="陈干事"), Role.COORDINATOR, over=town)
    return client


@pytest.fixture
def held():
    """Keeps the steps that would have been started in the background."""

    class Held(list):
        def __call__(self, step, run_id):
            self.append((step, run_id))

        def go(self, actor, clock):
            step, run_id = self.pop(0)
            step(run_id, actor=actor, clock=clock)

    return Held()


def communities(town):
    return db.session.scalars(select(Unit).filter_by(parent_id=town.id).order_by(Unit.id)).all()


def row():
    db.session.rollback()
    return db.session.scalars(select(RosterRun).order_by(RosterRun.id.desc())).first()


def assigned():
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(Assignment))


def journalled(action):
    return db.session.scalar(select(func.count()).select_from(Journal).filter_by(action=action))


def settled(client, address):
    """The run's page once the background has done its work."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        page = client.get(address).text
        if "hx-trigger" not in page:
            return page
        time.sleep(0.05)
    raise AssertionError("the background did not come to an end")


def test_a_town_is_drawn_and_published_in_the_background(at_work, town):
    answer = at_work.post(f"/units/{town.code}/plan/2026-12", data=PLAN)
    assert answer.status_code == 303
    assert answer.location == f"/units/{town.code}/plan/2026-12/progress"
    page = settled(at_work, answer.location)

    assert "2 个单位的草稿已排好" in page
    assert f'href="/rosters?month=2026-12&amp;unit={town.code}"' in page
    run = row()
    assert (run.state, run.done, run.total, run.failure) == ("done", 2, 2, None)
    assert run.counts == {"opened": 0, "units": 2, "wanted": 4, "filled": 4}
    assert assigned() == 0

    listed = at_work.get(f"/rosters?month=2026-12&unit={town.code}").text
    assert "全部发布" in listed
    publish = f"/units/{town.code}/plan/2026-12/publish"
    page = settled(at_work, at_work.post(publish).location)

    assert "已发布：排上 4 人次" in page
    run = row()
    assert (run.work, run.state, run.done, run.total) == ("publish", "done", 2, 2)
    assert [(each["assigned"], each["lost"]) for each in run.counts["units"]] == [(2, 0), (2, 0)]
    assert assigned() == 4
    assert "全部发布" not in at_work.get(f"/rosters?month=2026-12&unit={town.code}").text
    nothing = at_work.post(publish)
    assert nothing.status_code == 409
    assert "没有等待发布的草稿" in nothing.text


def test_one_unit_alone_is_drawn_within_the_request(at_work, town):
    one, _ = communities(town)

    answer = at_work.post(f"/units/{one.code}/plan/2026-12", data=PLAN)

    assert answer.location.startswith("/rosters/")
    assert row() is None


def test_the_page_asks_again_with_and_without_javascript(
    at_work, town, month, coordinator, now, held
):
    runs.start_drawing(town, month, actor=coordinator, now=now, start=held)
    address = f"/units/{town.code}/plan/2026-12/progress"

    opening = at_work.get(address).text
    assert '<noscript><meta http-equiv="refresh" content="2"></noscript>' in opening
    assert 'hx-trigger="every 2s"' in opening
    assert "正在开班" in opening
    seen = []

    def looking():
        seen.append(at_work.get(address, headers={"HX-Request": "true"}).text)
        return now

    held.go(coordinator, looking)

    assert all("<html" not in each for each in seen)
    assert any("正在读取人员和场次" in each for each in seen)
    assert any("已完成 1/2 个单位" in each for each in seen)
    assert "hx-trigger" not in at_work.get(address).text


def test_a_second_click_shows_the_same_run(at_work, town, month, coordinator, now, held):
    first = runs.start_drawing(town, month, actor=coordinator, now=now, start=held)
    again = runs.start_drawing(town, month, actor=coordinator, now=now, start=held)

    assert (first.id, len(held)) == (again.id, 1)
    clicked = at_work.post(f"/units/{town.code}/plan/2026-12", data=PLAN)
    assert clicked.location.endswith("/progress")
    assert db.session.scalar(select(func.count()).select_from(RosterRun)) == 1
    with pytest.raises(StillAtWork):
        runs.start_publishing(town, month, actor=coordinator, now=now, start=held)
    assert "正在一起处理" in at_work.get(f"/units/{town.code}/plan/2026-12").text


INSERT = text(
    "INSERT INTO roster_run (unit_id, month, work, way, settings, state, step, done, total, counts,"
    " started_at, beat_at, ended_at) VALUES (:unit, :month, 'draw', 'drawn', '{}', :state,"
    " 'opening', 0, 0, '{}', '2026-11-23', '2026-11-23', :ended)"
)


def insert(unit, month="2026-12", state="running", ended=None):
    with transaction() as session:
        session.execute(INSERT, {"unit": unit, "month": month, "state": state, "ended": ended})


def test_the_database_itself_allows_one_running_run_of_a_unit_and_month(unit):
    insert(unit.id)
    with pytest.raises(IntegrityError):
        insert(unit.id)

    insert(unit.id, month="2027-01")
    insert(make.unit().id)
    for _ in range(2):
        insert(unit.id, state="done", ended="2026-11-23")
    with pytest.raises(IntegrityError):
        insert(make.unit().id, state="done")


def test_a_run_that_broke_off_is_told_and_started_again(
    at_work, town, month, coordinator, now, held, set_clock
):
    runs.start_drawing(town, month, way=Way.ROTATION, actor=coordinator, now=now, start=held)
    address = f"/units/{town.code}/plan/2026-12/progress"
    set_clock(now + runs.SILENT)
    assert "hx-trigger" in at_work.get(address).text
    set_clock(now + runs.SILENT + timedelta(seconds=1))

    page = at_work.get(address).text
    assert "排班中断了" in page
    assert "hx-trigger" not in page
    assert 'name="way" value="rotation"' in page
    settled(at_work, at_work.post(f"/units/{town.code}/plan/2026-12", data=PLAN).location)

    states = select(RosterRun.state, RosterRun.failure).order_by(RosterRun.id)
    db.session.rollback()
    assert [tuple(each) for each in db.session.execute(states)] == [
        ("failed", "broken_off"),
        ("done", None),
    ]
    before = journalled("rosters.draw")
    held.go(coordinator, lambda: now)  # the first, which was only slow, sees it and stops
    assert journalled("rosters.draw") == before
    assert row().counts["units"] == 2


def test_publishing_goes_on_where_it_broke_off(
    at_work, town, month, coordinator, now, held, monkeypatch
):
    service.draw(town, month, actor=coordinator, now=now)
    publish, done = publishing.publish, []

    def one_only(roster, **given):
        if done:
            raise RuntimeError("the disk is full")
        done.append(roster.id)
        return publish(roster, **given)

    monkeypatch.setattr(publishing, "publish", one_only)
    address = at_work.post(f"/units/{town.code}/plan/2026-12/publish").location
    page = settled(at_work, address)
    assert "系统出错，发布没有做完" in page
    assert "发布其余的" in page
    assert "Traceback" not in page
    assert (row().failure, assigned()) == ("server_error", 2)

    monkeypatch.undo()
    page = settled(at_work, at_work.post(f"/units/{town.code}/plan/2026-12/publish").location)
    assert "已发布：排上 2 人次" in page
    assert assigned() == 4
    assert journalled("rosters.publish") == 2


def test_what_is_lost_or_refused_is_told_by_unit(at_work, town, month, coordinator, now, held):
    service.draw(town, month, actor=coordinator, now=now)
    first, second = db.session.scalars(select(Roster).order_by(Roster.id)).all()
    runs.start_publishing(town, month, actor=coordinator, now=now, start=held)
    with transaction() as session:
        rained_off = {"state": "cancelled", "cancel_reason": "下雨"}
        session.execute(update(Shift).filter_by(unit_id=first.unit_id).values(rained_off))
    moments = iter([None, lambda: service.discard(second, actor=coordinator, now=now)])

    def clock():  # the second draft is thrown away while the first is being published
        if act := next(moments, None):
            act()
        return now

    held.go(coordinator, clock)

    page = at_work.get(f"/units/{town.code}/plan/2026-12/progress").text
    assert [(each["assigned"], each["lost"]) for each in row().counts["units"]] == [(0, 2), (0, 0)]
    assert "有 2 个位置没能排上" in page
    assert "已不是草稿" in page


def test_a_refusal_stands_on_the_page_with_what_to_do(at_work, town):
    copied = {**PLAN, "way": "copied"}

    page = settled(at_work, at_work.post(f"/units/{town.code}/plan/2026-12", data=copied).location)

    assert (row().state, row().failure) == ("failed", "nothing_to_copy")
    assert "上个月" in page
    assert "回到排班页" in page


def test_a_unit_with_nothing_to_copy_leaves_the_others_their_copy(
    town, site, month, coordinator, now
):
    one, _ = communities(town)
    again = make.person(unit=one)
    last = make.shift(starts="2026-11-03 07:30", unit=one, site=site, kind="post")
    make.assignment(person=again, shift=last)  # on the first Tuesday, as in December

    (drawn,) = service.draw(town, month, way=Way.COPIED, actor=coordinator, now=now)

    assert (drawn.places, drawn.filled) == (2, 1)


def test_foreign_units_have_no_progress(client, at_work, town, month, coordinator, now, held):
    runs.start_drawing(town, month, actor=coordinator, now=now, start=held)
    make.login(client, make.person(), Role.COORDINATOR)

    for ask in (client.get, client.post):
        word = "progress" if ask == client.get else "publish"
        assert ask(f"/units/{town.code}/plan/2026-12/{word}").status_code == 404
    assert client.post(f"/units/{town.code}/plan/2026-12", data=PLAN).status_code == 404
    assert len(held) == 1


def test_without_a_draft_there_is_nothing_to_publish(town, month, coordinator, now, held):
    with pytest.raises(NothingToPublish):
        runs.start_publishing(town, month, actor=coordinator, now=now, start=held)
    assert not held
    assert row() is None


def test_the_plan_says_how_many_shifts_it_opens(at_work, town, manned):
    """Control: what it says is what the draw then opens, five days of November too."""
    page = at_work.get(f"/units/{town.code}/plan/2026-12").text
    assert "到月底还要开出 28 个场次" in page
    assert "共 3 个单位" in page

    settled(at_work, at_work.post(f"/units/{town.code}/plan/2026-12", data=PLAN).location)

    assert row().counts["opened"] == 28
    assert "还要开出" not in at_work.get(f"/units/{town.code}/plan/2026-12").text
    for far in ("2020-01", "2099-01"):
        assert at_work.get(f"/units/{town.code}/plan/{far}").status_code == 200
