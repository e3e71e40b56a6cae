"""Shell commands about shifts."""

import click

from volunteer.core import clock
from volunteer.core.actor import SYSTEM
from volunteer.core.db import transaction
from volunteer.core.shell import CommandGroup, as_json, report

from . import queries, service

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
    """Open one shift at a site and assign people to it."""
    try:
        starts_at, ends_at = clock.parse(starts), clock.parse(ends)
    except ValueError as error:
        raise click.UsageError("时间无法识别，请写成 2026-11-20T09:00。") from error
    wished = [phone.strip() for phone in phones.split(",") if phone.strip()]
    now = clock.now()
    with transaction():
        site = queries.site_by_code(site_code, under=("/",))
        people = queries.people_by_phone(wished)
        if unknown := [phone for phone in wished if phone not in people]:
            raise click.UsageError(
                f"名册中没有 {len(unknown)} 个手机号（第一个尾号 {unknown[0][-4:]}），请核对。"
            )
        shift = service.open_shift(
            site=site, starts_at=starts_at, ends_at=ends_at, title=title, actor=SYSTEM, now=now
        )
        assigned = service.assign(shift, list(people.values()), actor=SYSTEM, now=now)
        public_id = shift.public_id
    report({"shift": public_id, "assigned": assigned}, as_json=as_json)


groups = (group,)
