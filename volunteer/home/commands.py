"""The demo city from the shell."""

import sys
import time

import click
from flask_babel import gettext

from volunteer.core import clock
from volunteer.core.shell import CommandGroup, as_json, report

from . import demo

SIZES = ("60000", "6000", "600")

group = CommandGroup("home")


@group.command("demo")
@click.option(
    "--people",
    type=click.Choice(SIZES),
    default=SIZES[0],
    show_default=True,
    help="How many people the city has; its activities and posts follow.",
)
@as_json
def make_demo(people: str, as_json: bool) -> None:
    """Make the invented demo city in an empty database: three months of a city's service."""
    begun = time.perf_counter()
    label = gettext("Making the demo city")
    with click.progressbar(
        length=100, label=label, file=sys.stderr, show_eta=False, item_show_func=str
    ) as bar:

        def progress(step: str, percent: int) -> None:
            bar.update(percent - bar.pos, step)

        counts = demo.make(int(people), now=clock.now(), progress=progress)
    facts: dict[str, object] = {
        "people": counts["person"],
        "rows": counts.total(),
        "seconds": round(time.perf_counter() - begun, 1),
    }
    report(facts, as_json=as_json)


#: A command of its own, in no group.
groups = (make_demo,)
