"""The front pages by role, the places to go to, the language, the help."""

import re
from datetime import date

import pytest
from sqlalchemy.exc import OperationalError

from tests import counting, make
from volunteer.core.actor import Role
from volunteer.core.db import db
from volunteer.core.jobs import LEASE
from volunteer.core.models import Lease
from volunteer.home import navigation
from volunteer.reminders import queries as reminders


@pytest.fixture(autouse=True)
def now(app, set_clock):
    return set_clock("2026-11-23 10:00")


@pytest.fixture
def school(app):
    return make.unit(name="明镜小学")


@pytest.fixture
def wang(school):
    return make.person(unit=school, name="王小雨")


def shift(unit, starts: str, **given):
    return make.shift(starts=starts, unit=unit, site=make.site(unit=unit, name="新安路口"), **given)


def heading(page: str) -> str:
    return re.sub(r"<[^>]+>", "", page.split("<h1", 1)[1].split(">", 1)[1].split("</h1>")[0])


def places(page: str, name: str = "主导航") -> list[str]:
    nav = page.split(f'aria-label="{name}"', 1)[1].split("</nav>")[0]
    return re.findall(r'<a href="([^"]+)"', nav)


class TestVolunteer:
    def test_the_next_shift_with_time_place_and_leader(self, client, wang, school):
        leader = make.person(unit=school, name="周启明")
        later = shift(school, "2026-11-25 09:00", title="以后的场次", leader=leader)
        coming = shift(school, "2026-11-23 17:00", title="晚高峰劝导", leader=leader)
        over = shift(school, "2026-11-23 07:00", title="早高峰劝导")
        for each in (later, coming, over):
            make.assignment(person=wang, shift=each)
        make.login(client, wang)

        page = client.get("/").text

        assert heading(page) == "晚高峰劝导"
        for words in ("17:00", "新安路口", "周启明", "到现场扫码签到", "以后的场次"):
            assert words in page
        assert "早高峰劝导" not in page

    def test_whoever_is_there_is_told_to_scan_again(self, client, wang, school):
        running = shift(school, "2026-11-23 09:00")
        make.assignment(person=wang, shift=running)
        make.attendance(person=wang, shift=running, state="open")
        make.login(client, wang)

        page = client.get("/").text

        assert "09:00 已签到" in page
        assert "离开时" in page

    def test_without_a_shift_the_balance_is_the_heading(self, client, wang):
        make.entry(person=wang, minutes=45, on=date(2026, 11, 6))
        make.login(client, wang)

        page = client.get("/").text

        assert heading(page).strip() == "本月还差 1 小时 15 分钟"
        assert "目前没有安排" in page

    def test_what_waits_is_told(self, client, wang, school):
        forgotten = shift(school, "2026-11-20 09:00", minutes=60)
        make.attendance(person=wang, shift=forgotten, state="auto_closed")
        make.login(client, wang)

        assert "1 小时 待现场负责人确认" in client.get("/").text

    def test_four_places_and_no_more(self, client, wang):
        make.login(client, wang)

        assert places(client.get("/").text) == ["/my", "/my-shifts", "/hours", "/inbox"]

    def test_the_leader_of_a_shift_finds_the_list_and_what_waits(self, client, wang, school):
        led = shift(school, "2026-11-23 15:00", leader=wang, title="我带的一场")
        past = shift(school, "2026-11-22 15:00", leader=wang)
        make.attendance(person=make.person(unit=school), shift=past, state="auto_closed")
        make.login(client, wang)

        page = client.get("/").text

        assert f"/shifts/{led.public_id}/live" in page
        assert "1 条记录等您确认" in page


class TestCoordinator:
    @pytest.fixture(autouse=True)
    def coordinator(self, client, school):
        return make.login(client, make.person(unit=school, name="周联络"), Role.COORDINATOR)

    def test_today_gaps_and_what_waits(self, client, wang, school):
        running = shift(school, "2026-11-23 09:00", title="上午执勤")
        tomorrow = shift(school, "2026-11-24 09:00", title="明早执勤", wanted=3)
        for each in (running, tomorrow):
            make.assignment(person=wang, shift=each)
        make.attendance(person=wang, shift=running, state="open")
        past = shift(school, "2026-11-20 09:00")
        make.attendance(person=wang, shift=past, state="auto_closed")

        page = client.get("/").text

        assert heading(page) == "今天有 1 场服务，1 人已到岗"
        assert "明早执勤还缺 2 人" in page
        assert "1 条记录待确认" in page
        assert f"/shifts/{running.public_id}/live" in page

    def test_a_day_without_shifts_says_so(self, client):
        assert heading(client.get("/").text) == "今天没有场次"

    def test_the_shifts_of_others_are_not_there(self, client):
        other = make.unit()
        stranger = make.person(unit=other)
        foreign = shift(other, "2026-11-23 11:00", title="别人的场次", wanted=9)
        make.assignment(person=stranger, shift=foreign)
        old = shift(other, "2026-11-20 09:00")
        make.attendance(person=stranger, shift=old, state="auto_closed")

        page = client.get("/").text

        assert "别人的场次" not in page
        assert heading(page) == "今天没有场次"
        assert "条记录待确认" not in page

    def test_the_own_service_is_a_page_away(self, client):
        assert "/my" in places(client.get("/").text)
        assert "回到工作台" in client.get("/my").text

    def test_no_place_refuses(self, client):
        found = places(client.get("/").text)

        assert "/people/import" not in found
        for path in found:
            assert client.get(path).status_code == 200, path


@pytest.mark.parametrize(
    "role", [Role.UNIT_ADMIN, Role.SYSTEM_LEAD, Role.CITY_OFFICE, Role.INSPECTOR, Role.SYS_ADMIN]
)
def test_nobody_is_shown_a_closed_door(client, wang, role):
    make.login(client, wang, role, over=make.city())

    page = client.get("/").text

    for path in places(page):
        assert client.get(path).status_code == 200, path


def test_the_place_where_one_is_is_marked_once(client, school):
    make.login(client, make.person(unit=school), Role.UNIT_ADMIN)

    for path in ("/", "/shifts", "/months", "/months/2026-11/people", "/exemptions", "/policies"):
        nav = client.get(path).text.split('aria-label="主导航"', 1)[1].split("</nav>")[0]
        assert nav.count('aria-current="page"') == 1, path


class TestCityOffice:
    @pytest.fixture(autouse=True)
    def office(self, client):
        holder = make.person(unit=make.unit(name="创建办"))
        return make.login(client, holder, Role.CITY_OFFICE, over=make.city())

    def test_a_scheduler_that_never_ran_is_told(self, client):
        assert "计划任务还没有运行过" in client.get("/").text

    def test_a_silent_scheduler_is_told_and_a_live_one_too(self, client, set_clock, now):
        make.save(Lease(name=LEASE, holder="here:1", epoch=1, renewed_at=now, expires_at=now))
        assert "计划任务运行正常" in client.get("/").text

        set_clock("2026-11-23 10:05")
        assert "11月23日 星期一 10:00 起没有运行" in client.get("/").text

    def test_the_page_is_light(self, client, wang, school):
        for _ in range(20):
            make.assignment(shift=shift(school, "2026-11-23 11:00", wanted=3))

        counting.weigh(client, "/")

    def test_the_month_in_figures(self, client, wang):
        make.entry(person=wang, minutes=120, on=date(2026, 11, 6))

        page = client.get("/").text

        assert "50.0 %" in page
        assert "/months/2026-11" in page


class TestLanguageAndHelp:
    def test_the_language_is_remembered_and_leads_back(self, client):
        answer = client.post("/language", data={"language": "en", "next": "/help"})

        assert (answer.status_code, answer.headers["Location"]) == (303, "/help")
        assert 'lang="en"' in client.get("/help").text
        client.post("/language", data={"language": "zh", "next": "/help"})
        assert 'lang="zh-CN"' in client.get("/help").text

    @pytest.mark.parametrize("to", ["//evil.example", "https://evil.example", "", "/\\evil"])
    def test_it_leads_nowhere_else(self, client, to):
        answer = client.post("/language", data={"language": "en", "next": to})

        assert answer.headers["Location"] == "/"

    def test_an_unknown_language_changes_nothing(self, client):
        client.post("/language", data={"language": "tlh", "next": "/help"})

        assert 'lang="zh-CN"' in client.get("/help").text

    def test_the_help_is_open_and_names_the_way_without_a_phone(self, client):
        page = client.get("/help").text

        assert "没有手机" in page
        assert "有问题找谁" in page


class TestCounts:
    def test_pages_without_navigation_ask_for_no_count(self, client, wang):
        make.login(client, wang)

        with counting.queries() as asked:
            assert client.get("/q/nonsense").status_code >= 400
        assert not [statement for statement in asked if "reminder" in statement]
        with counting.queries() as asked:
            client.get("/static/app.css")
        assert not asked

    def test_each_is_asked_once_a_page(self, client, wang):
        make.reminder(person=wang)
        make.login(client, wang)

        with counting.queries() as asked:
            page = client.get("/").text
        assert len([statement for statement in asked if "FROM reminder" in statement]) == 1
        assert "1 条未读消息" in page

    def test_a_page_is_worth_more_than_its_bell(self, client, wang, monkeypatch):
        def fails(person_id):
            raise OperationalError("select", {}, Exception("gone"))

        monkeypatch.setattr(reminders, "unread", fails)
        make.login(client, wang)

        assert client.get("/hours").status_code == 200
        assert navigation.reminders is reminders
        assert db.session.is_active
