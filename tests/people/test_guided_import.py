"""Upload, preview, confirm: the guided import in the browser."""

import re
import time
from datetime import timedelta
from io import BytesIO

import pytest
from sqlalchemy import select

from tests import make
from tests.make import at
from tests.people.sheets import xlsx
from volunteer.core.actor import SYSTEM, Role
from volunteer.core.db import db
from volunteer.people import runs
from volunteer.people.models import ImportRun, Person

NOW = at("2026-11-23 09:00")
HEADER = ("姓名", "手机号", "单位")
GOOD = ("王芳", "19901234567", "新安江小学")
OTHER = ("李强", "19901230002", "新安江小学")
WRONG = ("赵敏", "1990123", "新安江小学")
PATIENCE = 20


@pytest.fixture
def school(app, set_clock):
    set_clock(NOW)
    return make.unit(name="新安江小学")


@pytest.fixture
def admin(client, school):
    person = make.person(unit=school, name="管理员")
    make.login(client, person, Role.UNIT_ADMIN)
    return person


def file(*rows) -> bytes:
    return xlsx(*rows, header=HEADER)


def upload(client, content, name="花名册.xlsx", **data):
    answer = client.post("/people/import", data={"file": (BytesIO(content), name), **data})
    assert answer.status_code == 303
    return answer.headers["Location"]


def settled(client, address):
    """The run's page once the background has done its step."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        page = client.get(address).text
        if "hx-trigger" not in page:
            return page
        time.sleep(0.05)
    raise AssertionError("the background did not come to an end")


def previewed(client, *rows):
    address = upload(client, file(*rows))
    return address, settled(client, address)


def confirm(client, address, **data):
    return client.post(f"{address}/confirm", data=data)


def people():
    db.session.rollback()
    return set(db.session.scalars(select(Person.name).where(Person.phone.like("19901%"))))


def test_a_right_file_goes_from_upload_to_the_register(client, admin):
    address, preview = previewed(client, GOOD, OTHER)

    assert people() == set()
    assert re.search(r"<dt>(新增|New)</dt><dd><strong>2</strong>", preview)

    assert confirm(client, address).status_code == 303
    result = settled(client, address)

    assert people() == {"王芳", "李强"}
    assert f"{address}/confirm" not in result
    run = db.session.scalar(select(ImportRun))
    assert (run.state, run.content, run.counts["landed"]) == ("landed", None, 2)


def test_while_it_works_the_page_asks_again_with_and_without_javascript(client, admin):
    run = running(admin, state="reading")

    page = client.get(f"/people/import/{run.public_id}").text
    fragment = client.get(f"/people/import/{run.public_id}", headers={"HX-Request": "true"}).text

    assert 'hx-trigger="every 2s"' in page
    assert '<meta http-equiv="refresh" content="2">' in page
    assert "<html" not in fragment
    assert 'value="400"' in fragment


def test_wrong_rows_are_told_with_their_reason_and_land_nothing_by_themselves(client, admin):
    address, preview = previewed(client, GOOD, WRONG)

    assert "1990123" in preview
    assert re.search(r'<th scope="row">[^<]*3[^<]*</th>', preview)
    assert confirm(client, address).status_code == 409
    assert people() == set()

    assert confirm(client, address, accept_good_rows="yes").status_code == 303
    settled(client, address)

    assert people() == {"王芳"}


def test_a_second_confirm_is_refused(client, admin):
    address, _ = previewed(client, GOOD)
    confirm(client, address)
    settled(client, address)

    assert confirm(client, address).status_code == 409


def test_another_import_in_between_makes_the_preview_stale(client, admin):
    """Bad input A39."""
    address, _ = previewed(client, GOOD)
    runs.import_people(file(OTHER), "other.xlsx", actor=SYSTEM, now=NOW)

    answer = confirm(client, address)

    assert answer.status_code == 409
    assert "stale_preview" in answer.text
    assert people() == {"李强"}


def test_an_import_that_lands_after_the_confirm_makes_it_stale_too(client, admin, school):
    address, _ = previewed(client, GOOD)
    public_id = address.rsplit("/", 1)[1]
    actor = make.actor_of(admin)
    kept = []
    run = runs.confirm(
        public_id,
        accept_good_rows=False,
        actor=actor,
        now=NOW,
        start=lambda step, run_id: kept.append((step, run_id)),
    )
    runs.import_people(file(OTHER), "other.xlsx", actor=SYSTEM, now=NOW)
    ((step, run_id),) = kept

    step(run_id, actor=actor, clock=lambda: NOW)

    db.session.refresh(run)
    assert (run.state, run.failure) == ("failed", "stale_preview")
    assert people() == {"李强"}


def test_the_same_file_again_is_said_to_have_been_imported(client, admin):
    content = file(GOOD)
    address = upload(client, content)
    settled(client, address)
    confirm(client, address)
    settled(client, address)

    preview = settled(client, upload(client, content))

    assert "11月23日" in preview
    assert '/confirm"' not in preview


def test_a_file_that_is_none_is_told_with_what_to_do(client, admin):
    page = settled(client, upload(client, b"%PDF-1.7", "list.pdf"))

    assert "xlsx" in page
    assert db.session.scalar(select(ImportRun.failure)) == "file_type"
    assert db.session.scalar(select(ImportRun.content)) is None


def test_no_file_is_told_beside_the_field(client, admin):
    answer = client.post("/people/import", data={})

    assert answer.status_code == 400
    assert 'id="file-error"' in answer.text


def test_a_discarded_upload_is_gone_with_all_that_it_held(client, admin):
    address, _ = previewed(client, GOOD, WRONG)

    assert client.post(f"{address}/discard").status_code == 303

    assert client.get(address).status_code == 404
    assert db.session.query(ImportRun).count() == 0


def test_a_landed_import_is_not_discarded(client, admin):
    address, _ = previewed(client, GOOD)
    confirm(client, address)
    settled(client, address)

    assert client.post(f"{address}/discard").status_code == 409


def running(uploader, *, state, silent=timedelta()):
    return make.save(
        ImportRun(
            public_id="ab" * 8,
            file_name="花名册.xlsx",
            sha256="0" * 64,
            state=state,
            done=400,
            total=1000,
            counts={},
            choices={},
            landed_before=0,
            account_id=make.account_of(uploader).id,
            started_at=NOW,
            beat_at=NOW - silent,
        )
    )


@pytest.mark.parametrize("state", ["reading", "landing"])
def test_a_run_whose_process_died_says_so(client, admin, state):
    run = running(admin, state=state, silent=timedelta(seconds=61))

    page = client.get(f"/people/import/{run.public_id}").text

    assert 'role="alert"' in page
    assert "hx-trigger" not in page
    assert client.post(f"/people/import/{run.public_id}/discard").status_code == 303


def test_what_breaks_for_a_reason_of_ours_is_written_down(client, admin, monkeypatch):
    def broken(content):
        raise RuntimeError("a mistake of ours")

    monkeypatch.setattr("volunteer.core.tables.read_book", broken)

    page = settled(client, upload(client, file(GOOD)))

    assert 'role="alert"' in page
    assert db.session.scalar(select(ImportRun.failure)) == "server_error"


def test_the_import_of_somebody_else_is_not_found(client, app, admin, school):
    address, _ = previewed(client, GOOD)
    other = app.test_client()
    make.login(other, make.person(unit=school), Role.UNIT_ADMIN)

    assert other.get(address).status_code == 404
    assert confirm(other, address).status_code == 404
    assert other.post(f"{address}/discard").status_code == 404


@pytest.mark.parametrize("role", [Role.COORDINATOR, Role.SYSTEM_LEAD])
def test_others_have_no_import(client, school, role):
    make.login(client, make.person(unit=school), role)

    assert client.get("/people/import").status_code == 403
    answer = client.post("/people/import", data={"file": (BytesIO(file(GOOD)), "x.xlsx")})
    assert answer.status_code == 403
    assert "/people/import" not in client.get("/people").text


def test_rows_of_foreign_units_are_wrong_in_the_preview(client, admin):
    make.unit(name="市教育局")

    address, _ = previewed(client, GOOD, ("李强", "19901230002", "市教育局"))

    assert db.session.scalar(select(ImportRun.counts))["rejected"] == {"unknown_unit": 1}
