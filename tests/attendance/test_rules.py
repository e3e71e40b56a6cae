"""The decisions, without a database: every reason that a printed code can lead to."""

from datetime import datetime, timedelta

import pytest

from tests.make import at
from volunteer.attendance.rules import Candidate, decide_in, decide_out, offer

HERE, THERE = 1, 2
FENCED = {"wants_location": True, "latitude": 29.4, "longitude": 119.2, "fence_mode": "hold"}


def day(hour: str, number: int = 7) -> datetime:
    return at(f"2026-03-{number:02d} {hour}")


NINE = day("09:00")


def shift(
    starts: datetime = NINE,
    minutes: int = 120,
    *,
    site: int = HERE,
    state: str | None = None,
    review: str | None = None,
    cancelled: bool = False,
    assigned: bool = True,
    opens_before: int = 15,
    holds: bool = False,
    name: str | None = None,
) -> Candidate:
    ends = starts + timedelta(minutes=minutes)
    return Candidate(
        shift_id=int(starts.timestamp()),
        shift=name or f"{starts:%d%H%M}",
        title="路口劝导",
        leader=None,
        site_id=site,
        site_name="新安路口" if site == HERE else "车站",
        starts_at=starts,
        ends_at=ends,
        cancelled=cancelled,
        assigned=assigned,
        opens_before=opens_before,
        min_stay=15,
        closes_after=60,
        hold_without_evidence=holds,
        attendance_id=state and 1,
        attendance_state=state,
        review=review or (state and "none"),
        arrived_at=starts if state else None,
        left_at=ends if state in {"closed", "auto_closed", "void"} else None,
    )


def told(decision) -> tuple[str, str | None]:
    return decision.verdict, decision.reason


@pytest.mark.parametrize(
    ("candidates", "when", "expected"),
    [
        ([shift()], "08:45", ("accepted", None)),
        ([shift()], "10:45", ("accepted", None)),
        ([shift()], "08:44", ("refused", "too_early")),
        ([shift()], "10:46", ("refused", "too_late_in")),
        ([], "09:00", ("refused", "not_assigned")),
        ([shift(site=THERE)], "09:00", ("refused", "wrong_site")),
        ([shift(site=THERE)], "08:00", ("refused", "not_assigned")),
        ([shift(cancelled=True)], "09:00", ("refused", "shift_cancelled")),
        ([shift(assigned=False)], "09:00", ("refused", "assignment_cancelled")),
        ([shift(state="open")], "09:30", ("duplicate", "already_in")),
        ([shift(state="open")], "11:30", ("duplicate", "already_in")),
        ([shift(state="closed")], "11:10", ("duplicate", "already_out")),
        ([shift(state="closed")], "13:10", ("duplicate", "already_out")),
        ([shift(state="auto_closed")], "12:10", ("refused", "too_late_out")),
        ([shift(state="void")], "12:10", ("refused", "too_late_in")),
        (
            [shift(), shift(day("11:00"), opens_before=120)],
            "09:00",
            ("refused", "ambiguous_shift"),
        ),
    ],
)
def test_checking_in(candidates, when, expected):
    assert told(decide_in(candidates, HERE, day(when))) == expected


@pytest.mark.parametrize(
    ("candidates", "when", "expected", "flags"),
    [
        ([shift(state="open")], "10:45", ("accepted", None), ()),
        ([shift(state="open")], "12:00", ("accepted", None), ()),
        ([shift(state="open")], "10:44", ("accepted", None), ("left_early",)),
        ([shift(state="open")], "12:01", ("refused", "too_late_out"), ()),
        ([shift(state="open", site=THERE)], "11:00", ("refused", "wrong_site"), ()),
        ([shift()], "11:00", ("refused", "not_checked_in"), ()),
        ([], "11:00", ("refused", "not_checked_in"), ()),
        ([shift(state="closed")], "11:10", ("duplicate", "already_out"), ()),
        ([shift(state="auto_closed")], "12:10", ("refused", "too_late_out"), ()),
        ([shift(cancelled=True)], "11:00", ("refused", "shift_cancelled"), ()),
    ],
)
def test_checking_out(candidates, when, expected, flags):
    decision = decide_out(candidates, HERE, day(when))

    assert told(decision) == expected
    assert decision.flags == flags


def test_cancelled_comes_before_duplicate():
    """Validity before duplicates (checkin.md 1.8): cancelled and used says cancelled."""
    used = shift(cancelled=True, state="open")

    assert told(decide_in([used], HERE, day("09:30"))) == ("refused", "shift_cancelled")


def test_the_chosen_one_of_two_is_entered():
    """Case 9."""
    both = [shift(), shift(day("11:00"), opens_before=120, name="second")]

    decision = decide_in(both, HERE, day("09:00"), "second")

    assert decision.verdict == "accepted"
    assert decision.target == both[1]
    assert told(decide_in(both, HERE, day("09:00"), "neither")) == ("refused", "not_assigned")


class TestAdjoiningShifts:
    """Case 74: 8 to 12 and 12:30 to 16:30, both open for an hour around."""

    def pair(self, first: str | None, second: str | None = None) -> list[Candidate]:
        return [
            shift(day("08:00"), 240, opens_before=60, state=first, name="first"),
            shift(day("12:30"), 240, opens_before=60, state=second, name="second"),
        ]

    def test_leaving_at_twelve_is_of_the_first_coming_a_minute_later_of_the_second(self):
        out = decide_out(self.pair("open"), HERE, day("12:00"))
        coming = decide_in(self.pair("closed"), HERE, day("12:01"))

        assert (out.verdict, out.target.shift) == ("accepted", "first")
        assert (coming.verdict, coming.target.shift) == ("accepted", "second")

    def test_who_is_still_in_at_twelve_is_told_so(self):
        decision = decide_in(self.pair("open"), HERE, day("12:00"))

        assert (told(decision), decision.target.shift) == (("duplicate", "already_in"), "first")

    def test_who_forgot_to_leave_the_first_is_held_at_the_second(self):
        decision = decide_in(self.pair("open"), HERE, day("12:31"))

        assert (told(decision), decision.target.shift) == (("held", "overlap_active"), "second")

    def test_leaving_goes_to_the_open_one_that_can_still_be_left(self):
        decision = decide_out(self.pair("open", "open"), HERE, day("16:30"))

        assert (decision.verdict, decision.target.shift) == ("accepted", "second")

    def test_leaving_twice_is_not_leaving_the_next(self):
        decision = decide_out(self.pair("closed"), HERE, day("12:20"))

        assert (told(decision), decision.target.shift) == (("duplicate", "already_out"), "first")

    def test_yesterdays_check_out_is_no_answer_for_today(self):
        both = [shift(day("09:00", 6), state="closed"), shift()]

        assert told(decide_out(both, HERE, day("10:00"))) == ("refused", "not_checked_in")


def test_a_night_shift_is_found_by_its_window_not_by_the_day():
    """From 23:00 to 7:00: the check-out at 7:10 is the night's, not the next evening's."""
    night = shift(day("23:00", 6), 480, state="open", name="night")
    evening = shift(day("23:00"), 480, name="evening")

    out = decide_out([night, evening], HERE, day("07:10"))
    coming = decide_in([shift(day("23:00", 6), 480), evening], HERE, day("00:30"))

    assert (out.verdict, out.target.shift) == ("accepted", "night")
    assert (coming.verdict, coming.target.starts_at) == ("accepted", day("23:00", 6))


def test_who_is_in_elsewhere_is_held():
    """Checkin.md 1.5: an IN while open elsewhere is held, not refused."""
    both = [shift(day("08:00"), 60, site=THERE, state="open"), shift()]

    assert told(decide_in(both, HERE, day("09:05"))) == ("held", "overlap_active")


def test_a_held_presence_elsewhere_does_not_hold_the_next():
    both = [shift(day("08:00"), 60, site=THERE, state="open", review="pending"), shift()]

    assert told(decide_in(both, HERE, day("09:05"))) == ("accepted", None)


@pytest.mark.parametrize(
    ("candidates", "when", "direction", "reason"),
    [
        ([shift()], "08:50", "in", None),
        ([shift(holds=True)], "08:50", "in", "location_missing"),
        ([shift(holds=True)._replace(**FENCED)], "08:50", "in", None),
        ([shift(state="open")], "09:30", "out", None),
        ([shift(state="closed")], "11:10", None, "already_out"),
        ([shift(state="open")], "12:05", None, "too_late_out"),
        ([shift(site=THERE)], "09:00", None, "wrong_site"),
        ([shift(site=THERE, state="open")], "09:00", None, "wrong_site"),
        ([], "09:00", None, "not_assigned"),
    ],
)
def test_the_page_offers_one_button_or_a_reason(candidates, when, direction, reason):
    offered = offer(candidates, HERE, day(when))

    assert (offered.direction, offered.decision.reason) == (direction, reason)


def test_the_page_offers_a_choice_of_two():
    both = (shift(), shift(day("11:00"), opens_before=120))

    offered = offer(both, HERE, day("09:00"))

    assert (offered.direction, offered.choices) == ("in", both)
