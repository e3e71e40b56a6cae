"""Log-ins and roles from the shell, which acts as the system."""

from typing import NoReturn

import click
from flask import current_app, url_for
from flask_babel import gettext

from volunteer.core import clock
from volunteer.core.actor import SYSTEM, Role
from volunteer.core.i18n import local_day_text
from volunteer.core.shell import CommandGroup, as_json, report
from volunteer.people.models import Person
from volunteer.units import queries as units
from volunteer.units.models import Unit

from . import queries, rules, service
from .models import CodeKind

group = CommandGroup("accounts", help="Log-ins, roles and activation codes.")

role_option = click.option("--role", required=True, help="One of: " + ", ".join(Role))
unit_option = click.option("--unit", required=True, help="The code of the unit.")


@group.command("grant")
@click.argument("phone")
@role_option
@unit_option
@as_json
def grant(phone: str, role: str, unit: str, as_json: bool) -> None:
    """Give the person with PHONE a role over a unit and everything under it."""
    person, wanted, over = person_with(phone), role_named(role), unit_with(unit)
    made = service.grant(person, wanted, over, actor=SYSTEM, now=clock.now())
    report({"account": made.account_id, "role": made.role, "unit": over.code}, as_json=as_json)


@group.command("end-grant")
@click.argument("phone")
@role_option
@unit_option
@as_json
def end_grant(phone: str, role: str, unit: str, as_json: bool) -> None:
    """Take a role away from the person with PHONE."""
    person, wanted, over = person_with(phone), role_named(role), unit_with(unit)
    ended = service.end_grant(person, wanted, over, actor=SYSTEM, now=clock.now())
    report({"ended": int(ended)}, as_json=as_json)


@group.command("login-link")
@click.argument("phone")
@as_json
def login_link(phone: str, as_json: bool) -> None:
    """Make a link that logs the person with PHONE in, once, within 10 minutes."""
    link = service.make_code(person_with(phone), CodeKind.LINK, actor=SYSTEM, now=clock.now())
    with current_app.test_request_context():
        path = url_for("accounts.link", token=link.text)
    report({"url": current_app.extensions["settings"].base_url + path}, as_json=as_json)


@group.command("code")
@click.argument("phone")
@as_json
def code(phone: str, as_json: bool) -> None:
    """Make an activation code for the person with PHONE; the older one ends."""
    made = service.make_code(person_with(phone), CodeKind.ACTIVATION, actor=SYSTEM, now=clock.now())
    report({"code": made.text, "until": local_day_text(made.expires_at)}, as_json=as_json)


@group.command("disable")
@click.argument("phone")
def disable(phone: str) -> None:
    """Close the log-in of the person with PHONE and end it everywhere."""
    service.disable(person_with(phone), actor=SYSTEM, now=clock.now())


@group.command("enable")
@click.argument("phone")
def enable(phone: str) -> None:
    """Open the disabled log-in of the person with PHONE again."""
    service.enable(person_with(phone), actor=SYSTEM, now=clock.now())


def person_with(phone: str) -> Person:
    found = queries.person_by_phone(rules.plain_phone(phone))
    return found or refuse(gettext("No active person has the phone number %(phone)s.", phone=phone))


def unit_with(code: str) -> Unit:
    return units.by_code(code) or refuse(gettext("There is no unit %(unit)s.", unit=code))


def role_named(text: str) -> Role:
    if text not in list(Role):
        listed = ", ".join(Role)
        refuse(
            gettext(
                "There is no role %(role)s; the roles are %(listed)s.", role=text, listed=listed
            )
        )
    return Role(text)


def refuse(sentence: str) -> NoReturn:
    """End with one sentence and exit code 2: a bad argument."""
    click.echo(sentence, err=True)
    raise SystemExit(2)


groups = (group,)
