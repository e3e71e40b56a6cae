"""The demo city's shifts as the verbs of attendance see them, and the answers they gave."""

import json
from datetime import UTC, datetime, time, timedelta
from typing import NamedTuple

from volunteer.attendance import rules, service
from volunteer.attendance.models import AttendanceState, Direction, Review
from volunteer.attendance.queries import SiteHere
from volunteer.attendance.rules import Candidate, Decision
from volunteer.core.clock import at
from volunteer.shifts.models import CheckinSettings

from .demo_people import Someone
from .demo_shifts import Occurrence

#: Stand in templates for what differs from person to person.
NAME, MINUTES = "@name@", 987_654_321
NOW_MARK, ARRIVED_MARK = timedelta(microseconds=1), timedelta(microseconds=2)


class Template(NamedTuple):
    """The stored answer of a verb, with marks where a person's facts go."""

    text: str
    flags: str
    now: str
    arrived: str

    def filled(self, name: str, at: str, arrived: str = "", minutes: int = 0) -> str:
        """Return the answer as JSON; `name` is escaped as JSON writes it."""
        text = self.text.replace(self.now, at).replace(NAME, name)
        if arrived:
            text = text.replace(self.arrived, arrived).replace(str(MINUTES), str(minutes))
        return text


class Scene:
    """One occurrence: its candidate, its answers, its moments in seconds since 1970."""

    def __init__(self, occurrence: Occurrence, leader: Someone, settings: CheckinSettings) -> None:
        self.occurrence = occurrence
        self.leader = leader
        self.settings = settings
        self.starts = int(occurrence.starts_at.timestamp())
        self.ends = self.starts + occurrence.minutes * 60
        self.site = SiteHere(occurrence.site_id, "", occurrence.site_name, None, 1)
        asked = service.Request(self.site, "")
        self.body_hash = {each.value: asked.body_hash(each) for each in Direction}
        self.free = Candidate(
            shift_id=occurrence.id,
            shift=occurrence.public_id,
            title=occurrence.title,
            leader=leader.name,
            site_id=occurrence.site_id,
            site_name=occurrence.site_name,
            starts_at=occurrence.starts_at,
            ends_at=occurrence.ends_at,
            cancelled=False,
            assigned=True,
            opens_before=settings.opens_before_minutes,
            min_stay=settings.min_stay_minutes,
            closes_after=settings.closes_after_minutes,
            hold_without_evidence=settings.hold_without_evidence,
            attendance_id=None,
            attendance_state=None,
            review=None,
            arrived_at=None,
            left_at=None,
        )
        self.opens = int(self.free.opens_at.timestamp())
        self.closes = int(self.free.out_until.timestamp())
        variety, seconds = occurrence.variety, occurrence.id % 60
        #: When the leader types in the paper list, and when forgotten ones are confirmed.
        self.typed = self.ends + 1200 * (1 + variety) + seconds
        next_day = at(occurrence.day + timedelta(days=1), time(8, 30))
        self.confirmed = int(next_day.timestamp()) + 400 * (1 + variety) + seconds
        self._early = self.ends - settings.min_stay_minutes * 60
        self._templates: dict[str, Template] = {}

    def present(self, arrived_at: datetime) -> Candidate:
        """Return the candidate of somebody who has checked in."""
        return self.free._replace(
            attendance_id=1,
            attendance_state=AttendanceState.OPEN.value,
            review=Review.NONE.value,
            arrived_at=arrived_at,
        )

    def arriving(self) -> Template:
        """Return the answer of an accepted check-in."""
        return self._templates.get("in") or self._answered("in", Direction.IN, self.free)

    def leaving(self, moment: int) -> Template:
        """Return the answer of an accepted check-out at a moment."""
        name, flags = ("early", ("left_early",)) if moment < self._early else ("out", ())
        if name in self._templates:
            return self._templates[name]
        present = self.present(self.occurrence.starts_at + ARRIVED_MARK)
        return self._answered(name, Direction.OUT, present, flags)

    def _answered(
        self, name: str, direction: Direction, candidate: Candidate, flags: tuple[str, ...] = ()
    ) -> Template:
        now = self.occurrence.starts_at + NOW_MARK
        decision = Decision(rules.ACCEPTED, None, candidate, flags)
        answer = service.answer_of(direction, decision, [candidate], self.site, now)
        answer["name"] = NAME
        if direction is Direction.OUT:
            answer |= {"minutes": MINUTES, "held": False, "cut": None}
        marks = (now.isoformat(), (self.occurrence.starts_at + ARRIVED_MARK).isoformat())
        made = Template(json.dumps(answer), json.dumps(flags), *marks)
        return self._templates.setdefault(name, made)

    def refused(self, candidate: Candidate, name: str, moment: int) -> tuple[Decision, str]:
        """Return the decision and the answer of a check-in that changes nothing."""
        now = datetime.fromtimestamp(moment, UTC)
        decision = rules.decide_in([candidate], self.site.id, now)
        answer = service.answer_of(Direction.IN, decision, [candidate], self.site, now)
        return decision, json.dumps({**answer, "name": name})
