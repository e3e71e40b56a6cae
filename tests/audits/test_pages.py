"""The pages of the month: who sees what, and how much a page asks of the database."""

from datetime import date

import pytest

from tests import counting, make
from volunteer.core.actor import Role


@pytest.fixture(autouse=True)
def today(app, set_clock):
    set_clock("2026-11-23 10:00")


@pytest.fixture
def school(app):
    return make.unit(name="明镜小学", code="EDU-01", parent=make.unit(name="教育局", code="EDU"))


@pytest.fixture
def wang(school):
    wang = make.person(unit=school, name="王小雨")
    make.entry(person=wang, minutes=45, on=date(2026, 11, 6))
    return wang


@pytest.fixture
def coordinator(client, school):
    holder = make.person(unit=school, name="周联络")
    make.login(client, holder, Role.COORDINATOR)
    return holder


@pytest.fixture
def office(client):
    holder = make.person(unit=make.unit(name="创建办"))
    make.login(client, holder, Role.CITY_OFFICE, over=make.city())
    return holder


def test_the_office_goes_from_the_city_to_the_unit_to_the_person(client, office, wang):
    city = client.get("/months/2026-11").text
    assert "教育局" in city
    assert "/months/2026-11?unit=EDU" in city
    bureau = client.get("/months/2026-11?unit=EDU").text
    assert "/months/2026-11/people?unit=EDU-01" in bureau
    people = client.get("/months/2026-11/people?unit=EDU-01").text
    assert f"/months/2026-11/people/{wang.public_id}" in people
    person = client.get(f"/months/2026-11/people/{wang.public_id}").text
    assert "1 小时 15 分钟" in person


def test_months_is_the_running_one(client, office):
    assert "2026年11月" in client.get("/months").text.split("<h1>")[1].split("</h1>")[0]


def test_a_coordinator_begins_at_the_own_unit_and_sees_no_other(client, coordinator, wang):
    other = make.unit(name="别的单位", code="OTHER")
    stranger = make.person(unit=other, name="外单位某人")

    page = client.get("/months/2026-11").text

    assert "明镜小学" in page
    assert "教育局" not in page
    for path in (
        "/months/2026-11?unit=OTHER",
        "/months/2026-11?unit=EDU",
        "/months/2026-11/people?unit=OTHER",
        f"/months/2026-11/people/{stranger.public_id}",
        "/months/2026-11/people/nobody",
    ):
        assert client.get(path).status_code == 404, path
    people = client.get("/months/2026-11/people").text
    assert "王小雨" in people
    assert "外单位某人" not in people


def test_over_two_units_the_page_offers_both(client, coordinator):
    second = make.unit(name="第二小学", code="EDU-02")
    make.grant(person=coordinator, role=Role.COORDINATOR, unit=second)

    page = client.get("/months/2026-11?unit=EDU-02").text

    assert "/months/2026-11?unit=EDU-01" in page
    assert 'aria-current="page"' in page.split("<main")[1]


@pytest.mark.parametrize("month", ["2026-12", "2026-13", "26-11", "2026-1", "1999-12", "x" * 60])
def test_a_month_that_is_none_or_has_not_begun_is_not_there(client, office, month):
    assert client.get(f"/months/{month}").status_code == 404
    assert client.get(f"/hours?month={month}").status_code == 404


def test_a_volunteer_is_refused(client, wang):
    make.login(client, wang)

    assert client.get("/months/2026-11").status_code == 403
    assert client.get("/months/2026-11/people").status_code == 403
    assert client.post("/months/2026-11/export").status_code == 403


def test_phones_are_masked(client, coordinator, wang):
    pages = [
        client.get("/months/2026-11/people").text,
        client.get(f"/months/2026-11/people/{wang.public_id}").text,
    ]

    for page in pages:
        assert wang.phone not in page
        assert f"{wang.phone[:3]}****{wang.phone[-4:]}" in page


def test_the_list_narrows_to_a_state_and_turns_pages(client, coordinator, school, wang):
    for number in range(60):
        person = make.person(unit=school, name=f"李{number:02d}")
        if number < 5:
            make.entry(person=person, minutes=120, on=date(2026, 11, 6))

    short = client.get("/months/2026-11/people?state=not_met").text
    met = client.get("/months/2026-11/people?state=met").text

    assert short.count('scope="row"') == 50
    assert met.count('scope="row"') == 5
    assert "李00" in met
    assert "李00" not in short
    last = short.rsplit("after=", 1)[1].split('"')[0]
    second = client.get(f"/months/2026-11/people?state=not_met&after={last}").text
    assert second.count('scope="row"') == 57 - 50
    assert client.get("/months/2026-11/people?state=nonsense&after=nonsense").status_code == 200


def test_own_people_are_listed_without_those_below(client, office, school, wang):
    bureau = make.person(unit=make.unit_of(wang), name="不算")
    chief = make.person(unit=make.city(), name="本级某人")

    page = client.get("/months/2026-11/people?unit=CITY&own=1").text

    assert chief.name in page
    assert bureau.name not in page


def test_one_page_of_a_person_says_every_reason(client, coordinator, school, wang):
    make.exemption(person=wang, from_on=date(2026, 11, 1), until_on=date(2026, 11, 5))
    shift = make.shift(starts="2026-11-10 09:00", minutes=60, unit=school, title="护学岗")
    forgotten = make.shift(starts="2026-11-12 09:00", minutes=60, unit=school, title="路口执勤")
    there = make.attendance(person=wang, shift=shift)
    make.attendance(person=wang, shift=forgotten, state="auto_closed")
    make.entry(person=wang, minutes=30, on=date(2026, 11, 10), source=f"attendance:{there.id}:1")
    make.entry(
        person=wang, minutes=15, on=date(2026, 11, 2), source_class="manual", reason="手机没电"
    )

    page = client.get(f"/months/2026-11/people/{wang.public_id}").text

    for words in ("护学岗", "路口执勤", "手机没电", "豁免 5 天", "1 小时 30 分钟", "待确认"):
        assert words in page, words


def test_who_moved_away_is_read_for_the_months_of_the_unit_only(client, coordinator, school):
    """The old unit reads October, not December; scope follows the membership."""
    mover = make.person(unit=school, until_on=date(2026, 11, 1))
    make.member(person=mover, unit=make.unit(), from_on=date(2026, 11, 1))

    assert client.get(f"/months/2026-10/people/{mover.public_id}").status_code == 200
    assert client.get(f"/months/2026-11/people/{mover.public_id}").status_code == 404


def test_pages_ask_the_same_however_many_people(client, coordinator, school, wang):
    paths = [
        "/months/2026-11",
        "/months/2026-11/people",
        "/months/2026-11/people?state=not_met",
        "/months/2026-11/people?state=pending",
        f"/months/2026-11/people/{wang.public_id}",
        "/hours",
        "/policies",
        "/exemptions",
        "/exemptions?q=王",
        "/inbox",
        "/",
        "/my",
    ]
    few = [counting.weigh(client, path) for path in paths]
    for number in range(60):
        person = make.person(unit=school, name=f"王{number:02d}")
        make.entry(person=person, minutes=30, on=date(2026, 11, 6))
        if number % 3 == 0:
            make.exemption(person=person, from_on=date(2026, 11, 1), until_on=date(2026, 11, 9))
        make.entry(person=wang, minutes=1, on=date(2026, 11, 7))

    many = [counting.weigh(client, path) for path in paths]

    grown = [(path, f, m) for path, f, m in zip(paths, few, many, strict=True) if m > f]
    assert not grown


class TestMyHours:
    def test_somebody_short_reads_what_is_missing(self, client, wang):
        make.login(client, wang)

        page = client.get("/hours").text

        assert "本月还差 1 小时 15 分钟" in page
        assert "0:45" in page
        assert "2:00" in page

    def test_who_has_met_the_month_is_thanked(self, client, wang):
        make.entry(person=wang, minutes=75, on=date(2026, 11, 20))
        make.login(client, wang)

        assert "本月已达标" in client.get("/hours").text

    def test_who_is_exempt_is_asked_for_nothing(self, client, wang):
        make.exemption(person=wang, from_on=date(2026, 10, 1), until_on=date(2027, 1, 1))
        make.login(client, wang)

        assert "本月对您不作要求" in client.get("/hours").text

    def test_a_month_before_is_a_page_away(self, client, wang):
        make.login(client, wang)

        assert "/hours?month=2026-10" in client.get("/hours").text
        assert "当月差 2 小时" in client.get("/hours?month=2026-10").text

    def test_a_record_that_was_refused_is_shown_without_minutes(self, client, wang, school):
        shift = make.shift(starts="2026-11-12 09:00", unit=school, title="被否的记录")
        make.attendance(person=wang, shift=shift, state="void", review="rejected")
        make.login(client, wang)

        assert "被否的记录" in client.get("/hours").text
