"""What the demo city's presences left behind: assignments, scans, attendance, the ledger.

Every row is the one that the verbs of `attendance` would have written at that moment
(`tests/home/test_demo_replay.py` replays them); only the way into the database is shorter.
"""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from random import Random
from typing import NamedTuple

from volunteer.attendance import rules, service
from volunteer.attendance.models import (
    AttendanceState,
    Channel,
    Direction,
    EvidenceClass,
    Position,
    Review,
    TimeQuality,
    Verdict,
)
from volunteer.attendance.queries import SiteHere
from volunteer.attendance.rules import Candidate, Decision
from volunteer.core.clock import Month
from volunteer.hours.models import SourceClass
from volunteer.shifts.models import AssignmentState, CheckinSettings, Nature

from .demo_load import Loader, Row
from .demo_people import Someone
from .demo_shifts import How, Occurrence, Presence

#: Shares of scanners who try too early, or press the button twice.
TOO_EARLY, TWICE = 0.01, 0.015
BATCH = 20_000
NOTES_ROLL = ("没有带手机", "手机没电", "不使用智能手机", "现场点名登记")
NOTES_PAPER = ("按纸质签到表补录", "不使用智能手机，按签到表登记", "现场网络不通，按签到表登记")
NOTES_CONFIRM = ("忘记签退，已向本人核实", "带队人确认全程在岗", "按现场照片核实")

BROWSERS = ("wechat",) * 7 + ("android", "android", "ios")

#: Stand in templates for what differs from person to person.
NAME, MINUTES = "@name@", 987_654_321
NOW_MARK, ARRIVED_MARK = timedelta(microseconds=1), timedelta(microseconds=2)


class Moments(dict[int, str]):
    """Instants by their second since 1970, in the text that `form` gives them."""

    def __init__(self, ending: str, between: str) -> None:
        super().__init__()
        self._form = f"%Y-%m-%d{between}%H:%M:%S{ending}"

    def __missing__(self, second: int) -> str:
        text = self[second] = datetime.fromtimestamp(second, UTC).strftime(self._form)
        return text


def digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()


class Template(NamedTuple):
    """The stored answer of a verb, with marks where a person's facts go."""

    text: str
    now: str
    arrived: str

    def filled(self, name: str, at: str, arrived: str = "", minutes: int = 0) -> str:
        """Return the answer as JSON; `name` is escaped as JSON writes it."""
        text = self.text.replace(self.now, at).replace(NAME, name)
        if arrived:
            text = text.replace(self.arrived, arrived).replace(str(MINUTES), str(minutes))
        return text


class Scene:
    """One occurrence as the verbs see it: its candidate, its answers, its constant columns."""

    def __init__(self, occurrence: Occurrence, leader: Someone, settings: CheckinSettings) -> None:
        self.occurrence = occurrence
        self.starts = int(occurrence.starts_at.timestamp())
        self.ends = self.starts + occurrence.minutes * 60
        self.closes = self.ends + settings.closes_after_minutes * 60
        self.leader = leader
        self.site = SiteHere(occurrence.site_id, "", occurrence.site_name, None, 1)
        asked = service.Request(self.site, "")
        self.body_hash = {each: asked.body_hash(each) for each in Direction}
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
            hold_without_evidence=False,
            attendance_id=None,
            attendance_state=None,
            review=None,
            arrived_at=None,
            left_at=None,
        )
        self._templates: dict[tuple[str, ...] | None, Template] = {}

    def present(self, arrived: int) -> Candidate:
        """Return the candidate of somebody who has checked in."""
        return self.free._replace(
            attendance_id=1,
            attendance_state=AttendanceState.OPEN.value,
            review=Review.NONE.value,
            arrived_at=datetime.fromtimestamp(arrived, UTC),
        )

    def arriving(self) -> Template:
        """Return the answer of an accepted check-in."""
        return self._template(None, self.free)

    def leaving(self, flags: tuple[str, ...]) -> Template:
        """Return the answer of an accepted check-out."""
        return self._template(flags, self.present(self.starts))

    def _template(self, flags: tuple[str, ...] | None, candidate: Candidate) -> Template:
        if flags not in self._templates:
            now = self.occurrence.starts_at + NOW_MARK
            arrived = self.occurrence.starts_at + ARRIVED_MARK
            if flags is not None:
                candidate = candidate._replace(arrived_at=arrived)
            decision = Decision(rules.ACCEPTED, None, candidate, flags or ())
            direction = Direction.IN if flags is None else Direction.OUT
            answer = service.answer_of(direction, decision, [candidate], self.site, now)
            answer["name"] = NAME
            if flags is not None:
                answer |= {"minutes": MINUTES, "held": False, "cut": None}
            marks = (now.isoformat(), arrived.isoformat())
            self._templates[flags] = Template(json.dumps(answer), *marks)
        return self._templates[flags]


class Recorder:
    """Turns presences into rows, up to the moment `now`, and hands them to the loader."""

    def __init__(
        self,
        people: list[Someone],
        policies: dict[Month, int],
        settings: CheckinSettings,
        loader: Loader,
        random: Random,
        now: datetime,
    ) -> None:
        self._people = people
        self._policies = policies
        self._settings = settings
        self._loader = loader
        self._random = random
        self._now = int(now.timestamp())
        self._stored = Moments(".000000", " ")
        self._iso = Moments("+00:00", "T")
        self._rows: dict[str, list[Row]] = {
            table: [] for table in ("assignment", "scan", "attendance", "ledger_entry")
        }
        self._next = {table: loader.first_free(table) for table in self._rows}

    def write(self, occurrences: Sequence[Occurrence]) -> Iterator[int]:
        """Write everything that these occurrences left behind; yield the percent done."""
        for done, occurrence in enumerate(occurrences):
            if occurrence.presences:
                leader = self._people[occurrence.leader]
                self._record(Scene(occurrence, leader, self._settings))
            if len(self._rows["scan"]) > BATCH:
                self.flush()
                yield 100 * done // len(occurrences)
        self.flush()

    def flush(self) -> None:
        for table, rows in self._rows.items():
            self._loader.write(table, rows)
            rows.clear()

    def _add(self, table: str, *values: object) -> int:
        number = self._next[table]
        self._next[table] = number + 1
        self._rows[table].append((number, *values))
        return number

    def _record(self, scene: Scene) -> None:
        occurrence = scene.occurrence
        variety = occurrence.variety
        assigned = min(scene.starts - 86400 * (2 + variety % 3) - 3600 * 4, self._now)
        starts, ends = self._stored[scene.starts], self._stored[scene.ends]
        asked = (starts, ends, AssignmentState.ASSIGNED.value, self._stored[assigned])
        typed = scene.ends + 1200 * (1 + variety) + occurrence.id % 60
        confirmed = _next_morning(scene.ends) + 400 * (1 + variety) + occurrence.id % 60
        for presence in occurrence.presences:
            someone = self._people[presence.index]
            self._add("assignment", occurrence.id, someone.id, *asked, scene.leader.account_id)
            if presence.how == How.ABSENT:
                continue
            if presence.how == How.PAPER:
                self._paper(scene, someone, presence, typed, variety)
            elif presence.how == How.ROLL:
                self._roll(scene, someone, presence, variety)
            else:
                self._scanned(scene, someone, presence, confirmed, variety)

    def _scanned(
        self, scene: Scene, someone: Someone, presence: Presence, confirmed: int, variety: int
    ) -> None:
        """Check in, and out again or not."""
        arrived = scene.starts + presence.arrived
        name = json.dumps(someone.name)[1:-1]
        chance = self._random.random()
        if chance < TOO_EARLY:
            opens = scene.starts - self._settings.opens_before_minutes * 60
            self._tried(scene, scene.free, someone, opens - 60 - int(chance * 30000))
        if arrived > self._now:
            return
        scanned = self._scan(
            scene,
            someone,
            Direction.IN,
            arrived,
            "[]",
            scene.arriving().filled(name, self._iso[arrived]),
        )
        if 0.5 < chance < 0.5 + TWICE:
            self._tried(scene, scene.present(arrived), someone, arrived + 20 + variety)
        if presence.how == How.SCANNED:
            left = scene.starts + presence.left
            if left > self._now:
                self._attended(scene, someone, scanned, arrived, AttendanceState.OPEN, "C")
                return
            early = left < scene.ends - self._settings.min_stay_minutes * 60
            flags = ("left_early",) if early else ()
            answer = scene.leaving(flags)
            out = self._scan(
                scene,
                someone,
                Direction.OUT,
                left,
                json.dumps(flags),
                answer.filled(name, self._iso[left], self._iso[arrived], presence.minutes),
            )
            self._earned(scene, someone, scanned, out, arrived, left, presence.minutes)
            return
        if scene.closes > self._now:
            self._attended(scene, someone, scanned, arrived, AttendanceState.OPEN, "C")
            return
        attendance_id = self._next["attendance"]
        closed = scene.closes + variety
        self._by_hand(scene, someone, Direction.OUT, Channel.AUTO, f"auto:{attendance_id}", scene.ends, closed)
        if presence.how == How.FORGOTTEN or confirmed > self._now:
            self._attended(
                scene, someone, scanned, arrived, AttendanceState.AUTO_CLOSED, "C", scene.ends
            )
            return
        note = NOTES_CONFIRM[variety % len(NOTES_CONFIRM)]
        key = f"confirm:{attendance_id}:0"
        out = self._by_hand(
            scene, someone, Direction.OUT, Channel.OVERRIDE, key, scene.ends, confirmed, note
        )
        self._earned(
            scene,
            someone,
            scanned,
            out,
            arrived,
            scene.ends,
            presence.minutes,
            by_hand=(note, confirmed, Review.APPROVED, EvidenceClass.C),
        )

    def _paper(
        self, scene: Scene, someone: Someone, presence: Presence, typed: int, variety: int
    ) -> None:
        """The leader types in the paper list after the shift: the whole of it."""
        if typed > self._now:
            return
        note = NOTES_PAPER[variety % len(NOTES_PAPER)]
        scans = [
            self._by_hand(
                scene,
                someone,
                direction,
                Channel.MANUAL,
                f"roll:{scene.occurrence.id}:{someone.id}:{direction}",
                effective,
                typed,
                note,
            )
            for direction, effective in ((Direction.IN, scene.starts), (Direction.OUT, scene.ends))
        ]
        self._earned(
            scene,
            someone,
            *scans,
            scene.starts,
            scene.ends,
            presence.minutes,
            by_hand=(note, typed, Review.NONE, EvidenceClass.D),
        )

    def _roll(self, scene: Scene, someone: Someone, presence: Presence, variety: int) -> None:
        """The leader calls the roll at the start and at the end."""
        arrived, left = scene.starts + presence.arrived, scene.ends + 60 * variety
        if arrived > self._now:
            return
        note = NOTES_ROLL[variety % len(NOTES_ROLL)]
        key = f"roll:{scene.occurrence.id}:{someone.id}"
        scanned = self._by_hand(
            scene, someone, Direction.IN, Channel.MANUAL, f"{key}:in", arrived, arrived, note
        )
        if left > self._now:
            self._attended(scene, someone, scanned, arrived, AttendanceState.OPEN, "D")
            return
        out = self._by_hand(
            scene, someone, Direction.OUT, Channel.MANUAL, f"{key}:out", scene.ends, left, note
        )
        self._earned(
            scene,
            someone,
            scanned,
            out,
            arrived,
            scene.ends,
            presence.minutes,
            by_hand=(note, left, Review.NONE, EvidenceClass.D),
        )

    def _scan(
        self,
        scene: Scene,
        someone: Someone,
        direction: Direction,
        moment: int,
        flags: str,
        answer: str,
        verdict: str = rules.ACCEPTED,
        reason: str | None = None,
    ) -> int:
        """Add a scan that a person made with the own phone."""
        at = self._stored[moment]
        return self._add(
            "scan",
            f"{self._random.getrandbits(128):032x}",
            scene.body_hash[direction],
            direction.value,
            Channel.SITE_STATIC.value,
            scene.occurrence.id,
            someone.id,
            scene.occurrence.site_id,
            someone.account_id,
            at,
            at,
            TimeQuality.SERVER.value,
            Position.NONE.value,
            f"198.18.{someone.id % 200}.0/24",
            BROWSERS[someone.id % len(BROWSERS)],
            verdict,
            reason,
            flags,
            answer,
            False,
            None,
        )

    def _tried(self, scene: Scene, candidate: Candidate, someone: Someone, moment: int) -> None:
        """Add an attempt to check in that changed nothing."""
        now = datetime.fromtimestamp(moment, UTC)
        if moment > self._now:
            return
        decision = rules.decide_in([candidate], scene.site.id, now)
        answer = service.answer_of(Direction.IN, decision, [candidate], scene.site, now)
        text = json.dumps({**answer, "name": someone.name})
        flags = json.dumps(decision.flags)
        verdict, reason = decision.verdict, decision.reason
        self._scan(scene, someone, Direction.IN, moment, flags, text, verdict, reason)

    def _by_hand(
        self,
        scene: Scene,
        someone: Someone,
        direction: Direction,
        channel: Channel,
        key: str,
        effective: int,
        moment: int,
        note: str | None = None,
    ) -> int:
        """Add a scan that the leader or the job wrote."""
        quality = TimeQuality.SERVER if effective == moment else TimeQuality.STATED
        answer = service.answer_by_hand(Verdict.ACCEPTED, None, self._iso[effective])
        return self._add(
            "scan",
            key,
            digest(key),
            direction.value,
            channel.value,
            scene.occurrence.id,
            someone.id,
            scene.occurrence.site_id,
            None if channel == Channel.AUTO else scene.leader.account_id,
            self._stored[moment],
            self._stored[effective],
            quality.value,
            Position.NONE.value,
            None,
            None,
            Verdict.ACCEPTED.value,
            None,
            "[]",
            json.dumps(answer),
            False,
            note,
        )

    def _attended(
        self,
        scene: Scene,
        someone: Someone,
        in_scan: int,
        arrived: int,
        state: AttendanceState,
        evidence: str,
        left: int | None = None,
    ) -> None:
        """Add an attendance that earns nothing yet: open, or closed by the job."""
        self._add(
            "attendance",
            scene.occurrence.id,
            someone.id,
            someone.unit_on(scene.occurrence.day),
            state.value,
            in_scan,
            None,
            self._stored[arrived],
            left and self._stored[left],
            evidence,
            Review.NONE.value,
            None,
            0,
        )

    def _earned(
        self,
        scene: Scene,
        someone: Someone,
        in_scan: int,
        out_scan: int,
        arrived: int,
        left: int,
        minutes: int,
        by_hand: tuple[str, int, Review, EvidenceClass] | None = None,
    ) -> None:
        """Add a finished attendance and its ledger entry, if it earns anything."""
        occurrence = scene.occurrence
        note, moment, review, evidence = by_hand or (None, left, Review.NONE, EvidenceClass.C)
        unit_id = someone.unit_on(occurrence.day)
        month = Month.of_day(occurrence.day)
        attendance_id = self._add(
            "attendance",
            occurrence.id,
            someone.id,
            unit_id,
            AttendanceState.CLOSED.value,
            in_scan,
            out_scan,
            self._stored[arrived],
            self._stored[left],
            evidence.value,
            review.value,
            self._policies[month],
            1 if minutes else 0,
        )
        if not minutes:
            return
        source = SourceClass.MANUAL if by_hand else SourceClass.SCANNED
        self._add(
            "ledger_entry",
            someone.id,
            unit_id,
            None,
            str(month),
            occurrence.day.isoformat(),
            minutes,
            Nature.VOLUNTARY.value,
            f"attendance:{attendance_id}:1",
            source.value,
            note,
            scene.leader.account_id if by_hand else someone.account_id,
            self._stored[moment],
        )


def _next_morning(moment: int) -> int:
    """Return 08:30 local time on the day after a moment, as a second since 1970."""
    local_midnight = (moment + 8 * 3600) // 86400 * 86400 - 8 * 3600
    return local_midnight + 86400 + 8 * 3600 + 1800
