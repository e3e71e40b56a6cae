"""Where the phone is: asked only where wanted, judged on the server, never kept (R58)."""

import pytest

from tests import make
from tests.attendance.conftest import attendance_of
from tests.make import at
from volunteer.attendance.models import Attendance, Channel, Scan
from volunteer.attendance.place import Fix
from volunteer.core.db import db
from volunteer.shifts.places import from_gcj02

#: A crossing; a thousandth of a degree to the north is 111 metres.
LATITUDE, LONGITUDE = 29.4758, 119.2812
SECRET = b"keyed"


def away(metres: float, accuracy: float = 20) -> Fix:
    return Fix(LATITUDE + metres / 111_195, LONGITUDE, accuracy)


@pytest.fixture
def fenced(scene):
    """Wang's shift at a site with a fence, as the settings ask for the place."""

    def build(mode="hold", *, metres=500, wants=True, holds=False, starts="2026-03-07 14:00"):
        site = make.site(
            unit=scene.unit,
            name="广场",
            latitude=LATITUDE,
            longitude=LONGITUDE,
            fence_metres=metres,
            fence_mode=mode,
        )
        settings = make.checkin_settings(wants_location=wants, hold_without_evidence=holds)
        shift = make.shift(starts=starts, site=site, leader=scene.leader, settings=settings)
        make.assignment(person=scene.wang, shift=shift)
        scene.site, scene.shift = site, shift
        return scene

    return build


def come(scene, fix, *, when="13:55", actor=None, **more):
    asked = scene.request()._replace(fix=fix, secret=SECRET, **more)
    return scene.press_in(asked, when, actor=actor)


def kept() -> tuple[str, int | None, bool]:
    scan = db.session.query(Scan).order_by(Scan.id.desc()).first()
    return scan.position, scan.distance_band, scan.position_hash is not None


def test_inside_the_fence_is_evidence_of_class_b(fenced):
    scene = fenced()

    answer = come(scene, away(80))

    there = attendance_of(scene.wang, scene.shift)
    assert (answer["verdict"], answer["reason"]) == ("accepted", None)
    assert (there.evidence_class, there.review) == ("B", "none")
    assert kept() == ("inside", 100, True)


def test_case_67_far_away_is_held_and_refused_where_the_site_says_so(fenced, count):
    held = come(fenced(), away(1500))
    assert (held["verdict"], held["reason"]) == ("held", "outside_fence")
    assert kept() == ("outside", 2000, True)

    refused = come(fenced("refuse", starts="2026-03-07 17:00"), away(1500), when="16:55")
    assert (refused["verdict"], refused["reason"]) == ("refused", "outside_fence")
    assert count(Attendance) == 1
    inside = come(fenced("refuse", starts="2026-03-07 20:00"), away(10), when="19:55")
    assert (inside["verdict"], inside["reason"]) == ("accepted", None)


def test_a_fence_that_is_off_asks_nothing_and_keeps_nothing(fenced):
    scene = fenced("off")

    assert come(scene, away(1500))["verdict"] == "accepted"
    assert kept() == ("none", None, False)


def test_where_the_settings_do_not_ask_nothing_is_kept(fenced):
    scene = fenced(wants=False)

    assert come(scene, away(1500))["verdict"] == "accepted"
    assert kept() == ("none", None, False)


def test_case_68_who_says_no_is_checked_in_and_held(fenced):
    scene = fenced("refuse")

    answer = come(scene, None)

    there = attendance_of(scene.wang, scene.shift)
    assert (answer["verdict"], answer["reason"]) == ("held", "location_missing")
    assert (there.state, there.review, there.evidence_class) == ("open", "pending", "C")


@pytest.mark.parametrize(
    "place", [("0", "0", "20"), ("29.4758", "119.2812", ""), ("29.4758", "119.2812", "0")]
)
def test_case_69_nothing_to_hold_on_to_is_a_missing_place(fenced, client, set_clock, place):
    scene = fenced()
    set_clock("2026-03-07 13:55")
    make.login(client, scene.wang)
    sent = dict(zip(("latitude", "longitude", "accuracy"), place, strict=True))

    answer = client.post(
        scene.url("check-in"), data={"key": "k1", **sent}, headers={"Accept": "application/json"}
    )

    assert (answer.json["verdict"], answer.json["reason"]) == ("held", "location_missing")


def test_over_http_a_good_place_is_inside(fenced, client, set_clock):
    """The control arm of case 69: the same door with a whole reading."""
    scene = fenced()
    set_clock("2026-03-07 13:55")
    make.login(client, scene.wang)
    sent = {"latitude": str(LATITUDE), "longitude": str(LONGITUDE), "accuracy": "12.5"}

    answer = client.post(
        scene.url("check-in"), data={"key": "k1", **sent}, headers={"Accept": "application/json"}
    )

    assert (answer.json["verdict"], kept()) == ("accepted", ("inside", 50, True))


def test_an_imprecise_place_is_held_not_called_outside(fenced):
    scene = fenced()

    assert come(scene, away(1500, accuracy=1200))["reason"] == "location_imprecise"
    assert kept() == ("none", 2000, True)


#: Points of the open test set of the conversion: WGS-84, and the same in GCJ-02.
PAIRS = [
    ((31.1774276, 121.5272106), (31.17530398364597, 121.531541859215)),
    ((22.543847, 113.912316), (22.540796131694766, 113.9171764808363)),
    ((39.911954, 116.377817), (39.91334545536069, 116.38404722455657)),
]


@pytest.mark.parametrize(("true", "on_map"), PAIRS)
def test_case_70_a_point_from_a_chinese_map_is_converted(fenced, true, on_map):
    scene = fenced(metres=150)
    latitude, longitude = from_gcj02(*on_map)
    with_map = {"latitude": on_map[0], "longitude": on_map[1]}
    converted = {"latitude": latitude, "longitude": longitude}

    verdicts = {}
    for name, point in (("as on the map", with_map), ("converted", converted)):
        site = make.site(unit=scene.unit, fence_metres=150, fence_mode="hold", **point)
        shift = make.shift(site=site, settings=scene.shift.settings)
        person = make.person(unit=scene.unit)
        make.assignment(person=person, shift=shift)
        asked = scene.request(site=site)._replace(fix=Fix(*true, 10), secret=SECRET)
        answer = scene.press_in(asked, "09:00", actor=make.actor_of(person))
        verdicts[name] = answer["reason"]

    assert abs(latitude - true[0]) < 1e-6 > abs(longitude - true[1])
    assert verdicts == {"as on the map": "outside_fence", "converted": None}


def test_leaving_from_home_waits_for_the_leader(fenced):
    scene = fenced()
    come(scene, away(10))
    asked = scene.request()._replace(fix=away(3000), secret=SECRET)

    answer = scene.press_out(asked, "16:00")

    there = attendance_of(scene.wang, scene.shift)
    assert (answer["verdict"], answer["reason"], answer["minutes"]) == (
        "held",
        "outside_fence",
        120,
    )
    assert (there.state, there.review, there.revision) == ("closed", "pending", 0)


def test_class_c_waits_unless_the_setting_lets_it_pass(fenced):
    """A poster with a place inside the fence is no class C, and passes the strict setting."""
    strict = fenced(holds=True)
    assert come(strict, away(10))["verdict"] == "accepted"

    nowhere = fenced("off", holds=True, starts="2026-03-07 18:00")
    answer = come(nowhere, None, when="17:55")
    assert (answer["verdict"], answer["reason"]) == ("held", "overlap_active")
    assert answer["flags"] == ["location_missing"]

    changing = come(
        fenced("off", holds=True, starts="2026-03-07 20:00"),
        None,
        when="19:55",
        channel=Channel.SITE_ROTATING,
    )
    assert "location_missing" not in [changing["reason"], *changing["flags"]]


def test_the_marks_of_two_shifts_do_not_tell_that_it_was_the_same_place(fenced):
    come(fenced(), away(10))
    come(fenced(starts="2026-03-07 18:00"), away(10), when="17:55")

    marks = [mark for (mark,) in db.session.query(Scan.position_hash)]
    assert len(set(marks)) == 2
    assert None not in marks


def test_the_very_same_position_of_four_people_is_a_warning(fenced):
    scene = fenced()
    answers = []
    for _ in range(4):
        person = make.person(unit=scene.unit)
        make.assignment(person=person, shift=scene.shift)
        answers.append(come(scene, away(10), actor=make.actor_of(person)))

    assert [answer["flags"] for answer in answers] == [[], [], [], ["burst"]]
    assert {answer["verdict"] for answer in answers} == {"accepted"}


class TestPage:
    def test_asks_only_where_it_is_wanted(self, fenced, scene, client, set_clock, app):
        set_clock("2026-03-07 08:50")
        make.login(client, scene.wang)
        plain = client.get(scene.url())
        with_place = fenced()
        set_clock("2026-03-07 13:55")
        asking = client.get(with_place.url())

        assert "<script" not in plain.text
        assert "data-place" not in plain.text
        assert "place.js" in asking.text
        assert "data-place" in asking.text
        assert len(asking.data) < 12 * 1024

    def test_works_without_the_script(self, fenced, client, set_clock):
        scene = fenced()
        set_clock("2026-03-07 13:55")
        make.login(client, scene.wang)

        page = client.post(scene.url("check-in"), data={"key": "k1"})

        assert page.status_code == 200
        assert "未获得位置" in page.text


def test_at_keeps_nothing_in_the_log_or_the_answer(fenced, client, set_clock, caplog):
    scene = fenced()
    set_clock("2026-03-07 13:55")
    make.login(client, scene.wang)
    sent = {"latitude": "29.476543", "longitude": "119.281234", "accuracy": "20"}

    client.post(scene.url("check-in"), data={"key": "k1", **sent})

    scan = db.session.query(Scan).filter_by(key="k1").one()
    everything = f"{vars(scan)} {caplog.text}"
    assert "29.4765" not in everything
    assert "119.2812" not in everything
    assert scan.received_at == at("2026-03-07 13:55")
