"""Printed codes from the shell."""

from pathlib import Path

import click
from flask import current_app
from flask_babel import gettext

from volunteer.core import clock
from volunteer.core.actor import SYSTEM
from volunteer.core.errors import NotFound
from volunteer.core.shell import CommandGroup, as_json, report
from volunteer.shifts import queries as shifts
from volunteer.shifts import service as shift_service
from volunteer.shifts.errors import SiteUnknown
from volunteer.units import queries as units

from . import poster

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
    try:
        site = shifts.site_by_code(code, under=("/",))
    except NotFound as error:
        raise SiteUnknown(site=code) from error
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


groups = (group,)
