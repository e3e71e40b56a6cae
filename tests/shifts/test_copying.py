"""A week or a month of single shifts comes again in another one, once."""

from datetime import date

import pytest
from sqlalchemy import select

from tests import make
from tests.counting import weigh
from tests.make import at
from volunteer.core.actor import Role
from volunteer.core.clock import local
from volunteer.core.db import db
from volunteer.core.errors import NotAllowed, NotFound
from volunteer.core.models import Journal
from volunteer.shifts import copying
from volunteer.shifts import service as shifts
from volunteer.shifts.copying import Verdict
from volunteer.shifts.errors import CopiedOntoItself, CopiedTooFar
from volunteer.shifts.models import Assignment, CheckinWishes, Shift
from volunteer.shifts.rules import Span

#: Wednesday noon.
NOW = at("2026-03-04 12:00")
KEPT = (
    *("kind", "unit_id", "site_id", "leader_id", "title", "content", "wanted", "capacity"),
    *("nature", "sign_up", "needs", "grants", "wishes_id"),
)
THIS_WEEK, NEXT_WEEK = date(2026, 3, 4), date(2026, 3, 10)


@pytest.fixture
def copy(unit, coordinator):
    def verb(span=Span.WEEK, copied=THIS_WEEK, into=NEXT_WEEK, **given):
        return copying.copy(unit, span, copied, into, **{"actor": coordinator, "now": NOW, **given})

    return verb


@pytest.fixture
def look(unit):
    def preview(span=Span.WEEK, copied=THIS_WEEK, into=NEXT_WEEK, now=NOW):
        found = copying.preview(unit, span, copied, into, now=now)
        return [line.verdict for line in found.lines], found.opened_otherwise

    return preview


def copies():
    found = select(Shift).where(Shift.source.startswith("copy:")).order_by(Shift.starts_at)
    return db.session.scalars(found).all()


def begins():
    return [f"{local(each.starts_at):%m-%d %H:%M}" for each in copies()]


def test_a_week_comes_again_with_all_but_its_people(unit, shift, copy):
    wishes = make.save(CheckinWishes(min_stay_minutes=33, created_at=NOW))
    leader = make.person(unit=unit)
    full = make.shift(
        starts="2026-03-03 22:30",
        minutes=180,
        unit=make.unit(parent=unit),
        leader=leader,
        title="夜巡",
        wanted=3,
        capacity=5,
        nature="duty",
        sign_up="open",
        needs="first_aid",
        grants="post_training",
        wishes_id=wishes.id,
    )
    make.assignment(shift=full)
    make.shift(starts="2026-03-05 09:00")

    assert [copy(), copy()] == [2, 0]

    assert begins() == ["03-10 22:30", "03-14 09:00"]
    for old, new in zip((full, shift), copies(), strict=True):
        assert [getattr(new, name) for name in KEPT] == [getattr(old, name) for name in KEPT]
        assert new.ends_at - new.starts_at == old.ends_at - old.starts_at
    assert copies()[0].settings.min_stay_minutes == 33
    assert len(db.session.scalars(select(Assignment)).all()) == 1
    line = db.session.scalars(select(Journal).filter_by(action="shifts.copy")).one()
    assert line.body["opened"] == 2


def test_a_month_comes_again_by_its_weekdays(unit, site, copy, look):
    for day in (2, 14, 30):  # the first Monday, the second Saturday, the fifth Monday
        make.shift(starts=f"2026-03-{day:02d} 09:00", unit=unit, site=site)

    verdicts, _ = look(Span.MONTH, into=date(2026, 4, 20))
    assert verdicts == [Verdict.NEW, Verdict.NEW, Verdict.NO_DAY]
    assert copy(Span.MONTH, into=date(2026, 4, 20)) == 2
    assert begins() == ["04-06 09:00", "04-11 09:00"]


def test_a_copy_that_was_cancelled_is_not_opened_again(shift, coordinator, copy, look):
    copy()
    shifts.cancel(copies()[0], reason="暴雨", actor=coordinator, now=NOW)

    assert look() == ([Verdict.CANCELLED], 0)
    assert copy() == 0
    assert [each.state for each in copies()] == ["cancelled"]


def test_what_cannot_come_again_has_its_reason(unit, site, look, copy):
    closed = make.site(unit=unit, closed_at=NOW)
    make.shift(starts="2026-03-08 15:00", unit=unit, site=closed)
    make.shift(starts="2026-03-05 15:00", unit=unit, site=site, kind="post", source="post:1:x")
    gone = {"state": "cancelled", "cancel_reason": "暴雨"}
    make.shift(starts="2026-03-06 15:00", unit=unit, site=site, **gone)
    make.shift(starts="2026-03-02 15:00", unit=unit, site=site)

    assert look() == ([Verdict.NEW, Verdict.CLOSED], 1)
    late = at("2026-03-09 16:00")
    assert look(now=late) == ([Verdict.PAST, Verdict.CLOSED], 1)
    assert copy(now=late) == 0


def test_a_copy_of_a_copy_does_not_come_twice(shift, copy, look):
    third = date(2026, 3, 17)
    copy()
    copy(into=third)

    assert look(copied=NEXT_WEEK, into=third) == ([Verdict.THERE], 0)
    assert copy(copied=NEXT_WEEK, into=third) == 0
    assert begins() == ["03-14 09:00", "03-21 09:00"]


def test_only_who_schedules_there_and_only_elsewhere(unit, shift, stranger, copy):
    with pytest.raises(NotFound):
        copy(actor=stranger)
    with pytest.raises(NotAllowed):
        copy(actor=make.grant_of(Role.SYSTEM_LEAD, unit))
    with pytest.raises(CopiedOntoItself):
        copy(into=date(2026, 3, 8))
    with pytest.raises(CopiedTooFar):
        copy(into=date(2027, 6, 1))
    assert copies() == []


def test_the_page_looks_first_and_then_does_it(client, unit, shift, set_clock):
    set_clock(NOW)
    make.login(client, make.person(unit=unit), Role.COORDINATOR)
    wanted = {"unit": unit.code, "span": "week", "copied": "2026-03-04", "into": "2026-03-10"}

    form = client.get("/shifts/copy").text
    looked = client.post("/shifts/copy", data=wanted).text
    before = len(copies())
    done = client.post("/shifts/copy", data={**wanted, "step": "apply"})

    assert 'value="2026-03-09"' in form
    assert 'value="apply"' not in form
    assert "开设 1 场" in looked
    assert before == 0
    assert done.location == f"/shifts?week=2026-W11&unit={unit.code}"
    assert begins() == ["03-14 09:00"]
    assert "没有可以开设的场次" in client.post("/shifts/copy", data=wanted).text
    itself = client.post("/shifts/copy", data={**wanted, "into": "2026-03-08"})
    assert (itself.status_code, 'id="into-error"' in itself.text) == (400, True)
    foreign = client.post("/shifts/copy", data={**wanted, "unit": make.unit().code})
    assert foreign.status_code == 400
    weigh(client, "/shifts/copy")
    assert "/shifts/copy" in client.get("/shifts").text
