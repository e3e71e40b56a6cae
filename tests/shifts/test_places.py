"""Putting a site on the map: both datums, the fence, who may."""

import pytest
from sqlalchemy import select

from tests import make
from tests.make import at
from volunteer.core.actor import Role
from volunteer.core.db import db
from volunteer.core.errors import NotAllowed, NotFound
from volunteer.core.models import Journal
from volunteer.shifts import places
from volunteer.shifts.models import FenceMode, Site
from volunteer.shifts.places import Datum, Point

NOW = at("2026-03-01 08:00")
ON_MAP = Point(39.91334545536069, 116.38404722455657)
FACTS = {"point": ON_MAP, "datum": Datum.GCJ02, "metres": 300, "mode": FenceMode.HOLD}


def stored(site) -> tuple[float | None, float | None, int | None, str]:
    row = db.session.get_one(Site, site.id, populate_existing=True)
    return row.latitude, row.longitude, row.fence_metres, row.fence_mode


def test_a_point_from_a_chinese_map_is_stored_as_wgs84(site, coordinator):
    places.place_site(site, **FACTS, actor=coordinator, now=NOW)
    assert stored(site) == (39.911954, 116.377817, 300, "hold")

    as_read = {**FACTS, "datum": Datum.WGS84}
    places.place_site(site, **as_read, actor=coordinator, now=NOW)
    assert stored(site)[:2] == (39.913345, 116.384047)


def test_without_a_point_the_fence_is_off(site, coordinator):
    places.place_site(site, **FACTS, actor=coordinator, now=NOW)
    places.place_site(site, **{**FACTS, "point": None}, actor=coordinator, now=NOW)

    assert stored(site) == (None, None, 300, "off")


def test_a_repeat_writes_nothing_more(site, coordinator):
    for _ in range(2):
        places.place_site(site, **FACTS, actor=coordinator, now=NOW)

    asked = select(Journal).filter_by(action="sites.place")
    assert len(db.session.scalars(asked).all()) == 1


def test_only_who_schedules_there(site, unit, stranger):
    reader = make.grant_of(Role.SYSTEM_LEAD, unit)
    for actor, refusal in ((stranger, NotFound), (reader, NotAllowed)):
        with pytest.raises(refusal):
            places.place_site(site, **FACTS, actor=actor, now=NOW)
    assert stored(site)[:2] == (None, None)


class TestPage:
    def test_converts_what_is_typed_and_shows_it(self, client, unit, site):
        make.login(client, make.person(unit=unit), Role.COORDINATOR, over=unit)
        address = f"/sites/{site.code}/position"
        sent = {"point": "119.286，29.472", "datum": "gcj02", "metres": "", "mode": "hold"}

        page = client.get(address)
        answer = client.post(address, data=sent)

        assert page.status_code == 200
        assert (answer.status_code, answer.location) == (303, f"/sites/{site.code}")
        latitude, longitude, metres, mode = stored(site)
        assert 0.001 < 29.472 - latitude + 119.286 - longitude < 0.02
        assert (metres, mode) == (None, "hold")
        assert f"{latitude:.6f}" in client.get(f"/sites/{site.code}").text
        assert f"{latitude:.6f}, {longitude:.6f}" in client.get(address).text

    @pytest.mark.parametrize(
        ("wrong", "words"),
        [
            ({"point": "somewhere"}, "国内"),
            ({"point": "48.1371, 11.5754"}, "国内"),
            ({"point": ""}, "没有坐标"),
            ({"metres": "5"}, "50 到 5000"),
        ],
    )
    def test_what_is_wrong_stands_beside_its_field(self, client, unit, site, wrong, words):
        make.login(client, make.person(unit=unit), Role.COORDINATOR, over=unit)
        sent = {"point": "29.472, 119.286", "datum": "gcj02", "metres": "150", "mode": "hold"}

        answer = client.post(f"/sites/{site.code}/position", data={**sent, **wrong})

        assert answer.status_code == 400
        assert words in answer.text
        assert stored(site)[0] is None
