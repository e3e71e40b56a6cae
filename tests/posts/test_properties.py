"""What holds of posts whatever is done to them: random turns, edits, rests and nights."""

from collections import Counter
from datetime import date, time, timedelta
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from tests import make
from tests.posts.conftest import MORNING, NOW
from volunteer.core.db import db
from volunteer.core.errors import DomainError
from volunteer.posts import jobs, queries, rules, service
from volunteer.posts.facts import facts_of
from volunteer.posts.rules import EVERY_DAY, Holidays, Window
from volunteer.shifts import service as shifts
from volunteer.shifts.models import Assignment, Shift

DAYS = st.dates(date(2020, 1, 1), date(2030, 12, 31))
DAY = timedelta(days=1)


@given(st.integers(2, 130), st.sampled_from(list(rules.TurnBy)), DAYS, DAYS)
def test_turns_go_round_fairly(count, by, start, day):
    """R47: one unit a day, the first at the start, the next one after each turn, all alike."""
    units = list(range(100, 100 + count))

    def whose(on):
        return rules.responsible(units, by, start, on)

    assert whose(start) == units[0]
    changes = {
        rules.TurnBy.DAY: True,
        rules.TurnBy.WEEK: day.weekday() == 6,
        rules.TurnBy.MONTH: (day + DAY).day == 1,
    }[by]
    step = 1 if changes else 0
    assert (whose(day + DAY) - whose(day)) % count == step


windows = st.lists(
    st.tuples(st.sampled_from([6, 7, 8, 16, 17, 18]), st.sampled_from([0, 20, 40])),
    min_size=1,
    max_size=3,
    unique_by=lambda window: window[0],
).map(
    lambda found: tuple(
        Window(time(hour, minute), time(hour, minute + 15), EVERY_DAY) for hour, minute in found
    )
)
some_day = st.integers(0, 20)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("edit"), some_day, windows),
        st.tuples(st.just("suspend"), some_day, st.integers(0, 9)),
        st.tuples(st.just("resume"), some_day, st.none()),
        st.tuples(st.just("cancel"), st.integers(0, 60), st.none()),
        st.tuples(st.just("assign"), st.integers(0, 60), st.none()),
        st.tuples(st.just("night"), st.integers(1, 4), st.none()),
        st.tuples(st.just("holidays"), some_day, st.sampled_from(list(Holidays))),
    ),
    min_size=2,
    max_size=9,
)


@pytest.fixture
def desk(unit, site, coordinator):
    return unit, site, coordinator, count(1)


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps)
def test_never_a_double_and_nothing_comes_back(desk, script):
    """Whatever is edited, suspended, resumed and opened again: at most one shift a window and
    day, none of them at the same time as another one, a cancelled one stays cancelled, and one
    with people stays as it is."""
    unit, site, coordinator, numbers = desk
    person = make.person(unit=unit)
    post = service.create(
        code=f"P{next(numbers)}",
        name="府前路口",
        unit=unit,
        site=site,
        windows=[MORNING._replace(weekdays=EVERY_DAY)],
        wanted=2,
        first_on=date(2026, 3, 1),
        actor=coordinator,
        now=NOW,
    ).post
    now, dead, manned = NOW, set(), {}
    for act, number, more in script:
        if act == "night":
            now += number * DAY
        try:
            play(act, number, more, post, person, coordinator, now)
        except DomainError:
            continue
        rows = theirs(post)
        assert not {each.id for each in rows if each.state == "planned"} & dead
        dead |= {each.id for each in rows if each.state == "cancelled"}
        held = set(db.session.scalars(select(Assignment.shift_id).filter_by(state="assigned")))
        for each in rows:
            if each.id in held:
                assert manned.setdefault(each.id, each.starts_at) == each.starts_at
        assert len({each.source for each in rows}) == len(rows)
        open_rows = [each for each in rows if each.state == "planned" and each.id not in held]
        assert max(Counter(each.starts_at for each in open_rows).values(), default=1) == 1
        assert all(a.ends_at <= b.starts_at for a, b in zip(open_rows, open_rows[1:], strict=False))
        assert jobs.open_shifts(now) == 0 or act not in ("night", "resume")
    jobs.open_shifts(now)
    assert jobs.open_shifts(now) == 0
    service.end(post, reason="完", actor=coordinator, now=now)


def theirs(post):
    """The shifts of the post of this example, earliest first."""
    mine = Shift.source.startswith(rules.source(post.id))
    return db.session.scalars(select(Shift).where(mine).order_by(Shift.starts_at)).all()


def play(act, number, more, post, person, coordinator, now):
    """Do one step of the script; what is refused is refused."""
    by = {"actor": coordinator, "now": now}
    day = now.date() + number * DAY
    if act == "edit":
        service.edit(post, facts_of(post)._replace(windows=more), from_on=day, **by)
    elif act == "holidays":
        service.edit(post, facts_of(post)._replace(holidays=more), from_on=day, **by)
    elif act == "suspend":
        service.suspend(post, from_on=day, until_on=day + more * DAY, reason="施工", **by)
    elif act == "resume":
        for each in queries.suspensions(post.id, since=now.date()):
            service.resume(post, each.id, on=max(day, each.from_on), **by)
    elif act == "night":
        jobs.open_shifts(now)
    else:
        rows = theirs(post)
        shift = rows[number % len(rows)]
        if act == "cancel":
            shifts.cancel(shift, reason="暴雨", **by)
        else:
            shifts.assign(shift, [person.id], **by)
