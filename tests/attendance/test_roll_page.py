"""The roll of a whole shift on one page, and the page that shows who is there."""

import re

import pytest
from sqlalchemy import event

from tests import make
from tests.attendance.conftest import attendance_of, entries_of
from tests.make import at
from volunteer.attendance.models import Attendance, ScannerDevice, ScannerHold
from volunteer.core.actor import Role
from volunteer.core.db import db, transaction
from volunteer.shifts.models import Assignment


@pytest.fixture
def roll(scene) -> str:
    return f"/shifts/{scene.shift.public_id}/roll-call"


@pytest.fixture
def live(scene) -> str:
    return f"/shifts/{scene.shift.public_id}/live"


@pytest.fixture
def leader(scene, client, set_clock):
    set_clock("2026-03-07 09:10")
    return make.login(client, scene.leader)


@pytest.fixture
def crowd(scene) -> list[str]:
    """Two hundred people on one shift, all told."""
    people = [make.person(unit=scene.unit, name=f"李{n:03d}") for n in range(199)]
    with transaction() as session:
        session.add_all(
            Assignment(
                person_id=person.id,
                shift_id=scene.shift.id,
                starts_at=scene.shift.starts_at,
                ends_at=scene.shift.ends_at,
                state="assigned",
                assigned_at=make.LONG_AGO,
            )
            for person in people
        )
    return [person.public_id for person in people]


def questions(ask) -> int:
    seen = []

    def look(connection, cursor, statement, *_):
        seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", look)
    ask()
    event.remove(db.engine, "before_cursor_execute", look)
    return len(seen)


def names(page: str) -> list[str]:
    return re.findall(r'name="person" value="[0-9a-f]{16}"[^>]*><span>([^<]+)', page)


def test_two_hundred_people_few_questions_and_a_light_page(scene, leader, client, roll, crowd):
    page = client.get(roll)

    assert len(names(page.text)) == 200
    assert questions(lambda: client.get(roll)) < 15
    assert len(page.data) < 100_000

    done = client.post(roll, data={"person": crowd, "direction": "in", "reason": "no_phone"})
    assert done.status_code == 303
    after = client.get(roll)
    assert questions(lambda: client.get(roll)) < 15
    assert len(after.data) < 100_000
    assert len(re.findall(r"checked><span>李", after.text)) == 199  # those to be taken back


def test_searching_without_a_script_keeps_who_is_ticked(scene, leader, client, roll):
    for name in ("李四", "赵六"):
        make.assignment(person=make.person(unit=scene.unit, name=name), shift=scene.shift)

    assert sorted(names(client.get(roll).text)) == sorted(["王小雨", "李四", "赵六"])
    assert names(client.get(f"{roll}?q=wxy").text) == ["王小雨"]
    assert names(client.get(f"{roll}?q=六").text) == ["赵六"]
    assert names(client.get(f"{roll}?q=没有").text) == []

    form = {"q": "ls", "person": scene.wang.public_id, "find": "1"}
    found = client.post(roll, data=form)
    assert found.status_code == 200
    assert sorted(names(found.text)) == sorted(["王小雨", "李四"])
    assert re.search(rf'value="{scene.wang.public_id}" checked', found.text)
    assert db.session.query(Attendance).count() == 0


def test_what_was_just_recorded_is_taken_back(scene, leader, client, roll, set_clock):
    li = make.person(unit=scene.unit, name="李四")
    make.assignment(person=li, shift=scene.shift)
    both = [scene.wang.public_id, li.public_id]
    client.post(roll, data={"person": both, "direction": "in", "reason": "no_phone"})

    page = client.get(roll).text
    assert f"{roll}/undo" in page
    back = client.post(f"{roll}/undo", data={"person": li.public_id, "why": "not_there"})

    assert back.status_code == 303
    assert attendance_of(li, scene.shift).state == "expected"
    assert attendance_of(scene.wang, scene.shift).state == "open"
    assert "李四" in names(client.get(roll).text)
    set_clock("2026-03-07 09:26")
    assert f"{roll}/undo" not in client.get(roll).text


@pytest.mark.parametrize("form", [{}, {"person": "x", "why": "because"}])
def test_an_incomplete_undo_comes_back(scene, leader, client, roll, form):
    client.post(
        roll, data={"person": scene.wang.public_id, "direction": "in", "reason": "no_phone"}
    )

    assert client.post(f"{roll}/undo", data=form).status_code == 400
    assert attendance_of(scene.wang, scene.shift).state == "open"


def test_a_colleague_sees_nothing_to_take_back(scene, leader, client, app, roll):
    """The control arm: the same page, another hand."""
    client.post(
        roll, data={"person": scene.wang.public_id, "direction": "in", "reason": "no_phone"}
    )
    other = app.test_client()
    make.login(other, make.person(unit=scene.unit), Role.COORDINATOR)

    assert f"{roll}/undo" not in other.get(roll).text
    other.post(f"{roll}/undo", data={"person": scene.wang.public_id, "why": "mistake"})
    assert attendance_of(scene.wang, scene.shift).state == "open"
    assert f"{roll}/undo" in client.get(roll).text


def test_ones_own_line_cannot_be_ticked(scene, leader, client, roll):
    make.assignment(person=scene.leader, shift=scene.shift)

    page = client.get(roll).text

    assert re.search(rf'value="{scene.leader.public_id}" disabled', page)
    assert not re.search(rf'value="{scene.wang.public_id}" disabled', page)


def test_an_empty_roll_says_so(scene, leader, client, roll):
    client.post(
        roll, data={"person": scene.wang.public_id, "direction": "in", "reason": "no_phone"}
    )
    client.post(
        roll, data={"person": scene.wang.public_id, "direction": "out", "reason": "no_phone"}
    )

    page = client.get(roll).text

    assert 'class="empty"' in page
    assert 'value="out"' not in page
    assert len(entries_of(scene.wang)) <= 1


@pytest.mark.parametrize(
    ("role", "status"), [(Role.COORDINATOR, 200), (Role.SYSTEM_LEAD, 403), (None, 404)]
)
def test_who_may_open_the_roll(scene, client, set_clock, roll, role, status):
    set_clock("2026-03-07 09:10")
    make.login(client, make.person(unit=scene.unit), *([role] if role else []))

    assert client.get(roll).status_code == status


@pytest.mark.parametrize(
    ("when", "renews"),
    [
        ("2026-03-07 08:44", False),
        ("2026-03-07 08:45", True),
        ("2026-03-07 12:00", True),
        ("2026-03-07 12:01", False),
    ],
)
def test_the_live_page_renews_itself_only_while_the_shift_runs(
    scene, leader, client, set_clock, live, when, renews
):
    set_clock(when)

    page = client.get(live)
    part = client.get(live, headers={"HX-Request": "true"})

    assert ('hx-trigger="every 10s"' in page.text) == renews
    assert ('hx-trigger="every 10s"' in part.text) == renews
    assert f'href="{live}"' in page.text  # without a script the button does


def test_nobody_is_absent_while_a_phone_has_not_sent_in_its_scans(
    scene, leader, client, set_clock, live
):
    """Case 65; once the phone has, the same page counts who is absent."""
    device = make.save(
        ScannerDevice(
            public_id="00ff00ff00ff00ff",
            account_id=leader.account_id,
            cookie_hash="0" * 64,
            browser_class="android",
            enrolled_at=at("2026-03-07 08:00"),
            seen_at=at("2026-03-07 08:00"),
            waiting=3,
            last_seq=0,
            gaps=0,
        )
    )
    make.save(
        ScannerHold(device_id=device.id, shift_id=scene.shift.id, held_at=at("2026-03-07 08:00"))
    )
    set_clock("2026-03-07 11:30")
    assert re.search(r"手机未上传</dt><dd><strong>1<", client.get(live).text)
    assert "<dt>未到</dt>" not in client.get(live).text

    with transaction():
        db.session.get_one(ScannerDevice, device.id).synced_at = at("2026-03-07 11:20")

    assert "手机未上传" not in client.get(live).text
    assert "<dt>未到</dt>" in client.get(live).text
