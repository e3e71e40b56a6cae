"""Shell commands about shifts."""

from datetime import datetime
from typing import NoReturn

import click
from flask_babel import gettext

from volunteer.core import clock
from volunteer.core.actor import SYSTEM
from volunteer.core.db import transaction
from volunteer.core.errors import NotFound
from volunteer.core.i18n import say
from volunteer.core.shell import CommandGroup, as_json, report

from . import candidates, queries, service
from .errors import InThePast, SiteUnknown, WrongTimes
from .models import Site

group = CommandGroup("shifts", help="Shifts.")


@group.command("open")
@click.option("--site", "site_code", required=True, help="The site's code.")
@click.option("--starts", required=True, help="ISO; without a zone it is local time.")
@click.option("--ends", required=True, help="ISO; without a zone it is local time.")
@click.option("--assign", "phones", default="", help="Phones, comma-separated.")
@click.option("--title", default=None, help="Default: the site's name.")
@as_json
def open_shift(
    site_code: str, starts: str, ends: str, phones: str, title: str | None, as_json: bool
) -> None:
    """Open one shift at a site and assign people to it, all or nothing."""
    starts_at, ends_at = moment(starts), moment(ends)
    wished = list(dict.fromkeys(filter(None, (phone.strip() for phone in phones.split(",")))))
    try:
        facts = opened(site_code, starts_at, ends_at, title, wished)
    except (WrongTimes, InThePast) as error:
        refuse(error.message)
    report(facts, as_json=as_json)


def opened(
    site_code: str, starts_at: datetime, ends_at: datetime, title: str | None, phones: list[str]
) -> dict[str, object]:
    """Open the shift and assign the people in one transaction; return what is reported."""
    now = clock.now()
    with transaction():
        site = site_with(site_code)
        people = candidates.people_by_phone(phones)
        if unknown := [phone for phone in phones if phone not in people]:
            refuse(
                gettext(
                    "%(count)s phone numbers are not in the register, the first ends in %(tail)s.",
                    count=len(unknown),
                    tail=unknown[0][-4:],
                )
            )
        shift = service.open_shift(
            site=site, starts_at=starts_at, ends_at=ends_at, title=title, actor=SYSTEM, now=now
        )
        public_id = shift.public_id
        assigned = service.assign(shift, list(people.values()), actor=SYSTEM, now=now)
    return {"shift": public_id, "assigned": assigned}


def moment(text: str) -> datetime:
    try:
        return clock.parse(text)
    except (ValueError, OverflowError):
        refuse(
            gettext("The time %(text)s cannot be read. Write it as 2026-11-20T09:00.", text=text)
        )


def site_with(code: str) -> Site:
    try:
        return queries.site_by_code(code, under=("/",))
    except NotFound:
        refuse(say(SiteUnknown.text, {"site": code}))


def refuse(sentence: str) -> NoReturn:
    """End with one sentence and exit code 2: a bad argument."""
    click.echo(sentence, err=True)
    raise SystemExit(2)


groups = (group,)
