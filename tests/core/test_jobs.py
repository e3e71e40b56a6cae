"""A period runs once, whatever happens to the process that runs it (trust.md 4.2)."""

from datetime import timedelta

import pytest
from apscheduler.triggers.cron import CronTrigger
from sqlalchemy import select

from tests.make import at
from volunteer.core import jobs
from volunteer.core.clock import LOCAL
from volunteer.core.db import db
from volunteer.core.jobs import Job, last_due, period_of, tick
from volunteer.core.models import JobRun, Lease, RunState

NINE = at("2026-03-20 09:00")
SECOND = timedelta(seconds=1)


def daily(run=lambda now: 0, *, name="test.daily", catch_up_hours=72, **cron):
    trigger = CronTrigger(timezone=LOCAL, **(cron or {"hour": 9}))
    return Job(name, trigger, run, timedelta(hours=catch_up_hours))


@pytest.fixture
def job(app, monkeypatch, set_clock):
    """The only job, daily at nine; `job.ran` lists the moments it was run for."""

    class Recorder:
        def __init__(self):
            self.ran, self.fails = [], False

        def __call__(self, now):
            self.ran.append(now)
            if self.fails:
                raise OSError("no signal")
            return len(self.ran)

    recorder = Recorder()
    monkeypatch.setattr(jobs, "JOBS", {"test.daily": daily(recorder)})
    set_clock(NINE)
    return recorder


def rows():
    db.session.rollback()
    return db.session.scalars(select(JobRun).order_by(JobRun.period)).all()


@pytest.mark.parametrize(
    ("now", "due"),
    [
        ("2026-03-20 08:59", "2026-03-19 09:00"),
        ("2026-03-20 09:00", "2026-03-20 09:00"),
        ("2026-03-20 23:59", "2026-03-20 09:00"),
        ("2026-03-01 00:00", "2026-02-28 09:00"),
    ],
)
def test_due_is_the_latest_moment_that_has_come(now, due):
    assert last_due(daily(), at(now)) == at(due)


def test_a_due_moment_is_made_up_within_its_time_and_not_later():
    day_20 = daily(day=20, hour=9)
    assert last_due(day_20, at("2026-03-23 09:00")) == NINE
    assert last_due(day_20, at("2026-03-23 09:01")) is None


def test_a_period_is_named_by_the_clock_on_the_wall():
    assert period_of(NINE) == "2026-03-20T09:00"
    assert period_of(at("2026-03-20 00:30")) == "2026-03-20T00:30"


def test_a_period_runs_once(job):
    assert [tick(now=NINE + n * SECOND, holder="a") for n in range(3)] == [1, 0, 0]

    assert job.ran == [NINE]
    (row,) = rows()
    assert (row.period, row.state, row.result, row.attempts) == (
        "2026-03-20T09:00",
        RunState.DONE,
        1,
        1,
    )


def test_the_next_period_runs_again(job):
    tick(now=NINE, holder="a")
    tick(now=NINE + timedelta(days=1), holder="a")
    assert [row.period for row in rows()] == ["2026-03-20T09:00", "2026-03-21T09:00"]


def test_a_period_missed_while_down_is_made_up_once(job):
    tick(now=NINE + timedelta(days=2, hours=5), holder="a")
    assert [row.period for row in rows()] == ["2026-03-22T09:00"]


def test_a_failed_run_is_tried_three_times(job):
    job.fails = True
    ran = [tick(now=NINE + n * SECOND, holder="a") for n in range(5)]

    assert ran == [1, 1, 1, 0, 0]
    (row,) = rows()
    assert (row.state, row.attempts) == (RunState.FAILED, 3)
    assert row.error == "OSError: no signal"


def test_a_failed_run_that_goes_well_later_is_done(job):
    job.fails = True
    tick(now=NINE, holder="a")
    job.fails = False
    tick(now=NINE + SECOND, holder="a")

    (row,) = rows()
    assert (row.state, row.attempts, row.error) == (RunState.DONE, 2, None)


def test_one_broken_job_does_not_stop_the_others(job, monkeypatch):
    job.fails = True
    ran = []
    other = daily(lambda now: ran.append(now) or 0, name="test.other")
    monkeypatch.setattr(jobs, "JOBS", {**jobs.JOBS, "test.other": other})

    assert tick(now=NINE, holder="a") == 2
    assert ran == [NINE]


def test_a_job_that_leaves_rows_behind_leaves_none(job, monkeypatch):
    """What a broken run had begun is rolled back before its failure is written down."""

    def half(now):
        db.session.add(Lease(name="half", holder="x", epoch=1, renewed_at=now, expires_at=now))
        db.session.flush()
        raise ValueError("half way")

    monkeypatch.setattr(jobs, "JOBS", {"test.half": daily(half, name="test.half")})
    tick(now=NINE, holder="a")

    assert db.session.get(Lease, "half") is None
    assert [row.state for row in rows()] == [RunState.FAILED]


def test_a_second_process_stands_by(job):
    assert jobs.lead("a", now=NINE) == 1
    assert jobs.lead("b", now=NINE + SECOND) is None
    assert tick(now=NINE + SECOND, holder="b") == 0
    assert job.ran == []


def test_the_lease_is_renewed_by_its_holder(job):
    jobs.lead("a", now=NINE)
    later = NINE + timedelta(seconds=jobs.LEASE_SECONDS)
    assert jobs.lead("a", now=later) == 1
    assert jobs.lead("b", now=later + SECOND) is None


def test_a_silent_leader_is_followed_and_the_epoch_grows(job):
    jobs.lead("a", now=NINE)
    silent = NINE + timedelta(seconds=jobs.LEASE_SECONDS + 1)
    assert jobs.lead("b", now=silent) == 2
    assert jobs.lead("a", now=silent + SECOND) is None


def test_an_old_leader_claims_nothing(job):
    jobs.lead("a", now=NINE)
    jobs.lead("b", now=NINE + timedelta(minutes=1))
    assert not jobs.claim("test.daily", "p", epoch=1, now=NINE)
    assert jobs.claim("test.daily", "p", epoch=2, now=NINE)


def test_a_run_is_claimed_once(job):
    jobs.lead("a", now=NINE)
    assert jobs.claim("test.daily", "p", epoch=1, now=NINE)
    assert not jobs.claim("test.daily", "p", epoch=1, now=NINE + SECOND)


def test_a_run_cut_off_with_its_process_is_taken_up_by_the_next_leader(job):
    jobs.lead("a", now=NINE)
    jobs.claim("test.daily", period_of(NINE), epoch=1, now=NINE)

    assert tick(now=NINE + timedelta(minutes=1), holder="b") == 1
    (row,) = rows()
    assert (row.state, row.epoch, row.attempts) == (RunState.DONE, 2, 2)


def test_a_run_without_an_end_is_taken_up_after_half_an_hour(job):
    jobs.lead("a", now=NINE)
    jobs.claim("test.daily", period_of(NINE), epoch=1, now=NINE)
    for minutes, ran in ((29, 0), (31, 1)):
        jobs.lead("a", now=NINE + timedelta(minutes=minutes))
        assert tick(now=NINE + timedelta(minutes=minutes), holder="a") == ran


def test_what_an_old_leader_finishes_late_changes_nothing(job):
    jobs.lead("a", now=NINE)
    jobs.claim("test.daily", period_of(NINE), epoch=1, now=NINE)
    tick(now=NINE + timedelta(minutes=1), holder="b")
    jobs.finish("test.daily", period_of(NINE), epoch=1, now=NINE, result=99, error=None)

    assert [row.result for row in rows()] == [1]


def test_a_job_is_run_by_hand_beside_its_schedule(job, runner):
    result = runner.invoke(args=["jobs", "now", "test.daily", "--at", "2026-03-20T09:00", "--json"])
    assert result.stdout.splitlines()[-1] == '{"job": "test.daily", "result": 1}'
    assert (job.ran, rows()) == ([NINE], [])


@pytest.mark.parametrize("arguments", [["no.such"], ["test.daily", "--at", "noon"]])
def test_bad_arguments_end_with_one_sentence(job, runner, arguments):
    result = runner.invoke(args=["jobs", "now", *arguments])
    assert result.exit_code == 2
    assert "Traceback" not in result.output


def test_real_jobs_have_dotted_names(app, runner):
    names = runner.invoke(args=["jobs", "list"]).stdout
    assert all(name.count(".") == 1 for name in jobs.JOBS), names
