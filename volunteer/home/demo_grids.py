"""The demo city's grids: who leads each, who helps, who coordinates it."""

from collections.abc import Sequence
from datetime import time, timedelta
from random import Random

from volunteer.core.actor import Role
from volunteer.core.clock import at
from volunteer.units.models import GridKind

from .demo_load import Loader, Row, stored
from .demo_names import GRID_NAMES
from .demo_people import Place, Register

PEOPLE_A_GRID = 400
FEWEST = 4
#: How many of 150 are of each kind, and how many units help the lead unit.
KINDS = (
    *((GridKind.ROAD,) * 40),
    *((GridKind.ESTATE,) * 90),
    *((GridKind.MARKET,) * 12),
    *((GridKind.LANE,) * 8),
)
CO_UNITS = (0, 1, 1, 2, 3)
#: Grids were laid out so long before the history begins.
BEFORE = timedelta(days=90)
#: A lead unit has at least so many people.
LEAST = 8


def lay_out(register: Register, loader: Loader, random: Random) -> None:
    """Invent the grids, write them with their units and coordinators, and note them on places."""
    places = list(register.places.values())
    townships = [place for place in places if place.kind == "township"]
    able = [place for place in places if place.size >= LEAST and place.coordinators]
    leads = {
        GridKind.ESTATE: [place for place in able if place.kind in {"community", "township"}],
        GridKind.ROAD: [place for place in able if place.kind not in {"community", "township"}],
    }
    began = register.calendar.first_day - BEFORE
    number, help_number = loader.first_free("grid"), loader.first_free("grid_co_unit")
    count = max(FEWEST, len(register.people) // PEOPLE_A_GRID)
    grids: list[Row] = []
    helpers: list[Row] = []
    coordinators: list[tuple[Place, int]] = []
    for nth in range(count):
        kind = KINDS[nth * len(KINDS) // count]
        lead = random.choice(leads.get(kind) or able)
        township = _township_of(lead, townships) or random.choice(townships[:3])
        name = f"{GRID_NAMES[kind][nth % len(GRID_NAMES[kind])]}{_part(nth, kind)}"
        grid_id = number + nth
        days = (began.isoformat(), None)
        row = (grid_id, f"G{nth + 1:03d}", name, kind.value, township.id, lead.id, *days)
        grids.append(row)
        lead.grids.append(grid_id)
        coordinators.append((lead, grid_id))
        others = [place for place in able if place is not lead]
        for place in random.sample(others, min(len(others), random.choice(CO_UNITS))):
            helpers.append((help_number + len(helpers), grid_id, place.id))
    loader.write("grid", grids)
    loader.write("grid_co_unit", helpers)
    granted = stored(at(began, time(10, 30)))
    first = loader.first_free("grant")
    loader.write(
        "grant",
        [
            (first + nth, register.account_of(lead), Role.COORDINATOR, lead.id, grid, granted, None)
            for nth, (lead, grid) in enumerate(coordinators)
        ],
    )


def _township_of(place: Place, townships: Sequence[Place]) -> Place | None:
    return next((each for each in townships if place.path.startswith(each.path)), None)


def _part(nth: int, kind: GridKind) -> str:
    """Return what tells grids of one name apart."""
    turn = nth // len(GRID_NAMES[kind])
    return "" if turn == 0 else f"{'一二三四五六七八九十'[turn % 10]}段"
