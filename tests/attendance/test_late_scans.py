"""What arrives late, at the edges: other phones, other shifts, other orders (checkin.md 1.7)."""

import pytest

from tests import make
from tests.attendance.conftest import attendance_of, entries_of
from tests.attendance.phones import Phone
from tests.make import at


def day(hour: str):
    return at(f"2026-03-07 {hour}")


@pytest.fixture
def phones(app, scene, set_clock) -> list[Phone]:
    """Two phones of the leader, with the list of eight o'clock on board."""
    found = [Phone(app, set_clock, scene.leader) for _ in range(2)]
    for each in found:
        each.fetch(day("08:00"))
    return found


def verdicts(items) -> list[tuple[str, str | None]]:
    return [(each["verdict"], each["reason"]) for each in items]


class TestElsewhere:
    """Li, of another unit, has not checked out there; a leader here scans Li's card."""

    @pytest.fixture
    def li(self, scene):
        li = make.person(unit=make.unit())
        self.theirs = make.shift(site=make.site(unit=make.unit()), leader=make.person())
        make.assignment(person=li, shift=self.theirs)
        make.attendance(
            person=li,
            shift=self.theirs,
            state="auto_closed",
            arrived_at=day("08:55"),
            left_at=day("11:00"),
        )
        return li

    def test_a_leader_closes_nothing_at_a_shift_of_others(self, scene, phones, li):
        phones[0].scan(li, day("10:50"), scene.shift, "out")

        assert verdicts(phones[0].send(day("12:00"))) == [("refused", "not_checked_in")]
        assert attendance_of(li, self.theirs).state == "auto_closed"
        assert entries_of(li) == []

    def test_whoever_leads_that_shift_does(self, app, scene, set_clock, li):
        """The control arm: the same scan by the leader of the shift itself."""
        theirs = Phone(app, set_clock, self.theirs.leader)
        theirs.fetch(day("08:00"))
        theirs.scan(li, day("10:50"), self.theirs, "out")

        assert verdicts(theirs.send(day("12:00"))) == [("accepted", None)]
        assert [minutes for minutes, *_ in entries_of(li)] == [110]
