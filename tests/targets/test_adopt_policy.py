"""Adopting a version of the monthly rules (R33)."""

import pytest
from sqlalchemy import select

from tests import make
from tests.make import at
from volunteer.core.actor import Role
from volunteer.core.clock import Month
from volunteer.core.db import db
from volunteer.core.errors import NotAllowed
from volunteer.core.models import Journal
from volunteer.targets import queries, service
from volunteer.targets.errors import PolicyExists, PolicyInForce

NOW = at("2026-11-15 10:00")
FORM = {
    "document_number": "建文明办〔2026〕18 号",
    "valid_from": "2026-12",
    "monthly_target_minutes": "180",
    "min_days": "10",
    "rounding": "none",
    "grace_in_minutes": "5",
    "grace_out_minutes": "5",
    "min_presence_percent": "0",
    "training_gate": "refuse",
    "training_valid_months": "24",
    "max_minutes_per_record": "480",
    "max_minutes_per_day": "720",
}


@pytest.fixture
def office(app):
    return make.grant_of(Role.CITY_OFFICE, make.city())


def adopt(actor, month: str, minutes: int = 180):
    return service.adopt_policy(
        valid_from=Month.parse(month),
        document_number="第 1 号",
        monthly_target_minutes=minutes,
        actor=actor,
        now=NOW,
    )


def test_a_change_on_the_15th_reaches_the_next_month_only(office):
    """R33: changing the base on 15 November changes December only."""
    adopt(office, "2026-12")

    assert queries.policy_for(Month(2026, 11)).monthly_target_minutes == 120
    assert queries.policy_for(Month(2026, 12)).monthly_target_minutes == 180


@pytest.mark.parametrize("month", ["2026-10", "2026-11"])
def test_a_month_that_has_begun_keeps_its_rules(office, month):
    with pytest.raises(PolicyInForce):
        adopt(office, month)


def test_a_month_has_one_version(office):
    adopt(office, "2026-12")

    with pytest.raises(PolicyExists):
        adopt(office, "2026-12", minutes=60)


@pytest.mark.parametrize("role", [Role.COORDINATOR, Role.UNIT_ADMIN, Role.SYSTEM_LEAD])
def test_only_the_city_office_adopts(app, role):
    with pytest.raises(NotAllowed):
        adopt(make.grant_of(role, make.city()), "2026-12")


def test_it_is_journalled(office):
    made = adopt(office, "2026-12")

    line = db.session.scalars(select(Journal).filter_by(action="policies.adopt")).one()
    assert (line.object_id, line.body) == (
        str(made.id),
        {"valid_from": "2026-12", "minutes": 180},
    )


def test_the_page_adopts_what_the_form_says(client, set_clock, app):
    set_clock(NOW)
    make.login(client, make.person(unit=make.city()), Role.CITY_OFFICE)

    assert client.get("/policies").status_code == 200
    sent = client.post("/policies", data={**FORM, "duty_counts_for_target": "y"})

    adopted = queries.policy_for(Month(2026, 12))
    assert sent.status_code == 303
    assert (adopted.monthly_target_minutes, adopted.grace_in_minutes) == (180, 5)
    assert adopted.duty_counts_for_target
    assert (adopted.training_gate, adopted.training_valid_months) == ("refuse", 24)
    assert "建文明办〔2026〕18 号" in client.get("/policies").text


@pytest.mark.parametrize(
    ("field", "value", "status"),
    [
        ("monthly_target_minutes", "two hours", 400),
        ("monthly_target_minutes", "", 400),
        ("monthly_target_minutes", "44641", 400),
        ("min_days", "-1", 400),
        ("max_minutes_per_day", "0", 400),
        ("document_number", "", 400),
        ("document_number", "长" * 61, 400),
        ("valid_from", "2026-11", 400),
        ("valid_from", "next year", 400),
        ("rounding", "up", 400),
    ],
)
def test_a_wrong_field_is_named_and_nothing_is_adopted(
    client, set_clock, app, field, value, status
):
    set_clock(NOW)
    make.login(client, make.person(unit=make.city()), Role.CITY_OFFICE)

    answer = client.post("/policies", data={**FORM, field: value})

    assert answer.status_code == status
    assert f'id="{field}-error"' in answer.text
    assert len(queries.policies()) == 1


def test_a_second_version_of_a_month_is_refused_beside_the_month(client, set_clock, app):
    set_clock(NOW)
    make.login(client, make.person(unit=make.city()), Role.CITY_OFFICE)
    make.policy(valid_from="2026-12")

    answer = client.post("/policies", data=FORM)

    assert answer.status_code == 409
    assert 'id="valid_from-error"' in answer.text


def test_a_coordinator_reads_and_is_shown_no_form(client, set_clock, app):
    set_clock(NOW)
    make.login(client, make.person(), Role.COORDINATOR)

    assert "<form" not in client.get("/policies").text.split("<main")[1]
    assert client.post("/policies", data=FORM).status_code == 403
