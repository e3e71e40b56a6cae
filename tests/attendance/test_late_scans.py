"""What arrives late, at the edges: other phones, other shifts, other orders (checkin.md 1.7)."""

from datetime import timedelta

import pytest

from tests import make
from tests.attendance.conftest import attendance_of, change, entries_of, scans_of
from tests.attendance.phones import Phone
from tests.make import at
from volunteer.attendance import roll_call


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


class TestAfternoon:
    """Wang serves in the morning and in the afternoon; one phone sends the last scan first."""

    @pytest.fixture
    def afternoon(self, scene):
        second = make.shift(
            starts="2026-03-07 13:00", minutes=120, site=scene.site, leader=scene.leader
        )
        make.assignment(person=scene.wang, shift=second)
        return second

    @pytest.mark.parametrize("first", [1, 0], ids=["the end first", "in order"])
    def test_a_check_out_that_did_not_fit_the_morning_ends_the_afternoon(
        self, scene, phones, afternoon, first
    ):
        phones[0].scan(scene.wang, day("08:55"), scene.shift)
        phones[0].scan(scene.wang, day("11:00"), scene.shift, "out")
        phones[0].scan(scene.wang, day("13:00"), afternoon)
        phones[1].scan(scene.wang, day("15:00"), None, "out")

        answers = {number: phones[number].send(day("16:00")) for number in (first, 1 - first)}

        assert verdicts(answers[0]) == [("accepted", None)] * 3
        assert attendance_of(scene.wang, afternoon).left_at == day("15:00")
        assert [minutes for minutes, *_ in entries_of(scene.wang)] == [120, 120]

    def test_a_check_out_that_has_counted_counts_nowhere_else(self, scene, phones):
        close = make.shift(
            starts="2026-03-07 11:05", minutes=60, site=scene.site, leader=scene.leader
        )
        make.assignment(person=scene.wang, shift=close)
        phones[0].scan(scene.wang, day("08:55"), scene.shift)
        phones[0].scan(scene.wang, day("10:59"), close)
        phones[1].scan(scene.wang, day("11:00"), scene.shift, "out")

        for number in (1, 0):
            phones[number].send(day("12:00"))

        assert attendance_of(scene.wang, scene.shift).left_at == day("11:00")
        assert attendance_of(scene.wang, close).state == "open"


class TestBeforeArriving:
    """A check-out of before the arrival that is known: it waits for the earlier check-in."""

    def test_it_is_refused_not_a_fault(self, scene, phones):
        phones[0].scan(scene.wang, day("09:30"), scene.shift)
        phones[1].scan(scene.wang, day("09:20"), scene.shift, "out")
        phones[0].send(day("12:00"))

        assert verdicts(phones[1].send(day("12:01"))) == [("refused", "not_checked_in")]
        assert attendance_of(scene.wang, scene.shift).state == "open"

    def test_on_the_page_too(self, scene, client, set_clock):
        make.attendance(person=scene.wang, shift=scene.shift, state="open", arrived_at=day("09:02"))
        set_clock("2026-03-07 09:01")
        make.login(client, scene.wang)

        page = client.post(scene.url("check-out"), data={"key": "k1"})

        assert page.status_code < 500
        assert attendance_of(scene.wang, scene.shift).state == "open"


class TestRecounting:
    """An earlier check-in arrives last, from another phone; the review decides what it may move."""

    def there(self, scene):
        return attendance_of(scene.wang, scene.shift)

    def earlier(self, scene, phones) -> list[tuple[str, str | None]]:
        phones[1].scan(scene.wang, day("08:55"), scene.shift)
        return verdicts(phones[1].send(day("15:00")))

    def test_what_a_leader_has_approved_stays_as_it_is(self, scene, phones):
        make.attendance(
            person=scene.wang, shift=scene.shift, arrived_at=day("09:30"), review="approved"
        )

        assert self.earlier(scene, phones) == [("duplicate", "already_out")]
        assert self.there(scene).arrived_at == day("09:30")

    def test_what_is_held_begins_earlier_and_is_held_still(self, scene, phones):
        phones[0].reload()
        phones[0].scan(scene.wang, day("09:30"), scene.shift)
        phones[0].fast = timedelta(minutes=30)
        assert verdicts(phones[0].send(day("12:00"))) == [("held", "clock_moved")]
        held_by = self.there(scene).in_scan_id

        self.earlier(scene, phones)

        there = self.there(scene)
        assert (there.arrived_at, there.review) == (day("08:55"), "pending")
        assert there.in_scan_id == held_by

    def test_more_than_one_record_may_be_waits_for_a_person(self, scene, phones):
        change(scene.shift, ends_at=day("17:05"))
        phones[0].scan(scene.wang, day("09:20"), scene.shift)
        phones[0].scan(scene.wang, day("17:05"), scene.shift, "out")
        phones[0].send(day("18:00"))
        assert [minutes for minutes, *_ in entries_of(scene.wang)] == [465]

        phones[1].scan(scene.wang, day("08:55"), scene.shift)
        phones[1].send(day("18:05"))

        assert self.there(scene).review == "pending"
        assert [minutes for minutes, *_ in entries_of(scene.wang)] == [465, -465]

    def test_a_check_out_of_a_doubtful_clock_is_held_though_it_waited(self, scene, phones):
        phones[1].reload()
        phones[1].scan(scene.wang, day("11:00"), scene.shift, "out")
        phones[1].fast = timedelta(minutes=30)
        phones[1].send(day("12:00"))
        phones[0].scan(scene.wang, day("08:55"), scene.shift)
        phones[0].send(day("12:01"))

        there = self.there(scene)
        assert (there.state, there.review) == ("closed", "pending")
        assert scans_of(scene.wang)[-1] == ("out", "held", "clock_moved")
        assert entries_of(scene.wang) == []

    def test_the_check_out_of_a_held_arrival_waited_for_it(self, scene, phones):
        phones[1].scan(scene.wang, day("11:00"), scene.shift, "out")
        phones[1].send(day("12:00"))
        phones[0].reload()
        phones[0].scan(scene.wang, day("08:55"), scene.shift)
        phones[0].fast = timedelta(minutes=30)
        phones[0].send(day("12:01"))

        there = self.there(scene)
        assert (there.state, there.review) == ("closed", "pending")
        assert there.left_at == day("11:00")

    def test_an_earlier_check_in_counts_after_the_job_has_closed_the_shift(self, scene, phones):
        phones[0].scan(scene.wang, day("09:30"), scene.shift)
        phones[0].scan(scene.wang, day("11:00"), scene.shift, "out")
        came, went = phones[0].queue
        phones[0].post(day("12:00"), [came])
        roll_call.close_forgotten(now=day("12:30"))

        assert self.earlier(scene, phones) == [("duplicate", "already_in")]
        assert self.there(scene).arrived_at == day("08:55")
        phones[0].post(day("15:05"), [went])
        assert [minutes for minutes, *_ in entries_of(scene.wang)] == [120]
