"""The page of holidays and make-up workdays."""

from datetime import date

import pytest

from tests import make
from tests.counting import weigh
from volunteer.core.actor import Role
from volunteer.workdays import queries

DAY = {"day": "2026-11-27", "worked": "off", "name": "运动会"}


@pytest.fixture
def office(client, set_clock):
    """A browser of the city office."""
    set_clock("2026-11-23 09:00")
    make.login(client, make.person(unit=make.city()), Role.CITY_OFFICE)
    return client


def test_a_day_is_entered_shown_and_removed(office):
    answer = office.post("/workdays", data=DAY)

    assert answer.location == "/workdays?year=2026"
    assert "运动会" in office.get(answer.location).text
    assert queries.own_days(date(2026, 11, 27), date(2026, 11, 27)) == {date(2026, 11, 27): False}
    removed = office.post("/workdays/2026-11-27/remove")
    assert removed.location == "/workdays?year=2026"
    assert "运动会" not in office.get("/workdays").text
    assert office.post("/workdays/2026-11-27/remove").status_code == 404
    assert office.post("/workdays/tomorrow/remove").status_code == 404


@pytest.mark.parametrize(
    ("field", "value"),
    [("day", ""), ("day", "2026-11-28"), ("day", "1900-01-01"), ("name", " "), ("name", "长" * 31)],
)
def test_what_is_wrong_stands_beside_its_field(office, field, value):
    answer = office.post("/workdays", data={**DAY, field: value})

    assert answer.status_code in (400, 409)
    assert f'id="{field}-error"' in answer.text


def test_the_page_tells_of_which_year_only_weekdays_are_known(office):
    assert "暂无2027年的法定节假日安排，录入之前" in office.get("/workdays").text
    unknown = office.get("/workdays?year=2027").text
    assert "暂无2027年的法定节假日安排" in unknown
    assert "国庆节" in office.get("/workdays?year=2026").text
    assert "国庆节" not in unknown
    assert office.get("/workdays?year=9").status_code == 200


def test_a_coordinator_looks_and_changes_nothing(client, set_clock):
    set_clock("2026-11-23 09:00")
    make.login(client, make.person(), Role.COORDINATOR)

    page = client.get("/workdays")

    assert page.status_code == 200
    assert "<input" not in page.text.partition("<main")[2]
    assert client.post("/workdays", data=DAY).status_code == 403
    assert client.post("/workdays/2026-11-27/remove").status_code == 403


def test_the_page_asks_little(office):
    few = weigh(office, "/workdays")
    for day in range(9, 14):
        office.post("/workdays", data={**DAY, "day": f"2026-11-{day:02d}"})

    assert weigh(office, "/workdays") == few
