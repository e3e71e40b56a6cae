"""The pages on which a series is changed: ask how far, look first, then do it."""

import pytest
from sqlalchemy import select

from tests import make
from tests.activities.conftest import NOW
from tests.activities.test_pages import filled
from tests.counting import weigh
from volunteer.activities.models import Activity
from volunteer.core.actor import Role
from volunteer.core.db import db
from volunteer.shifts.models import Shift


@pytest.fixture
def desk(client, unit, set_clock):
    """A browser in which the unit's coordinator is logged in."""
    set_clock(NOW)
    make.login(client, make.person(unit=unit), Role.COORDINATOR)
    return client


def rows():
    return db.session.scalars(select(Shift).order_by(Shift.starts_at)).all()


def test_a_shift_of_a_series_is_asked_how_far(desk, plan, unit):
    activity = plan().activity
    third = rows()[2]
    single = make.shift(unit=unit)

    page = desk.get(f"/shifts/{third.public_id}/change").text

    assert f'href="/shifts/{third.public_id}/edit"' in page
    assert f'href="/activities/{activity.public_id}/edit?since=2026-03-20"' in page
    assert f'href="/activities/{activity.public_id}/edit"' in page
    assert f'href="/shifts/{third.public_id}/change"' in desk.get(f"/shifts/{third.public_id}").text
    assert (
        "/activities/"
        not in desk.get(f"/shifts/{single.public_id}/change")
        .text.partition("<main")[2]
        .partition("</main")[0]
    )


def test_one_looks_first_and_then_changes(desk, plan, unit, site):
    activity = plan(leader_id=make.person(unit=unit, name="王芳").id).activity
    path = f"/activities/{activity.public_id}/edit"
    make.assignment(shift=rows()[1], person=make.person(unit=unit))
    wanted = filled(unit, site, starts="09:00", weekdays=["3"])

    form = desk.get(path).text
    looked = desk.post(path, data={**wanted, "step": "preview"})
    untouched = {f"{each.starts_at:%H:%M}" for each in rows()}
    done = desk.post(path, data={**wanted, "step": "apply"})

    assert 'value="15:00"' in form
    assert 'value="王芳"' in form
    assert f'<option selected value="{site.code}">' in form
    assert looked.status_code == 200
    assert "将有哪些变化" in looked.text
    assert 'value="apply"' in looked.text
    assert 'value="apply"' not in form
    assert untouched == {"07:00"}
    assert done.location == f"/activities/{activity.public_id}"
    assert [f"{each.starts_at:%d %H:%M}" for each in rows()] == [
        "05 01:00",
        "12 01:00",
        "19 01:00",
        "26 01:00",
    ]


def test_from_a_day_on(desk, plan, unit, site):
    activity = plan().activity
    path = f"/activities/{activity.public_id}/edit?since=2026-03-20"

    wanted = filled(unit, site, starts="09:00")
    shown = desk.post(path, data=wanted).text
    done = desk.post(path, data={**wanted, "step": "apply"})

    assert "从3月20日" in shown
    new = db.session.scalars(select(Activity).order_by(Activity.id.desc())).first()
    assert done.location == f"/activities/{new.public_id}"
    assert [f"{each.starts_at:%H:%M}" for each in rows()] == ["07:00", "07:00", "01:00", "01:00"]
    assert desk.post(path, data={**wanted, "step": "apply"}).status_code == 409
    assert desk.get(path.replace("2026-03-20", "soon")).status_code == 404


def test_what_cannot_be_stands_beside_its_field(desk, plan, unit, site):
    activity = plan().activity
    person = make.person(unit=unit, name="王芳")
    make.assignment(shift=rows()[1], person=person)
    make.assignment(shift=make.shift(starts="2026-03-13 09:00", unit=unit), person=person)
    path = f"/activities/{activity.public_id}/edit"

    clash = desk.post(path, data=filled(unit, site, starts="09:30"))
    without = desk.post(path, data=filled(unit, site, weekdays=[]))

    assert clash.status_code == 409
    assert 'id="starts-error"' in clash.text
    assert "王芳" in clash.text
    assert 'id="weekdays-error"' in without.text


def test_pages_ask_little_however_many_shifts_there_are(desk, plan):
    short, long = plan().activity, plan(rrule="FREQ=DAILY").activity
    paths = [f"/activities/{each.public_id}/edit" for each in (short, long)]

    assert weigh(desk, paths[0]) == weigh(desk, paths[1])
    weigh(desk, f"/shifts/{rows()[0].public_id}/change")
