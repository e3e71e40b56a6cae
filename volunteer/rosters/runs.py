"""The month of a unit and of those under it, drawn or published by a thread of its own.

How far it is stands in the run's row, so that any process shows it; a process that has died
shows by silence, and its run may be started again. Each unit is a transaction of its own:
what was done before a run broke stays, and the next run goes on from there.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import joinedload

from volunteer.core import journal
from volunteer.core.actor import Actor
from volunteer.core.background import Clock, Start
from volunteer.core.clock import Month
from volunteer.core.db import after_commit, again_on_conflict, db, transaction, within
from volunteer.core.errors import DomainError
from volunteer.units import queries as units
from volunteer.units.models import Unit

from . import access, planning, publishing, rules, service
from .errors import MonthOver, NothingToPublish, StillAtWork
from .models import Roster, RosterRun, RosterState, RunState, Step, Way, Work

#: A run whose process has not said for so long that it lives has broken off.
SILENT = timedelta(minutes=2)
BROKEN_OFF = "broken_off"


class Overtaken(Exception):
    """Another run has taken over from this one, which had been silent for too long."""


@again_on_conflict
def start_drawing(
    unit: Unit,
    month: Month,
    *,
    posts_a_week: int = rules.POSTS_A_WEEK,
    way: Way = Way.DRAWN,
    of: Unit | None = None,
    actor: Actor,
    now: datetime,
    start: Start,
) -> RosterRun:
    """Have the month's shifts opened and every unit at or under `unit` drawn, see
    `planning.open_month` and `service.draw`. Where that is going on already, that run is
    returned. Raises MonthOver, and StillAtWork while the month is being published.
    """
    with transaction():
        access.require_schedule(actor, unit.path)
        if not rules.may_schedule(month, present=Month.of(now)):
            raise MonthOver()
        settings = {"posts_a_week": posts_a_week, "department": of.code if of else ""}
        run = RosterRun(way=way, settings=settings, work=Work.DRAW, step=Step.OPENING, total=0)
        return _begin(run, unit, month, actor=actor, now=now, start=start)


@again_on_conflict
def start_publishing(
    unit: Unit, month: Month, *, actor: Actor, now: datetime, start: Start
) -> RosterRun:
    """Have every draft of the month at or under `unit` published, see `publishing.publish`.

    Where that is going on already, that run is returned. Raises NothingToPublish where there
    is no draft, and StillAtWork while the month is being drawn.
    """
    with transaction():
        access.require_schedule(actor, unit.path)
        run = RosterRun(way=Way.DRAWN, settings={}, work=Work.PUBLISH, step=Step.PUBLISHING)
        run.total = len(drafts(unit.path, month))
        return _begin(run, unit, month, actor=actor, now=now, start=start)


def _begin(
    run: RosterRun, unit: Unit, month: Month, *, actor: Actor, now: datetime, start: Start
) -> RosterRun:
    """Start the run, or return the one that is at work; one that broke off is closed."""
    session = db.session()
    going = session.scalar(
        select(RosterRun)
        .where(_of(unit, month), RosterRun.state == RunState.RUNNING)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if going is not None and not has_broken_off(going, now=now):
        if going.work != run.work:
            raise StillAtWork()
        return going
    if run.work == Work.PUBLISH and not run.total:
        raise NothingToPublish()
    if going is not None:
        going.state, going.failure, going.ended_at = RunState.FAILED, BROKEN_OFF, now
        session.flush()
    run.unit_id, run.month, run.state = unit.id, str(month), RunState.RUNNING
    run.done, run.counts = 0, {}
    run.started_at, run.started_by, run.beat_at = now, actor.account_id, now
    session.add(run)
    session.flush()
    run_id, work = run.id, draw if run.work == Work.DRAW else publish
    journal.write(
        f"rosters.{run.work}_units",
        "roster_run",
        run_id,
        actor=actor,
        now=now,
        unit_path=unit.path,
        month=run.month,
    )
    after_commit(lambda: start(work, run_id))
    return run


def draw(run_id: int, *, actor: Actor, clock: Clock) -> None:
    """Open the shifts and draw the units, telling after each; or write down why not."""
    run = _read(run_id)
    unit, month, opened = run.unit, Month.parse(run.month), 0
    settings, way = run.settings, Way(run.way)

    def progress(done: int, total: int) -> None:
        facts = {"done": done, "total": total, "counts": {"opened": opened}}
        _tell(run_id, clock, step=Step.DRAWING, **facts)

    try:
        opened = planning.open_month(unit, month, actor=actor, now=clock())
        progress(0, 0)
        drawn = service.draw(
            unit,
            month,
            posts_a_week=settings["posts_a_week"],
            way=way,
            of=units.by_code(settings["department"], under=[unit.path]),
            progress=progress,
            actor=actor,
            now=clock(),
        )
        counts = {
            "opened": opened,
            "units": len(drawn),
            "wanted": sum(each.places for each in drawn),
            "filled": sum(each.filled for each in drawn),
        }
        _end(run_id, clock, counts=counts)
    except DomainError as refusal:
        _refused(run_id, clock, refusal, {"opened": opened})
    except Overtaken:
        return


def publish(run_id: int, *, actor: Actor, clock: Clock) -> None:
    """Publish the drafts one by one, telling after each.

    What came of each draft stands in the run, also why one was refused; the others go on.
    """
    run = _read(run_id)
    found = drafts(run.unit.path, Month.parse(run.month))
    outcomes: list[dict[str, Any]] = []

    def told() -> dict[str, Any]:
        assigned, lost = (sum(each[name] for each in outcomes) for name in ("assigned", "lost"))
        return {"assigned": assigned, "lost": lost, "units": outcomes}

    try:
        for number, roster in enumerate(found):
            _tell(run_id, clock, done=number, total=len(found), counts=told())
            outcome: dict[str, Any] = {"roster": roster.id, "assigned": 0, "lost": 0}
            try:
                done = publishing.publish(roster, actor=actor, now=clock())
                outcome |= {"assigned": done.assigned, "lost": done.lost}
            except DomainError as refusal:
                outcome |= {"text": refusal.text, "facts": refusal.facts}
            outcomes.append(outcome)
        _end(run_id, clock, counts=told(), done=len(found), total=len(found))
    except Overtaken:
        return


def give_up(run_id: int, *, clock: Clock) -> None:
    """Write down that a step broke for a reason of ours."""
    facts = {"state": RunState.FAILED, "failure": "server_error", "ended_at": clock()}
    _write_down(run_id, facts)


def newest(unit: Unit, month: Month) -> RosterRun | None:
    """Return the last run of exactly this unit and month, or None."""
    wanted = select(RosterRun).where(_of(unit, month)).order_by(RosterRun.id.desc())
    return db.session.scalar(wanted.limit(1))


def drafts(path: str, month: Month) -> Sequence[Roster]:
    """Return the drafts of a month at or under a unit's path, the deepest first."""
    wanted = (
        select(Roster)
        .join(Roster.unit)
        .where(
            Roster.month == str(month), Roster.state == RosterState.DRAFT, within(Unit.path, [path])
        )
        .options(joinedload(Roster.unit))
    )
    found = db.session.scalars(wanted).all()
    return sorted(found, key=lambda each: (-each.unit.path.count("/"), each.unit.path))


def has_broken_off(run: RosterRun, *, now: datetime) -> bool:
    """Tell whether the process that worked on a run has died, or has died before."""
    if run.failure == BROKEN_OFF:
        return True
    return run.state == RunState.RUNNING and now - run.beat_at > SILENT


def outcomes(run: RosterRun) -> list[tuple[Roster, dict[str, Any]]]:
    """Return what publishing did, roster by roster."""
    told = run.counts.get("units", []) if run.work == Work.PUBLISH else []
    wanted = select(Roster).where(Roster.id.in_([each["roster"] for each in told]))
    found = db.session.scalars(wanted.options(joinedload(Roster.unit)))
    by_id = {roster.id: roster for roster in found}
    return [(by_id[each["roster"]], each) for each in told]


def _of(unit: Unit, month: Month) -> ColumnElement[bool]:
    return (RosterRun.unit_id == unit.id) & (RosterRun.month == str(month))


def _read(run_id: int) -> RosterRun:
    wanted = select(RosterRun).where(RosterRun.id == run_id)
    return db.session.scalars(wanted.options(joinedload(RosterRun.unit))).one()


def _tell(run_id: int, clock: Clock, **facts: object) -> None:
    """Write down how far a run is, and that it lives; raises Overtaken."""
    if not _write_down(run_id, {**facts, "beat_at": clock()}):
        raise Overtaken()


def _end(run_id: int, clock: Clock, **facts: object) -> None:
    _write_down(run_id, {**facts, "state": RunState.DONE, "ended_at": clock()})


def _refused(run_id: int, clock: Clock, refusal: DomainError, counts: dict[str, Any]) -> None:
    told = {**counts, "text": refusal.text, "facts": refusal.facts}
    facts = {"state": RunState.FAILED, "failure": refusal.code, "counts": told}
    _write_down(run_id, {**facts, "ended_at": clock()})


def _write_down(run_id: int, facts: dict[str, Any]) -> bool:
    """Change a run that is at work; return whether it still was."""
    this = (RosterRun.id == run_id) & (RosterRun.state == RunState.RUNNING)
    with transaction() as session:
        changed = session.execute(update(RosterRun).where(this).values(facts))
        return bool(changed.rowcount)  # type: ignore[attr-defined]
