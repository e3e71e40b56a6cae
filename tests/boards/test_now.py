"""Who should stand where now, and who has come."""

import pytest

from tests import make
from tests.counting import weigh
from tests.make import at
from volunteer.boards import standing
from volunteer.core.actor import Role


@pytest.fixture
def people(unit, morning):
    """One who has come, one who has gone, one of whom nothing is known."""
    found = [make.person(unit=unit, name=name) for name in ("已到的", "走了的", "没到的")]
    for person in found:
        make.assignment(person=person, shift=morning)
    make.attendance(person=found[0], shift=morning, state="open")
    make.attendance(person=found[1], shift=morning)
    return found


def board(unit, time):
    return standing.board(under=[unit.path], now=at(f"2026-12-01 {time}"))


@pytest.mark.parametrize(
    ("time", "expected"),
    [
        ("06:59", None),
        ("07:00", "awaited"),
        ("07:35", "awaited"),
        ("07:36", "late"),
        ("08:59", "late"),
        ("09:00", None),
    ],
)
def test_a_shift_is_shown_from_half_an_hour_before_to_its_end(time, expected, unit, people):
    found = board(unit, time)

    if expected is None:
        assert not found.watches
        return
    [watch] = found.watches
    by_name = {each.name: each.standing for each in watch.people}
    assert by_name == {"已到的": "here", "走了的": "gone", "没到的": expected}
    assert (watch.came, watch.expected, found.came) == (1, 3, 1)


def test_a_cancelled_shift_and_another_units_are_not_shown(unit, site):
    make.shift(site=site, starts="2026-12-01 07:30", state="cancelled", cancel_reason="暴雨")
    make.shift(starts="2026-12-01 07:30")

    assert not board(unit, "08:00").watches


def test_an_unmanned_post_lacks_all_that_are_wanted(unit, morning):
    [watch] = board(unit, "08:00").watches

    assert (watch.came, watch.expected, list(watch.people)) == (0, 2, [])


def test_the_page_and_its_fragment(desk, unit, people, set_clock):
    set_clock("2026-12-01 08:00")

    assert weigh(desk, "/boards/now") <= 15
    page = desk.get("/boards/now").text
    part = desk.get("/boards/now", headers={"HX-Request": "true"}).text

    assert 'hx-trigger="every 30s"' in page
    assert "到岗 1 / 3" in part
    assert "<html" not in part
    assert "未到" in part
    assert desk.get(f"/boards/now?unit={unit.code}").status_code == 200
    assert desk.get(f"/boards/now?unit={make.unit().code}").status_code == 404


def test_the_office_sees_the_whole_city_lightly(client, set_clock):
    set_clock("2026-12-01 08:00")
    for number in range(70):
        shift = make.shift(starts="2026-12-01 07:30", title=f"岗{number:02d}")
        make.assignment(shift=shift)
    make.login(client, make.person(unit=make.city()), Role.CITY_OFFICE)

    assert weigh(client, "/boards/now") <= 15
    pages = [client.get(f"/boards/now?page={number}").text for number in (1, 2)]
    assert [text.count('class="watch"') for text in pages] == [50, 20]
