"""Codes from the shell: posters, and the address that any code carries."""

from pathlib import Path

import click
from flask import current_app
from flask_babel import gettext

from volunteer.core import clock
from volunteer.core.actor import SYSTEM
from volunteer.core.errors import NotFound
from volunteer.core.shell import CommandGroup, as_json, report
from volunteer.people import queries as people
from volunteer.people import service as people_service
from volunteer.people.models import Person
from volunteer.shifts import queries as shifts
from volunteer.shifts import service as shift_service
from volunteer.shifts.errors import SiteUnknown
from volunteer.shifts.models import Shift, Site
from volunteer.units import queries as units

from . import poster, presence
from .errors import PersonUnknown, ShiftUnknown
from .rotating import RotatingCode, rotating_token, slot_at, slot_ends
from .tokens import SiteCode, card_token, site_token

group = CommandGroup("sites", help="Sites and their printed codes.")


@group.command("create")
@click.argument("code")
@click.option("--name", required=True, help="What people call the place.")
@click.option("--unit", "unit_code", required=True, help="The code of the unit it belongs to.")
@click.option("--address", default=None)
@as_json
def create_site(code: str, name: str, unit_code: str, address: str | None, as_json: bool) -> None:
    """Register a site under the CODE that will be printed."""
    unit = units.by_code(unit_code)
    if unit is None:
        raise click.UsageError(gettext("There is no unit with the code %(unit)s.", unit=unit_code))
    site = shift_service.create_site(
        code=code, name=name, unit=unit, address=address, actor=SYSTEM, now=clock.now()
    )
    report({"site": site.code}, as_json=as_json)


@group.command("poster")
@click.argument("code")
@click.option(
    "--out",
    required=True,
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="The file to write; its ending (svg, png, pdf) says what.",
)
@as_json
def make_poster(code: str, out: Path, as_json: bool) -> None:
    """Write the poster of the site CODE; a pdf is the whole A4 sheet, else the code alone."""
    ending = out.suffix.lower().removeprefix(".")
    if ending not in poster.MEDIA_TYPES:
        raise click.UsageError(gettext("The file must end in .svg, .png or .pdf."))
    site = site_with(code)
    settings = current_app.extensions["settings"]
    sheet = poster.poster_of(
        site, base_url=settings.base_url, city=settings.city_name, keys=settings.token_keys
    )
    try:
        out.write_bytes(poster.render(sheet, ending))
    except OSError as error:
        sentence = gettext("The file %(file)s cannot be written.", file=out)
        raise click.UsageError(sentence) from error
    report({"url": sheet.url}, as_json=as_json)


codes = CommandGroup("attendance", help="Check-in and check-out.")


@codes.command("token")
@click.option("--site", "site_code", help="The CODE of a site: what its poster carries.")
@click.option("--shift", "shift_id", help="The public id of a shift: with --rotating, its screen.")
@click.option("--rotating", is_flag=True, help="The code on the screen of the shift, for now.")
@click.option("--person", "phone", help="The phone number of a person: a card made this moment.")
@as_json
def token(
    site_code: str | None,
    shift_id: str | None,
    rotating: bool,
    phone: str | None,
    as_json: bool,
) -> None:
    """Print the address that a code carries: of a site, of a shift or of a person.

    A shift without --rotating is checked in at by the poster of its site.
    """
    if sum(each is not None for each in (site_code, shift_id, phone)) != 1:
        raise click.UsageError(gettext("Name one of --site, --shift and --person."))
    if rotating and shift_id is None:
        raise click.UsageError(gettext("--rotating goes with --shift."))
    settings, now = current_app.extensions["settings"], clock.now()
    keys, facts = settings.token_keys, {}
    if phone is not None:
        text = card_token(person_with(phone).public_id, now, keys)
    elif rotating:
        shift = shift_with(shift_id or "")
        text = rotating_token(RotatingCode(shift.public_id, slot_at(now)), keys)
        facts = {"until": clock.local(slot_ends(now)).isoformat()}
    else:
        site = shift_with(shift_id).site if shift_id else site_with(site_code or "")
        text = site_token(SiteCode(site.public_id, site.qr_epoch), keys)
    report({"url": f"{settings.base_url}/q/{text}", **facts}, as_json=as_json)


def site_with(code: str) -> Site:
    try:
        return shifts.site_by_code(code, under=("/",))
    except NotFound as error:
        raise SiteUnknown(site=code) from error


def shift_with(public_id: str) -> Shift:
    try:
        return presence.shift_with(public_id)
    except NotFound as error:
        raise ShiftUnknown(shift=public_id) from error


def person_with(phone: str) -> Person:
    person = people.by_phone(people_service.phone_of(phone))
    if person is None:
        raise PersonUnknown()
    return person


groups = (group, codes)
