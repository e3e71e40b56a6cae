"""Check-in settings of an activity, of a post and of one shift: the lowest level decides."""

from datetime import date, time

import pytest
from sqlalchemy import select

from tests import make
from tests.counting import weigh
from tests.make import at
from volunteer.activities import service as activities
from volunteer.core.actor import SYSTEM, Role
from volunteer.core.db import db, transaction
from volunteer.core.errors import NotAllowed, NotFound
from volunteer.core.models import Journal
from volunteer.posts import service as posts
from volunteer.posts.rules import EVERY_DAY, Window
from volunteer.shifts import calling_off, checkin, editing, taking_back
from volunteer.shifts import service as shifts
from volunteer.shifts.checkin import FIELDS, Series
from volunteer.shifts.errors import AlreadyBegun, Begun, ShiftCancelled
from volunteer.shifts.models import Shift, ShiftKind

#: Monday noon.
NOW = at("2026-03-02 12:00")


def wishes(**given):
    return {**dict.fromkeys(FIELDS), **given}


@pytest.fixture
def unit(app):
    return make.unit(name="第一社区")


@pytest.fixture
def keeper(unit):
    return make.grant_of(Role.UNIT_ADMIN, unit)


@pytest.fixture
def coordinator(unit):
    return make.grant_of(Role.COORDINATOR, unit)


@pytest.fixture
def activity(unit, coordinator):
    """An activity on Fridays, four of which are open."""
    made = activities.create(
        unit=unit,
        site=make.site(unit=unit),
        title="清扫",
        rrule="FREQ=WEEKLY;BYDAY=FR",
        starts=time(15),
        minutes=60,
        first_on=date(2026, 3, 1),
        wanted=2,
        actor=coordinator,
        now=NOW,
    ).activity
    return Series(ShiftKind.ACTIVITY, made, made.public_id, made.title)


@pytest.fixture
def post(unit, coordinator):
    """A post that is manned every morning."""
    made = posts.create(
        code="XAL-01",
        name="府前路口",
        unit=unit,
        site=make.site(unit=unit),
        windows=[Window(time(7, 30), time(9), EVERY_DAY)],
        wanted=4,
        first_on=date(2026, 3, 1),
        actor=coordinator,
        now=NOW,
    ).post
    return Series(ShiftKind.POST, made, made.code, made.name)


@pytest.fixture
def wish(coordinator):
    def verb(series, *, actor=coordinator, now=NOW, **given):
        return checkin.wish_of_series(series, wishes(**given), actor=actor, now=now)

    return verb


def opened(series):
    db.session.expire_all()
    mine = Shift.source.startswith(f"{series.kind}:{series.row.id}:")
    return db.session.scalars(select(Shift).where(mine).order_by(Shift.starts_at)).all()


def stays(series):
    return [each.settings.min_stay_minutes for each in opened(series)]


def test_four_levels_and_the_lowest_decides(unit, keeper, coordinator, activity, wish):
    city = make.standard_settings()
    checkin.wish(unit, wishes(min_stay_minutes=30, opens_before_minutes=60), actor=keeper, now=NOW)

    assert wish(activity, min_stay_minutes=7, closes_after_minutes=90) == 4
    second = opened(activity)[1]
    assert editing.wish(second, wishes(min_stay_minutes=1), actor=coordinator, now=NOW)

    first, second, *_ = opened(activity)
    values = [
        (each.min_stay_minutes, each.opens_before_minutes, each.closes_after_minutes)
        for each in (first.settings, second.settings)
    ]
    assert values == [(7, 60, 90), (1, 60, 90)]
    assert second.settings.qr_mode == city.qr_mode
    told = {each.name: each for each in checkin.at_shift(second)}
    kinds = {name: each.decided_by and each.decided_by.kind for name, each in told.items()}
    assert kinds == {
        **dict.fromkeys(FIELDS),
        "min_stay_minutes": "shift",
        "opens_before_minutes": "unit",
        "closes_after_minutes": "activity",
    }
    assert (told["min_stay_minutes"].above, told["min_stay_minutes"].own) == (7, 1)


def test_each_level_can_be_left_to_the_one_above_again(unit, coordinator, activity, wish):
    wish(activity, min_stay_minutes=7)
    shift = opened(activity)[0]
    editing.wish(shift, wishes(min_stay_minutes=1), actor=coordinator, now=NOW)

    assert wish(activity) == 3
    assert not wish(activity)
    standard = make.standard_settings().min_stay_minutes
    assert stays(activity) == [1, *[standard] * 3]
    back = [editing.wish(shift, wishes(), actor=coordinator, now=NOW) for _ in range(2)]
    assert back == [True, False]
    assert stays(activity) == [standard] * 4


def test_a_posts_wish_holds_for_shifts_of_all_units_and_for_those_opened_later(post, wish):
    before = len(opened(post))
    other = make.unit()
    with transaction():
        opened(post)[3].unit_id = other.id

    assert wish(post, min_stay_minutes=20) == before
    posts.open_until(unit=None, until=date(2026, 4, 10), actor=SYSTEM, now=NOW)

    assert set(stays(post)) == {20}
    assert len(opened(post)) > before
    assert {each.wishes_id for each in opened(post)} == {None}
    assert wish(post) == len(opened(post))


def test_what_has_begun_or_is_about_to_stays(activity, coordinator, wish):
    friday = at("2026-03-06 12:00")
    first = opened(activity)[0]

    assert wish(activity, min_stay_minutes=7, now=friday) == 3
    assert stays(activity)[0] == make.standard_settings().min_stay_minutes
    late = at("2026-03-06 15:00")
    with pytest.raises(Begun):
        editing.wish(first, wishes(min_stay_minutes=1), actor=coordinator, now=late)


def test_a_shift_with_attendance_or_cancelled_stays(unit, activity, coordinator):
    first, second, *_ = opened(activity)
    make.attendance(person=make.person(unit=unit), shift=first, state="open")
    shifts.cancel(second, reason="暴雨", actor=coordinator, now=NOW)

    with pytest.raises(AlreadyBegun):
        editing.wish(
            first, wishes(min_stay_minutes=1), actor=coordinator, now=at("2026-03-06 14:50")
        )
    with pytest.raises(ShiftCancelled):
        editing.wish(second, wishes(min_stay_minutes=1), actor=coordinator, now=NOW)
    assert {each.wishes_id for each in opened(activity)} == {None}


def test_a_shift_that_was_called_off_comes_back_as_check_in_is_by_then(
    unit, activity, coordinator, wish
):
    day, facts = date(2026, 3, 13), {"actor": coordinator, "now": NOW}
    done = calling_off.call_off(unit, day, reason="暴雨", **facts)
    before = done.going[0].settings_id

    wish(activity, min_stay_minutes=5)
    taking_back.take_back(done.record, **facts)

    shift = db.session.get_one(Shift, done.going[0].id, populate_existing=True)
    assert (shift.state, shift.settings.min_stay_minutes) == ("planned", 5)
    assert shift.settings_id != before


def test_who_schedules_there_and_nobody_else(unit, activity, post, wish):
    lead = make.grant_of(Role.SYSTEM_LEAD, unit)
    stranger = make.grant_of(Role.COORDINATOR, make.unit())
    shift = opened(activity)[0]

    for series in (activity, post):
        with pytest.raises(NotAllowed):
            wish(series, actor=lead, min_stay_minutes=1)
        with pytest.raises(NotFound):
            wish(series, actor=stranger, min_stay_minutes=1)
    with pytest.raises(NotAllowed):
        editing.wish(shift, wishes(min_stay_minutes=1), actor=lead, now=NOW)
    with pytest.raises(NotFound):
        editing.wish(shift, wishes(min_stay_minutes=1), actor=stranger, now=NOW)
    assert db.session.scalars(select(Journal).filter_by(action="shifts.wish_checkin")).all() == []


@pytest.fixture
def desk(client, unit, set_clock):
    set_clock(NOW)
    make.login(client, make.person(unit=unit), Role.COORDINATOR)
    return client


def test_the_pages_say_who_decides_and_let_one_differ(desk, activity, post):
    shift = opened(activity)[0].public_id
    paths = [
        f"/activities/{activity.ref}/check-in",
        f"/posts/{post.ref}/check-in",
        f"/shifts/{shift}/check-in",
    ]
    minutes = dict(zip(paths, ("12", "13", "14"), strict=True))

    for path, wanted in minutes.items():
        page = path.removesuffix("/check-in")
        assert path in desk.get(page).text
        assert "全市统一" in desk.get(path).text
        answer = desk.post(path, data={"min_stay_minutes": wanted, "require_out": "no"})
        assert (answer.status_code, answer.location) == (303, path)
        assert f'value="{wanted}"' in desk.get(path).text
        wrong = desk.post(path, data={"min_stay_minutes": "999"})
        assert (wrong.status_code, 'id="min_stay_minutes-error"' in wrong.text) == (400, True)
        weigh(desk, path)

    assert "此处设置；上级为：12 分钟" in desk.get(paths[2]).text
    assert stays(activity) == [14, 12, 12, 12]
    assert set(stays(post)) == {13}


def test_the_page_of_a_shift_that_has_begun_only_tells(desk, activity, set_clock):
    shift = opened(activity)[0].public_id
    path = f"/shifts/{shift}/check-in"
    set_clock(at("2026-03-06 15:10"))

    page = desk.get(path).text
    refused = desk.post(path, data={"min_stay_minutes": "3"})

    assert 'id="min_stay_minutes"' not in page
    assert "场次开始后不能再改" in page
    assert refused.status_code == 409
    assert "已经开始" in refused.text


def test_the_pages_of_others_do_not_exist(client, activity, post, set_clock):
    set_clock(NOW)
    shift = opened(activity)[0].public_id
    make.login(client, make.person(), Role.UNIT_ADMIN)

    for page in (f"activities/{activity.ref}", f"posts/{post.ref}", f"shifts/{shift}"):
        path = f"/{page}/check-in"
        assert client.get(path).status_code == 404
        assert client.post(path, data={"min_stay_minutes": "3"}).status_code == 404
