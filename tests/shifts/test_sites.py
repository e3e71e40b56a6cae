"""Sites: a new one, its pages, and making its printed codes void."""

import pytest
from sqlalchemy import select

from tests import make
from tests.make import at
from volunteer.core.actor import Role
from volunteer.core.db import db
from volunteer.core.errors import NotAllowed, NotFound
from volunteer.shifts import queries, service
from volunteer.shifts.errors import SiteExists
from volunteer.shifts.models import Site

NOW = at("2026-03-01 08:00")


def test_a_code_is_used_once(unit, coordinator):
    facts = {"code": "XAL-01", "name": "府前路口", "unit": unit, "address": None}
    made = service.create_site(**facts, actor=coordinator, now=NOW)

    assert (made.qr_epoch, made.fence_mode, len(made.public_id)) == (1, "off", 16)
    with pytest.raises(SiteExists):
        service.create_site(**facts, actor=coordinator, now=NOW)


def test_only_within_the_own_units(unit, stranger):
    reader = make.grant_of(Role.SYSTEM_LEAD, unit)

    for actor, refusal in ((stranger, NotFound), (reader, NotAllowed)):
        with pytest.raises(refusal):
            service.create_site(code="X", name="X", unit=unit, address=None, actor=actor, now=NOW)


def test_revoking_makes_every_printed_code_void(site, coordinator, stranger):
    service.revoke_posters(site, actor=coordinator, now=NOW)
    again = service.revoke_posters(site, actor=coordinator, now=NOW)

    assert again.qr_epoch == 3
    with pytest.raises(NotFound):
        service.revoke_posters(site, actor=stranger, now=NOW)


def test_are_searched_and_turned_page_by_page(unit):
    for number in range(5):
        make.site(unit=unit, code=f"A{number}", name=f"南门{number}")
    make.site(unit=unit, code="B", name="北门", address="南山路")
    make.site(unit=unit, code="C", name="南门", closed_at=NOW)
    make.site(code="D", name="南门")

    first = queries.sites(under=[unit.path], words="南", limit=4)
    rest = queries.sites(under=[unit.path], words="南", after=first.after, limit=4)

    assert [site.code for site in first.sites] == ["A0", "A1", "A2", "A3"]
    assert [site.code for site in rest.sites] == ["A4", "B"]
    assert rest.after is None


def test_a_site_is_made_on_its_page(client, unit):
    make.login(client, make.person(unit=unit), Role.COORDINATOR)
    grid = make.grid(lead=unit)

    page = client.get("/sites")
    answer = client.post(
        "/sites",
        data={"name": " 府前 路口 ", "code": "xal-01", "unit": unit.code, "grid": grid.id},
    )

    assert page.status_code == 200
    assert (answer.status_code, answer.location) == (303, "/sites/XAL-01")
    made = db.session.scalars(select(Site)).one()
    assert (made.name, made.grid_id) == ("府前 路口", grid.id)
    assert client.get("/sites/XAL-01").status_code == 200


def test_what_is_wrong_stands_beside_its_field(client, unit, site):
    make.login(client, make.person(unit=unit), Role.COORDINATOR)
    facts = {"name": "新", "code": "X 1", "unit": unit.code, "grid": 0}

    wrong = client.post("/sites", data=facts)
    foreign = client.post("/sites", data={**facts, "code": "X1", "unit": make.unit().code})
    taken = client.post("/sites", data={**facts, "code": site.code})

    assert (wrong.status_code, foreign.status_code, taken.status_code) == (400, 400, 409)
    assert 'id="code-error"' in wrong.text
    assert 'id="code-error"' in taken.text


def test_a_poster_is_revoked_by_a_button(client, unit, site):
    make.login(client, make.person(unit=unit), Role.COORDINATOR)

    answer = client.post(f"/sites/{site.code}/revoke")

    assert answer.status_code == 303
    assert db.session.get_one(Site, site.id).qr_epoch == 2


def test_readers_only_read(client, unit, site):
    make.login(client, make.person(unit=unit), Role.SYSTEM_LEAD)

    assert client.get("/sites").status_code == 200
    assert "revoke" not in client.get(f"/sites/{site.code}").text
    assert client.post("/sites").status_code == 403
    assert client.post(f"/sites/{site.code}/revoke").status_code == 404


def test_the_chosen_site_has_room_in_every_form(client, unit, monkeypatch):
    """A city has more sites than a form lists."""
    make.login(client, make.person(unit=unit), Role.COORDINATOR)
    for number in range(5):
        make.site(unit=unit, code=f"A{number}")
    monkeypatch.setattr(queries, "CHOICES", 2)

    for path in ("/shifts/new", "/activities/new", "/posts/new"):
        page = client.get(f"{path}?site=A4").text
        assert '<option selected value="A4">' in page
        assert '<option value="A0">' in page
        assert 'value="A1"' not in page
