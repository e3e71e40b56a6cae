"""Scheduled jobs: listed by `@job`, run by `flask jobs run` in a process of its own.

APScheduler only ticks. What is due is computed from the calendar, and `job_run`
remembers what has run, so a period runs once however often the process restarts,
and a period missed while it was down is made up (trust.md 4.2).
"""

import os
import socket
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple

import click
from apscheduler.schedulers.blocking import BlockingScheduler
from apscheduler.triggers.cron import CronTrigger
from flask import Flask
from sqlalchemy import insert, select, update

from . import clock, journal, logs
from .actor import SYSTEM
from .clock import LOCAL
from .db import again_on_conflict, db, transaction
from .models import JobRun, Lease, RunState
from .shell import CommandGroup, as_json, report

LEASE = "scheduler"
TICK_SECONDS = 10
LEASE_SECONDS = 30
#: A run is tried this often before it stays failed.
ATTEMPTS = 3
#: A run that shows no end after this long was killed with its process.
ABANDONED = timedelta(minutes=30)

Run = Callable[[datetime], int]


class Job(NamedTuple):
    """`run` takes the moment it is run for and returns how many rows it made or changed."""

    name: str
    trigger: CronTrigger
    run: Run
    #: A due time older than this is let go.
    catch_up: timedelta


JOBS: dict[str, Job] = {}

group = CommandGroup("jobs", help="Scheduled jobs.")


def job(name: str, *, catch_up_hours: int = 72, **cron: object) -> Callable[[Run], Run]:
    """Schedule the decorated function at these local times under a dotted name.

    The name is given, not derived, so that renaming the function re-opens no period.
    """

    def register(function: Run) -> Run:
        trigger = CronTrigger(timezone=LOCAL, **cron)
        JOBS[name] = Job(name, trigger, function, timedelta(hours=catch_up_hours))
        return function

    return register


def last_due(job: Job, now: datetime) -> datetime | None:
    """Return the latest due moment at or before `now` within the catch-up time, if any."""
    due = None
    candidate = job.trigger.get_next_fire_time(None, now - job.catch_up)
    while candidate is not None and candidate <= now:
        due = candidate
        candidate = job.trigger.get_next_fire_time(due, due + timedelta(seconds=1))
    return due


def period_of(due: datetime) -> str:
    """Return the key of a due moment, in local time: `2026-11-20T09:00`."""
    return clock.local(due).strftime("%Y-%m-%dT%H:%M")


def node() -> str:
    return f"{socket.gethostname()[:60]}:{os.getpid()}"


@again_on_conflict
def lead(holder: str, *, now: datetime) -> int | None:
    """Take or renew the lease; return its epoch, or None where another process leads."""
    until = now + timedelta(seconds=LEASE_SECONDS)
    with transaction() as session:
        lease = session.get(Lease, LEASE, with_for_update=True)
        if lease is None:
            lease = Lease(name=LEASE, holder=holder, epoch=1, renewed_at=now, expires_at=until)
            session.add(lease)
        elif lease.holder == holder:
            lease.renewed_at, lease.expires_at = now, until
        elif lease.expires_at < now:
            lease.holder, lease.epoch = holder, lease.epoch + 1
            lease.renewed_at, lease.expires_at = now, until
        else:
            return None
        return lease.epoch


def is_done(job: str, period: str) -> bool:
    """Tell whether the period has been run to its end."""
    found = select(JobRun.state).where(JobRun.job == job, JobRun.period == period)
    return db.session.scalar(found) == RunState.DONE


@again_on_conflict
def claim(job: str, period: str, *, epoch: int, now: datetime) -> bool:
    """Write down that this process runs the period; False where it has been run or is running."""
    with transaction() as session:
        lease = session.get(Lease, LEASE, with_for_update=True)
        if lease is None or lease.epoch != epoch:
            return False
        run = session.get(JobRun, (job, period), with_for_update=True)
        if run is None:
            facts = {"job": job, "period": period, "state": RunState.RUNNING, "attempts": 1}
            session.execute(
                insert(JobRun), {**facts, "started_at": now, "node": node(), "epoch": epoch}
            )
            return True
        stale = run.state == RunState.RUNNING and (
            run.epoch != epoch or now - run.started_at > ABANDONED
        )
        if run.attempts >= ATTEMPTS or not (stale or run.state == RunState.FAILED):
            return False
        run.state, run.attempts, run.started_at = RunState.RUNNING, run.attempts + 1, now
        run.node, run.epoch = node(), epoch
        return True


def finish(
    job: str, period: str, *, epoch: int, now: datetime, result: int | None, error: str | None
) -> None:
    """Write down how a run ended; a run that another leader took over stays as that one left it."""
    with transaction() as session:
        session.execute(
            update(JobRun)
            .where(JobRun.job == job, JobRun.period == period, JobRun.epoch == epoch)
            .values(
                state=RunState.FAILED if error else RunState.DONE,
                finished_at=now,
                result=result,
                error=error,
            )
        )


def tick(*, now: datetime, holder: str) -> int:
    """Run every job whose period is due and not yet done; return how many ran."""
    epoch = lead(holder, now=now)
    if epoch is None:
        return 0
    ran = 0
    for each in JOBS.values():
        due = last_due(each, now)
        if due is None or is_done(each.name, period_of(due)):
            continue
        period = period_of(due)
        if not claim(each.name, period, epoch=epoch, now=now):
            continue
        result, error = None, None
        try:
            result = each.run(now)
        except Exception as problem:  # one broken job must not stop the others
            db.session.rollback()
            error = f"{type(problem).__name__}: {problem}"
            logs.log.error("job failed", exc_info=problem, extra={"facts": {"job": each.name}})
        finish(each.name, period, epoch=epoch, now=clock.now(), result=result, error=error)
        logs.log.info(
            "job", extra={"facts": {"job": each.name, "period": period, "result": result}}
        )
        ran += 1
        lead(holder, now=clock.now())
    return ran


@group.command("list")
@as_json
def list_jobs(as_json: bool) -> None:
    """List the jobs by name."""
    report({"jobs": sorted(JOBS)}, as_json=as_json)


@group.command("now")
@click.argument("name")
@click.option("--at", "at", help="The moment to run for, ISO; without a zone it is local.")
@as_json
def run_now(name: str, at: str | None, as_json: bool) -> None:
    """Run one job now, beside its schedule; a planning job run twice plans nothing twice."""
    if name not in JOBS:
        raise click.UsageError(f"没有名为 {name} 的任务，请用 flask jobs list 查看。")
    try:
        moment = clock.parse(at) if at else clock.now()
    except ValueError as error:
        raise click.UsageError(f"时间 {at} 无法识别，请写成 2026-11-20T09:00。") from error
    result = JOBS[name].run(moment)
    with transaction():
        journal.write("jobs.run", "job", name, actor=SYSTEM, now=clock.now(), result=result)
    report({"job": name, "result": result}, as_json=as_json)


@group.command("run")
def run_forever() -> None:
    """Run what is due, every ten seconds, until stopped; a second process stands by."""
    scheduler = BlockingScheduler(timezone=LOCAL)
    holder = node()
    app = click.get_current_context().obj.load_app()

    def beat() -> None:
        with app.app_context():
            tick(now=clock.now(), holder=holder)

    scheduler.add_job(
        beat,
        "interval",
        seconds=TICK_SECONDS,
        next_run_time=clock.now(),
        coalesce=True,
        max_instances=1,
        misfire_grace_time=None,
    )
    scheduler.start()


def init_app(app: Flask) -> None:
    app.cli.add_command(group)
