"""Addresses that no page of ours has made: refused, and never a server's fault."""

import pytest

from tests import make
from volunteer.core.actor import Role

ODD = ["%00", "%F0%9F%98%80", "a" * 300, "1' OR '1'='1", "99999999999999999999"]


@pytest.mark.parametrize("odd", ODD)
def test_what_is_odd_is_not_found(scene, client, odd):
    make.login(client, scene.leader, Role.CITY_OFFICE, over=make.city())

    for address in (
        f"/shifts/{odd}/live",
        f"/sites/{odd}/poster",
        f"/sites/{odd}/poster.pdf",
        f"/sites/{scene.site.code}/poster.{odd}",
        f"/q/{odd}",
        f"/shifts/{odd}/live?before={odd}",
    ):
        assert (client.get(address).status_code, address) in {(404, address), (400, address)}
    assert client.post(f"/shifts/{odd}/roll-call").status_code in {400, 404}
    assert client.post(f"/confirmations/{odd}/confirm").status_code in {400, 404}


@pytest.mark.parametrize("field", ["key", "shift"])
def test_odd_fields_of_the_button(scene, client, set_clock, field):
    set_clock("2026-03-07 08:50")
    make.login(client, scene.wang)
    facts = {"key": "k1", field: "\x00😀" + "x" * 500}

    assert client.post(scene.url("check-in"), data=facts).status_code in {400, 409}
