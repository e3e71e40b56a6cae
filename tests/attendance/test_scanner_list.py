"""The list that a scanner takes along, its device, and who still owes a sync."""

import hashlib
import json
import re
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests import make
from tests.attendance.phones import Phone
from tests.counting import queries
from tests.make import at
from volunteer.attendance import enrolment, scanner_list
from volunteer.attendance.devices import cookie_hash
from volunteer.attendance.models import Scan, ScannerDevice, ScannerHold
from volunteer.core.actor import Role
from volunteer.core.db import db
from volunteer.people.rules import short_code

EIGHT = at("2026-03-07 08:00")
LIST, SCANS = "/api/v1/scanner/roster", "/api/v1/scans"


@pytest.fixture
def phone(app, scene, set_clock) -> Phone:
    """The leader's phone."""
    return Phone(app, set_clock, scene.leader)


def listed(answer) -> list[str]:
    return [shift["shift"] for shift in answer["shifts"]]


def test_the_list_names_people_under_a_hash_of_their_code(scene, phone):
    answer = phone.fetch(EIGHT)

    [shift] = answer["shifts"]
    assert (shift["shift"], shift["title"], shift["site"]) == (
        scene.shift.public_id,
        "路口劝导",
        "新安路口",
    )
    windows = [
        datetime.fromisoformat(shift[name]) for name in ("opens_at", "in_until", "out_until")
    ]
    assert windows == [at(f"2026-03-07 {hour}") for hour in ("08:45", "10:45", "12:00")]
    digest = hashlib.sha256(bytes.fromhex(scene.wang.public_id)).hexdigest()
    short = short_code(scene.wang.public_id).replace("-", "")
    assert shift["people"] == [
        {
            "token": digest[:16],
            "code": hashlib.sha256(short.encode()).hexdigest()[:16],
            "name": "王小雨",
            "unit": "第一社区",
            "assignment": "assigned",
            "state": None,
        }
    ]
    assert (answer["complete"], answer["next"]) == (True, None)
    assert scene.wang.public_id not in json.dumps(answer)
    assert scene.wang.phone not in json.dumps(answer)


def test_the_answer_names_its_moment_and_signs_it(app, scene, phone):
    answer = phone.fetch(EIGHT)

    account = make.account_of(scene.leader).id
    ms = scanner_list.synced_at(answer["sync_id"], account, app.config["SECRET_KEY"])
    assert ms == EIGHT.timestamp() * 1000
    assert datetime.fromisoformat(answer["server_now"]) == EIGHT


def test_only_the_own_shifts_of_seven_days(app, scene, set_clock):
    far = make.shift(starts="2026-03-15 09:00", site=scene.site)
    past = make.shift(starts="2026-03-06 09:00", site=scene.site)
    off = make.shift(
        starts="2026-03-08 09:00", site=scene.site, state="cancelled", cancel_reason="下雨"
    )
    soon = make.shift(starts="2026-03-13 09:00", site=scene.site)
    foreign = make.shift(starts="2026-03-08 09:00")
    coordinator = make.person(unit=scene.unit)
    make.grant(person=coordinator, role=Role.COORDINATOR, unit=scene.unit)

    seen = listed(Phone(app, set_clock, coordinator).fetch(EIGHT))
    led = listed(Phone(app, set_clock, scene.leader).fetch(EIGHT))
    nobodys = listed(Phone(app, set_clock, scene.wang).fetch(EIGHT))

    assert seen == [scene.shift.public_id, soon.public_id]
    assert led == [scene.shift.public_id]
    assert nobodys == []
    assert not {far.public_id, past.public_id, off.public_id, foreign.public_id} & set(seen)


def test_case_64_a_list_in_parts_ends_with_the_last_one(scene, phone):
    """Parts carry on where the last one ended, whoever asks for them again."""
    others = [
        make.shift(starts="2026-03-08 09:00", site=make.site(unit=scene.unit), leader=scene.leader)
        for _ in range(4)
    ]
    phone.set_clock(EIGHT)
    parts, address = [], f"{LIST}?limit=2"
    while address:
        phone.browser.get(address)  # the first try is broken off
        parts.append(phone.browser.get(address).get_json())
        address = parts[-1]["next"]

    assert [part["complete"] for part in parts] == [False, False, True]
    found = [name for part in parts for name in listed(part)]
    assert found == [scene.shift.public_id, *(each.public_id for each in others)]


def test_a_part_after_a_foreign_shift_is_not_found(phone):
    phone.set_clock(EIGHT)

    assert phone.browser.get(f"{LIST}?after={make.shift().public_id}").status_code == 404
    assert phone.browser.get(f"{LIST}?after=nonsense").status_code == 404


def test_the_list_takes_few_questions_however_long(app, scene, phone):
    def questions() -> int:
        with queries() as asked:
            scanner_list.part(actor, after=None, now=EIGHT)
        return len(asked)

    actor = make.actor_of(scene.leader)
    few = questions()
    for _ in range(10):
        more = make.shift(starts="2026-03-08 09:00", site=scene.site, leader=scene.leader)
        make.assignment(shift=more)
    assert questions() == few <= 3


def test_a_device_is_taken_in_once(scene, phone, count):
    phone.fetch(EIGHT)
    again = phone.fetch(EIGHT)

    assert count(ScannerDevice) == 1
    assert again["device"] == db.session.query(ScannerDevice).one().public_id
    cookie = phone.browser.get_cookie("scanner")
    assert cookie.http_only
    assert db.session.query(ScannerDevice).one().cookie_hash == cookie_hash(cookie.value)


def revoke(device: ScannerDevice, actor) -> None:
    enrolment.use(device.public_id, allowed=False, actor=actor, now=EIGHT)


def test_a_device_out_of_use_gets_nothing_until_it_is_allowed_again(scene, phone, count):
    keeper = make.grant_of(Role.UNIT_ADMIN, scene.unit)
    phone.fetch(EIGHT)
    phone.scan(scene.wang, at("2026-03-07 08:55"), scene.shift)
    device = db.session.query(ScannerDevice).one()
    revoke(device, keeper)

    refusals = [
        phone.browser.get(LIST),
        phone.post(at("2026-03-07 12:00"), phone.queue),
        phone.browser.post("/api/v1/scanner/device", json={}),
    ]
    for refused in refusals:
        assert (refused.status_code, refused.get_json()["error"]["code"]) == (403, "device_revoked")
        assert "联系本单位管理员" in refused.get_json()["error"]["message"]
    assert count(Scan) == 0

    enrolment.use(device.public_id, allowed=True, actor=keeper, now=EIGHT)
    [answer] = phone.send(at("2026-03-07 12:05"))
    assert answer["verdict"] == "accepted"


def test_the_owner_takes_a_lost_phone_out_but_nobody_gives_it_back_to_himself(
    app, scene, phone, client
):
    phone.fetch(EIGHT)
    device = db.session.query(ScannerDevice).one()
    make.login(client, scene.leader)

    page = client.get("/scanner/devices")
    assert "停用" in page.text
    assert client.post(f"/scanner/devices/{device.public_id}/revoke").status_code == 303
    assert client.post(f"/scanner/devices/{device.public_id}/allow").status_code == 403
    assert "联系管理员" in client.get("/scanner/devices").text

    stranger = app.test_client()
    make.login(stranger, scene.wang)
    assert stranger.post(f"/scanner/devices/{device.public_id}/revoke").status_code == 404
    assert "还没有扫码手机" in stranger.get("/scanner/devices").text


def test_an_administrator_sees_the_phones_of_the_unit_and_what_is_missing(scene, phone, client):
    phone.fetch(EIGHT)
    phone.scan(scene.wang, at("2026-03-07 08:55"), scene.shift)
    phone.queue.pop()
    phone.scan(scene.wang, at("2026-03-07 08:56"), scene.shift)
    phone.send(at("2026-03-07 09:00"), left=2)
    make.login(client, make.person(unit=scene.unit), Role.UNIT_ADMIN)

    page = client.get("/scanner/devices").text

    assert "周启明" in page
    assert "记录有缺失：1 处" in page
    assert re.search(r'data-label="未上传">\s*2\s*<', page)


def test_case_65_nobody_is_absent_until_the_phone_has_sent_everything(scene, phone):
    phone.fetch(EIGHT)
    phone.send(EIGHT, holds=[scene.shift.public_id, "unknown"])
    after = at("2026-03-07 11:30")
    wanted = [scene.shift.id]
    assert enrolment.not_synced(wanted, after) == {scene.shift.id: 1}

    phone.post(at("2026-03-07 11:10"), [], left=3)
    assert enrolment.not_synced(wanted, after) == {scene.shift.id: 1}

    phone.post(at("2026-03-07 11:20"), [], left=0)
    assert enrolment.not_synced(wanted, after) == {}


def test_case_65_a_sync_before_the_end_is_none(scene, phone):
    """The control arm: the same empty queue, a minute before the shift was over."""
    phone.fetch(EIGHT)
    phone.send(EIGHT, holds=[scene.shift.public_id])
    phone.post(at("2026-03-07 10:59"), [], left=0)

    assert enrolment.not_synced([scene.shift.id], at("2026-03-07 11:30")) == {scene.shift.id: 1}


def test_who_cannot_send_any_more_owes_nothing(scene, phone, count):
    phone.fetch(EIGHT)
    phone.send(EIGHT, holds=[scene.shift.public_id])
    phone.send(EIGHT, holds=[scene.shift.public_id])
    assert count(ScannerHold) == 1
    late = scene.shift.ends_at + timedelta(hours=73)
    assert enrolment.not_synced([scene.shift.id], late) == {}

    revoke(db.session.query(ScannerDevice).one(), make.actor_of(scene.leader))
    assert enrolment.not_synced([scene.shift.id], at("2026-03-07 11:30")) == {}


@pytest.mark.parametrize("engine", ["sqlite"])
class TestPage:
    """On one engine: nothing here asks the database."""

    def test_only_the_scanner_may_run_webassembly(self, client, scene):
        make.login(client, scene.leader)

        assert "'wasm-unsafe-eval'" in client.get("/scanner").headers["Content-Security-Policy"]
        other = client.get("/scanner/devices").headers["Content-Security-Policy"]
        assert "wasm" not in other

    def test_the_kept_page_names_nobody(self, client, scene):
        make.login(client, scene.leader)

        assert "周启明" not in client.get("/scanner").text

    def test_the_worker_keeps_every_module_and_only_files_that_exist(self, app, client):
        script = client.get("/sw.js")
        assert script.mimetype == "text/javascript"
        kept = json.loads(re.match(r"const KEPT = (.*);\n", script.text)[1])
        there = {path.partition("?")[0] for path in kept["files"]}
        static = Path(app.static_folder)
        modules = {f"/static/scanner/{each.name}" for each in static.glob("scanner/*.js")}
        assert modules - {"/static/scanner/sw.js"} <= there
        assert kept["shell"] == "/scanner"
        for path in there - {"/scanner"}:
            assert client.get(path).status_code == 200, path

    def test_what_a_module_imports_is_kept_too(self, app, client):
        kept = client.get("/sw.js").text
        static = Path(app.static_folder).resolve()
        for module in static.glob("scanner/*.js"):
            found = re.findall(r'(?:from|import\()\s*"(\.[^"]+)"', module.read_text("utf-8"))
            for name in found:
                path = (module.parent / name).resolve().relative_to(static)
                assert f'"/static/{path}"' in kept, (module.name, name)

    def test_the_manifest_makes_it_installable(self, client):
        answer = client.get("/scanner/manifest.webmanifest")
        facts = answer.get_json()
        assert answer.mimetype == "application/manifest+json"
        assert (facts["start_url"], facts["display"]) == ("/scanner", "standalone")
        for picture in facts["icons"]:
            assert client.get(picture["src"]).mimetype == "image/png"

    def test_a_module_is_asked_for_again_each_time(self, client):
        """Its address has no hash, so an old one must not be kept for a year."""
        answer = client.get("/static/scanner/main.js")
        assert answer.headers["Cache-Control"] == "no-cache"
