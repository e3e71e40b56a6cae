"""Shell commands about rosters."""

from pathlib import Path

import click
from flask_babel import gettext

from volunteer.core import clock
from volunteer.core.actor import SYSTEM
from volunteer.core.clock import Month
from volunteer.core.shell import CommandGroup, as_json, report
from volunteer.units import queries as units
from volunteer.units.errors import UnitUnknown
from volunteer.units.models import Unit

from . import checker, importer, publishing, queries, reasons, rules, service
from .errors import ROW_TEXTS

group = CommandGroup("rosters", help="Rosters of a month.")

unit_option = click.option("--unit", "code", required=True, help="The unit's code.")
month_option = click.option("--month", "text", required=True, help="Such as 2026-12.")


@group.command("draw")
@unit_option
@month_option
@click.option(
    "--posts-a-week",
    type=click.IntRange(1, rules.MOST_POSTS_A_WEEK),
    default=rules.POSTS_A_WEEK,
    show_default=True,
    help="How many posts a person has in a week at the most.",
)
@click.option("--publish", "publishes", is_flag=True, help="Assign the people at once.")
@as_json
def draw(code: str, text: str, posts_a_week: int, publishes: bool, as_json: bool) -> None:
    """Draw a month for a unit and every unit under it, each into a draft of its own."""
    unit, month, now = unit_with(code), month_of(text), clock.now()
    stopwatch = service.Stopwatch()
    drawn = service.draw(unit, month, posts_a_week=posts_a_week, actor=SYSTEM, now=now)
    facts: dict[str, object] = {
        "places": sum(each.places for each in drawn),
        "filled": sum(each.filled for each in drawn),
        "unfilled": [
            {"shift": shift, "reason": reasons.empty_text(why)}
            for each in drawn
            for shift, missing, why in each.unfilled
            for _ in range(missing)
        ],
        "cost": sum(each.cost for each in drawn),
    }
    if publishes:
        outcomes = [
            publishing.publish(queries.by_id(each.roster_id), actor=SYSTEM, now=now)
            for each in drawn
        ]
        facts["assigned"] = sum(each.assigned for each in outcomes)
        facts["lost"] = sum(each.lost for each in outcomes)
    report({**facts, "seconds": stopwatch.seconds}, as_json=as_json)


@group.command("check")
@unit_option
@month_option
@as_json
def check(code: str, text: str, as_json: bool) -> None:
    """Look for hard rules that drafts and published rosters break, by other code than the
    solver's."""
    report({"broken": checker.broken(unit_with(code), month_of(text))}, as_json=as_json)


@group.command("import")
@click.argument("source", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@unit_option
@click.option("--dry-run", is_flag=True, help="Read and check everything, write nothing.")
@click.option("--accept-good-rows", is_flag=True, help="Take the good rows, leave out the others.")
@as_json
def import_roster(
    source: Path, code: str, dry_run: bool, accept_good_rows: bool, as_json: bool
) -> None:
    """Assign whom an xlsx or csv file names: 时间,岗位,单位,姓名/手机号.

    One wrong row means exit code 1 and nothing written, unless good rows are accepted; a
    repeat assigns nobody.
    """
    outcome = importer.import_roster(
        source.read_bytes(),
        unit=unit_with(code),
        dry_run=dry_run,
        accept_good_rows=accept_good_rows,
        actor=SYSTEM,
        now=clock.now(),
    )
    rejected = []
    for error in outcome.rejected:
        reason, todo = map(gettext, ROW_TEXTS[error.code])
        rejected.append({**error._asdict(), "reason": reason, "todo": todo})
    for each in rejected:
        click.echo("第 {row} 行 {column}“{value}”：{reason}{todo}".format(**each), err=True)
    is_refused = bool(rejected) and not accept_good_rows
    facts: dict[str, object] = {
        "rows": outcome.rows,
        "assigned": 0 if is_refused else outcome.assigned,
        "already": outcome.already,
        "rejected": rejected if as_json else len(rejected),
    }
    report(facts, as_json=as_json)
    if is_refused:
        raise SystemExit(1)


def unit_with(code: str) -> Unit:
    unit = units.by_code(code)
    if unit is None:
        raise UnitUnknown(unit=code)
    return unit


def month_of(text: str) -> Month:
    try:
        return Month.parse(text)
    except ValueError:
        click.echo(
            gettext("The month %(text)s cannot be read. Write it as 2026-12.", text=text), err=True
        )
        raise SystemExit(2) from None


groups = (group,)
