"""What the demo city's presences left behind: assignments, scans, attendance, the ledger.

Every row is the one that the verbs of `attendance` would have written at that moment
(`tests/home/test_demo_replay.py` replays them); only the way into the database is shorter.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from itertools import count
from random import Random
from typing import NamedTuple

from volunteer.attendance import service
from volunteer.attendance.models import Verdict
from volunteer.attendance.rules import Candidate
from volunteer.core.clock import Month
from volunteer.shifts.models import CheckinSettings

from .demo_answers import Scene
from .demo_load import Loader, Moments, Row
from .demo_names import BROWSERS, NOTES_CONFIRM, NOTES_PAPER, NOTES_ROLL
from .demo_people import Someone
from .demo_shifts import How, Occurrence, Presence
from .demo_words import (
    ACCEPTED,
    APPROVED,
    ASSIGNED,
    AUTO,
    AUTO_CLOSED,
    BY_HAND,
    BY_PHONE,
    CLOSED,
    CREDITED_MANUAL,
    CREDITED_SCANNED,
    IN,
    MANUAL,
    NOWHERE,
    OPEN,
    OUT,
    OVERRIDE,
    SERVER,
    STATED,
    STATIC,
    UNREVIEWED,
    VOLUNTARY,
)

#: Shares of scanners who try too early, or press the button twice.
TOO_EARLY, TWICE = 0.01, 0.015
BATCH = 20_000


class Outcome(NamedTuple):
    """How a finished attendance came about: when it was entered, by whom, why by hand."""

    arrived: int
    left: int
    entered: int
    entered_by: int | None
    evidence: str = BY_PHONE
    review: str = UNREVIEWED
    source_class: str = CREDITED_SCANNED
    note: str | None = None


class Recorder:
    """Turns presences into rows, up to the moment `now`, and hands them to the loader."""

    def __init__(
        self,
        people: Sequence[Someone],
        policies: Mapping[Month, int],
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
        self._stored = Moments(" ", ".000000")
        self._iso = Moments("T", "+00:00")
        self._assignments: list[Row] = []
        self._scans: list[Row] = []
        self._attendances: list[Row] = []
        self._entries: list[Row] = []
        self._assignment_ids = count(loader.first_free("assignment"))
        self._scan_ids = count(loader.first_free("scan"))
        self._attendance_ids = count(loader.first_free("attendance"))
        self._entry_ids = count(loader.first_free("ledger_entry"))

    def write(self, occurrences: Sequence[Occurrence]) -> Iterator[int]:
        """Write everything that these occurrences left behind; yield the percent done."""
        for done, occurrence in enumerate(occurrences):
            if occurrence.presences:
                leader = self._people[occurrence.leader]
                self._record(Scene(occurrence, leader, self._settings))
            if len(self._scans) > BATCH:
                self._flush()
                yield 100 * done // len(occurrences)
        self._flush()

    def _flush(self) -> None:
        for table, rows in (
            ("assignment", self._assignments),
            ("scan", self._scans),
            ("attendance", self._attendances),
            ("ledger_entry", self._entries),
        ):
            self._loader.write(table, rows)
            rows.clear()

    def _record(self, scene: Scene) -> None:
        occurrence, people = scene.occurrence, self._people
        asked = min(scene.starts - 86400 * (2 + occurrence.variety % 3) - 3600 * 4, self._now)
        same = (
            self._stored[scene.starts],
            self._stored[scene.ends],
            ASSIGNED,
            self._stored[asked],
            scene.leader.account_id,
        )
        for presence in occurrence.presences:
            someone = people[presence.person]
            self._assignments.append((next(self._assignment_ids), occurrence.id, someone.id, *same))
            if presence.how == How.SCANNED:
                self._scanned(scene, someone, presence)
            elif presence.how in {How.FORGOTTEN, How.CONFIRMED}:
                self._forgotten(scene, someone, presence)
            elif presence.how != How.ABSENT:
                self._recorded(scene, someone, presence)

    def _scanned(self, scene: Scene, someone: Someone, presence: Presence) -> None:
        """Somebody checks in and checks out."""
        arrived, left = scene.starts + presence.arrived, scene.starts + presence.left
        in_scan = self._check_in(scene, someone, arrived)
        if in_scan is None:
            return
        if left > self._now:
            self._attend(scene, someone, in_scan, OPEN, arrived)
            return
        template = scene.leaving(left)
        answer = template.filled(
            someone.escaped, self._iso[left], self._iso[arrived], presence.minutes
        )
        out_scan = self._scan(scene, someone, OUT, left, answer, template.flags)
        outcome = Outcome(arrived, left, left, someone.account_id)
        self._earn(scene, someone, in_scan, out_scan, presence.minutes, outcome)

    def _forgotten(self, scene: Scene, someone: Someone, presence: Presence) -> None:
        """Somebody checks in, the job closes the attendance, perhaps the leader confirms it."""
        arrived, variety = scene.starts + presence.arrived, scene.occurrence.variety
        in_scan = self._check_in(scene, someone, arrived)
        if in_scan is None:
            return
        closed = scene.closes + 4  # the job looks every ten seconds
        confirmed = scene.confirmed
        if closed > self._now:
            self._attend(scene, someone, in_scan, OPEN, arrived)
        elif presence.how == How.FORGOTTEN or confirmed > self._now:
            number = self._attend(scene, someone, in_scan, AUTO_CLOSED, arrived, scene.ends)
            self._by_hand(scene, someone, OUT, AUTO, f"auto:{number}", scene.ends, closed)
        else:
            number = next(self._attendance_ids)
            self._by_hand(scene, someone, OUT, AUTO, f"auto:{number}", scene.ends, closed)
            note = NOTES_CONFIRM[variety % len(NOTES_CONFIRM)]
            out_scan = self._by_hand(
                scene, someone, OUT, OVERRIDE, f"confirm:{number}:0", scene.ends, confirmed, note
            )
            outcome = Outcome(
                arrived,
                scene.ends,
                confirmed,
                scene.leader.account_id,
                review=APPROVED,
                source_class=CREDITED_MANUAL,
                note=note,
            )
            self._earn(scene, someone, in_scan, out_scan, presence.minutes, outcome, number)

    def _recorded(self, scene: Scene, someone: Someone, presence: Presence) -> None:
        """The leader calls the roll before and after, or types in the paper list: all of it."""
        variety = scene.occurrence.variety
        if presence.how == How.PAPER:
            note, arrived = NOTES_PAPER[variety % len(NOTES_PAPER)], scene.starts
            first, last = scene.typed, scene.typed
        else:
            note, arrived = NOTES_ROLL[variety % len(NOTES_ROLL)], scene.starts + presence.arrived
            first, last = arrived, scene.ends + 60 * variety
        if first > self._now:
            return
        key = f"roll:{scene.occurrence.id}:{someone.id}"
        in_scan = self._by_hand(scene, someone, IN, MANUAL, f"{key}:in", arrived, first, note)
        if last > self._now:
            self._attend(scene, someone, in_scan, OPEN, arrived, evidence=BY_HAND)
            return
        out_scan = self._by_hand(scene, someone, OUT, MANUAL, f"{key}:out", scene.ends, last, note)
        by = scene.leader.account_id
        outcome = Outcome(arrived, scene.ends, last, by, BY_HAND, UNREVIEWED, CREDITED_MANUAL, note)
        self._earn(scene, someone, in_scan, out_scan, presence.minutes, outcome)

    def _check_in(self, scene: Scene, someone: Someone, arrived: int) -> int | None:
        """Add the accepted check-in, and now and then one that changed nothing; return its id.

        None where it has not come to that yet.
        """
        chance = self._random.random()
        if chance < TOO_EARLY:
            self._tried(scene, scene.free, someone, scene.opens - 60 - int(chance * 30000))
        if arrived > self._now:
            return None
        template = scene.arriving()
        answer = template.filled(someone.escaped, self._iso[arrived])
        in_scan = self._scan(scene, someone, IN, arrived, answer, template.flags)
        if chance > 1 - TWICE:
            there = scene.present(datetime.fromtimestamp(arrived, UTC))
            self._tried(scene, there, someone, arrived + 20)
        return in_scan

    def _tried(self, scene: Scene, candidate: Candidate, someone: Someone, moment: int) -> None:
        if moment > self._now:
            return
        decision, answer = scene.refused(candidate, someone.name, moment)
        flags, verdict, reason = json.dumps(decision.flags), decision.verdict, decision.reason
        self._scan(scene, someone, IN, moment, answer, flags, verdict, reason)

    def _scan(
        self,
        scene: Scene,
        someone: Someone,
        direction: str,
        moment: int,
        answer: str,
        flags: str,
        verdict: str = ACCEPTED,
        reason: str | None = None,
    ) -> int:
        """Add a scan that a person made with the own phone."""
        at, number = self._stored[moment], next(self._scan_ids)
        self._scans.append(
            (
                number,
                f"{self._random.getrandbits(128):032x}",
                scene.body_hash[direction],
                direction,
                STATIC,
                scene.occurrence.id,
                someone.id,
                scene.occurrence.site_id,
                someone.account_id,
                at,
                at,
                SERVER,
                NOWHERE,
                f"198.18.{someone.id % 200}.0/24",
                BROWSERS[someone.id % len(BROWSERS)],
                verdict,
                reason,
                flags,
                answer,
                False,
                None,
            )
        )
        return number

    def _by_hand(
        self,
        scene: Scene,
        someone: Someone,
        direction: str,
        channel: str,
        key: str,
        effective: int,
        moment: int,
        note: str | None = None,
    ) -> int:
        """Add a scan that the leader or the job wrote."""
        number = next(self._scan_ids)
        answer = service.answer_by_hand(Verdict.ACCEPTED, None, self._iso[effective])
        self._scans.append(
            (
                number,
                key,
                sha256(key.encode()).hexdigest(),
                direction,
                channel,
                scene.occurrence.id,
                someone.id,
                scene.occurrence.site_id,
                None if channel == AUTO else scene.leader.account_id,
                self._stored[moment],
                self._stored[effective],
                SERVER if effective == moment else STATED,
                NOWHERE,
                None,
                None,
                ACCEPTED,
                None,
                "[]",
                json.dumps(answer),
                False,
                note,
            )
        )
        return number

    def _attend(
        self,
        scene: Scene,
        someone: Someone,
        in_scan: int,
        state: str,
        arrived: int,
        left: int | None = None,
        evidence: str = BY_PHONE,
    ) -> int:
        """Add an attendance that earns nothing yet: open, or closed by the job."""
        number = next(self._attendance_ids)
        self._attendances.append(
            (
                number,
                scene.occurrence.id,
                someone.id,
                someone.unit_on(scene.occurrence.day),
                state,
                in_scan,
                None,
                self._stored[arrived],
                left and self._stored[left],
                evidence,
                UNREVIEWED,
                None,
                0,
            )
        )
        return number

    def _earn(
        self,
        scene: Scene,
        someone: Someone,
        in_scan: int,
        out_scan: int,
        minutes: int,
        outcome: Outcome,
        number: int | None = None,
    ) -> None:
        """Add a finished attendance and its ledger entry, if it earns anything."""
        day = scene.occurrence.day
        unit_id = someone.unit_on(day)
        month = Month(day.year, day.month)
        number = number or next(self._attendance_ids)
        self._attendances.append(
            (
                number,
                scene.occurrence.id,
                someone.id,
                unit_id,
                CLOSED,
                in_scan,
                out_scan,
                self._stored[outcome.arrived],
                self._stored[outcome.left],
                outcome.evidence,
                outcome.review,
                self._policies[month],
                1 if minutes else 0,
            )
        )
        if minutes:
            self._entries.append(
                (
                    next(self._entry_ids),
                    someone.id,
                    unit_id,
                    scene.occurrence.grid_id,
                    str(month),
                    day.isoformat(),
                    minutes,
                    VOLUNTARY,
                    f"attendance:{number}:1",
                    outcome.source_class,
                    outcome.note,
                    outcome.entered_by,
                    self._stored[outcome.entered],
                )
            )
