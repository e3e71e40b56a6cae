"""Shell commands about the month."""

import click
from flask.cli import with_appcontext

from volunteer.core import clock, startup
from volunteer.core.clock import Month
from volunteer.core.shell import CommandGroup, as_json, report
from volunteer.units import queries as units

from . import integrity, queries

#: How many findings `flask check` names; the rest are counted.
SHOWN = 100

group = CommandGroup("audits", help="The month audit.")


class MonthType(click.ParamType):
    """A calendar month, `2026-11`."""

    name = "month"

    def convert(
        self, value: str, param: click.Parameter | None, ctx: click.Context | None
    ) -> Month:
        try:
            return Month.parse(value)
        except ValueError:
            self.fail(f"月份“{value}”无法识别，请写成 2026-11。", param, ctx)


@group.command("month")
@click.argument("month", type=MonthType())
@click.option("--unit", "code", default=None, help="A unit's code; default: the whole city.")
@as_json
def month(month: Month, code: str | None, as_json: bool) -> None:
    """Count who met the minimum in a month; `minutes` sums every ledger entry of it."""
    under = "/"
    if code is not None:
        unit = units.by_code(code)
        if unit is None:
            raise click.UsageError(f"没有编码为“{code}”的单位，请核对。")
        under = unit.path
    tally = queries.city_tally(month, under=(under,), today=clock.local_day(clock.now()))
    report({"month": str(month), **tally._asdict()}, as_json=as_json)


@click.command("check")
@with_appcontext
def check() -> None:
    """Hold the ledger against attendance and scans; silent and exit 0 when all is well."""
    startup.shell_ready()
    found = 0
    for finding in integrity.findings():
        found += 1
        if found <= SHOWN:
            click.echo(f"{finding.code} {finding.row}", err=True)
    if found:
        raise click.ClickException(f"共 {found} 处不一致，请从备份核对，不要手工修改数据库。")


groups = (group, check)
