"""The demo city's persuasion posts: who keeps them, when they are manned, who is trained."""

from datetime import time
from typing import NamedTuple

from volunteer.core.clock import at
from volunteer.people.models import QualificationKind
from volunteer.people.rules import months_later
from volunteer.posts import rules as post_rules
from volunteer.posts.rules import WORKDAYS, TurnBy, Window
from volunteer.shifts.models import ShiftKind

from .demo_load import Loader, Row, stored
from .demo_names import CORNERS, CROSSINGS, KIT, MARKETS, SCHOOL_GATES, kind_of
from .demo_people import DAY, Place, Register
from .demo_shifts import Occurrence, Timetable

ALL_POSTS, ACTIVE_POSTS = 50, 42
#: Of so many posts one goes round, week by week, over so many units at most (R47).
ROTATING, IN_TURN = 6, 3
#: What the monthly rules say at first of how long a training holds, in months (R54).
TRAINING_HOLDS = 12
TRAINING = "文明劝导上岗培训"

CROSSING_WINDOWS = (
    Window(time(7, 30), time(9), WORKDAYS),
    Window(time(17), time(18, 30), WORKDAYS, "04-01", "10-31"),
    Window(time(16, 30), time(18), WORKDAYS, "11-01", "03-31"),
)
SCHOOL_WINDOWS = (
    Window(time(7, 10), time(8), WORKDAYS),
    Window(time(16, 10), time(17), WORKDAYS),
)


class Kept(NamedTuple):
    """A post, how many it wants, and the units that keep it: one, or several by turns."""

    name: str
    wanted: int
    places: list[Place]
    is_manned: bool


def draw_up(timetable: Timetable, register: Register, loader: Loader) -> None:
    """Invent the posts, write them with their sites, and open their shifts."""
    number, window_number = loader.first_free("post"), loader.first_free("post_window")
    first = register.calendar.first_day
    posts: list[Row] = []
    windows: list[Row] = []
    turns: list[Row] = []
    for kept in _posts(register):
        code, place = f"P{number:03d}", kept.places[0]
        last_on = None if kept.is_manned else first - 5 * DAY
        site_id = timetable.add_site(code, kept.name, place, f"{kept.name}人行横道旁")
        leader = register.people[timetable.leader_of(place)]
        goes_round = len(kept.places) > 1
        posts.append(
            (
                number,
                code,
                kept.name,
                CORNERS,
                KIT,
                place.id,
                site_id,
                leader.id,
                kept.wanted,
                kept.wanted * 2,
                (first - 50 * DAY).isoformat(),
                last_on and last_on.isoformat(),
                stored(at(first - 60 * DAY, time(16))),
                leader.account_id,
                stored(at(last_on, time(17))) if last_on else None,
                *kind_of(kept.name, kept.wanted),
                TurnBy.WEEK.value if goes_round else None,
                first.isoformat() if goes_round else None,
            )
        )
        if goes_round:
            turns += ((number, position, each.id) for position, each in enumerate(kept.places))
        hours = SCHOOL_WINDOWS if kept.name in SCHOOL_GATES else CROSSING_WINDOWS
        for window in hours:
            times = (_hour(window.starts), _hour(window.ends))
            windows.append((window_number, number, *times, *window[2:]))
            window_number += 1
        if kept.is_manned:
            _open(timetable, number, kept, hours, site_id)
        number += 1
    timetable.write_sites(loader)
    loader.write("post", posts)
    loader.write("post_window", windows)
    loader.write("post_turn", turns)


def _posts(register: Register) -> list[Kept]:
    """Return the posts of a city of that size; eight of fifty are no longer manned."""
    share = min(1.0, len(register.people) / 60_000)
    count, active = max(2, round(ALL_POSTS * share)), max(2, round(ACTIVE_POSTS * share))
    names = [
        *((name, 4 if n % 3 else 2) for n, name in enumerate(CROSSINGS)),
        *((name, 2) for name in SCHOOL_GATES),
        *((name, 2) for name in MARKETS),
    ]
    owners = sorted(register.places.values(), key=lambda place: (-place.size, place.code))
    owners = [place for place in owners if place.coordinators][:count]
    kept = []
    for nth in range(count):
        name, wanted = names[nth * len(names) // count]
        units = IN_TURN if nth % ROTATING == 1 else 1
        in_turn = [owners[(nth + step) % len(owners)] for step in range(units)]
        places = list(dict.fromkeys(place.id for place in in_turn))
        kept.append(
            Kept(
                name,
                6 if nth < round(4 * share) else wanted,
                [register.places[place_id] for place_id in places],
                nth < active,
            )
        )
    return kept


def _open(
    timetable: Timetable, number: int, kept: Kept, hours: tuple[Window, ...], site_id: int
) -> None:
    """Open the shifts of a post, each for the unit whose turn it is."""
    places = {place.id: place for place in kept.places}
    first = timetable.first_day
    content = post_rules.content_of(kept.name, CORNERS, KIT)
    for turn in post_rules.turns(hours, first, None, first, timetable.last_day):
        unit_id = post_rules.responsible(list(places), TurnBy.WEEK, first, turn.day)
        timetable.open(
            Occurrence(
                ShiftKind.POST,
                unit_id,
                site_id,
                kept.name,
                timetable.leader_of(places[unit_id]),
                kept.name,
                content,
                turn.day,
                turn.starts_at,
                turn.ends_at,
                kept.wanted,
                kept.wanted * 2,
                post_rules.source_of(number, turn.day, turn.starts),
            )
        )


def train(timetable: Timetable, register: Register, loader: Loader) -> None:
    """Let everybody who is put down for a post have been trained before the first of them."""
    standing = {
        presence.person
        for shifts in timetable.posts.values()
        for shift in shifts
        for presence in shift.presences
    }
    number, first = loader.first_free("qualification"), register.calendar.first_day
    rows: list[Row] = []
    for nth, index in enumerate(sorted(standing)):
        day = first - DAY * (5 + nth % 20)
        rows.append(
            (
                number + nth,
                register.people[index].id,
                QualificationKind.POST_TRAINING.value,
                day.isoformat(),
                months_later(day, TRAINING_HOLDS).isoformat(),
                TRAINING,
                stored(at(day, time(17, 30))),
            )
        )
    loader.write("qualification", rows)


def _hour(moment: time) -> str:
    """Return a time of day as both engines store it."""
    return moment.strftime("%H:%M:%S.%f")
