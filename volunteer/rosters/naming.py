"""What the names and times in a sheet with a roster mean: shifts and people."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import contains_eager, joinedload

from volunteer.activities.models import Activity
from volunteer.core import clock
from volunteer.core.clock import local, local_day
from volunteer.core.db import db, within
from volunteer.people.models import Membership, Person, PersonState
from volunteer.people.rules import Wrong, normalise_name
from volunteer.posts.models import Post
from volunteer.posts.queries import takes_part
from volunteer.shifts.models import Assignment, AssignmentState, Shift, ShiftState, Site
from volunteer.units.models import Unit
from volunteer.units.rules import name_key

from .rules import Half, Named, When

T = TypeVar("T")

NOON = 12
#: How far ahead a roster may reach.
AHEAD = timedelta(days=366)


class Asked(NamedTuple):
    """A row as it was read: `said` is what it says of the time, `unit` the path of the unit
    whose people are to serve."""

    row: int
    when: When
    said: str
    post: str
    unit: str
    people: list[Named]


class Places:
    """The shifts that rows may mean, by what the place is called and by day."""

    def __init__(self, rows: Sequence[Asked], under: Sequence[str], today: date) -> None:
        self.by_name: defaultdict[str, dict[int, Shift]] = defaultdict(dict)
        #: What a site is called counts where nothing of its own is called so.
        self.by_site: defaultdict[str, dict[int, Shift]] = defaultdict(dict)
        names: dict[str, list[str]] = defaultdict(list)
        posts = select(Post.id, Post.code, Post.name).where(takes_part(under))
        for post_id, code, name in db.session.execute(posts):
            for key in (name_key(code), name_key(name)):
                names[f"post:{post_id}"].append(key)
                self.by_name[key.upper()]
        activities = select(Activity.title).join(Unit, Unit.id == Activity.unit_id)
        for title in db.session.scalars(activities.where(within(Unit.path, under))):
            self.by_name[name_key(title).upper()]
        sites = select(Site.code, Site.name).join(Unit, Unit.id == Site.unit_id)
        for each in db.session.execute(sites.where(within(Unit.path, under))):
            for name in each:
                self.by_site[name_key(name).upper()]
        for shift in _shifts_between({each.when.day for each in rows}, under, today):
            source = ":".join((shift.source or "").split(":")[:2])
            for name in (shift.title, *names.get(source, ())):
                self.by_name[name_key(name).upper()][shift.id] = shift
            for name in (shift.site.code, shift.site.name):
                self.by_site[name_key(name).upper()][shift.id] = shift

    def days_of(self, name: str) -> dict[date, list[Shift]] | None:
        """Return the shifts of what is called so, by day; None where nothing is."""
        key = name_key(name).upper()
        if key not in self.by_name and key not in self.by_site:
            return None
        days: defaultdict[date, list[Shift]] = defaultdict(list)
        for shift in (self.by_name.get(key) or self.by_site.get(key) or {}).values():
            days[local_day(shift.starts_at)].append(shift)
        return days


def _shifts_between(days: Collection[date], under: Sequence[str], today: date) -> Sequence[Shift]:
    """Return the shifts of the subtrees from the first to the last of the days to come."""
    ahead = [day for day in days if today <= day <= today + AHEAD]
    if not ahead:
        return []
    midnight = datetime.min.time()
    since = clock.at(min(ahead), midnight)
    until = clock.at(max(ahead) + timedelta(days=1), midnight)
    statement = (
        select(Shift)
        .join(Shift.unit)
        .where(within(Unit.path, under), Shift.starts_at >= since, Shift.starts_at < until)
        .options(contains_eager(Shift.unit), joinedload(Shift.site))
        .order_by(Shift.starts_at, Shift.id)
    )
    return db.session.scalars(statement).all()


def shift_meant(asked: Asked, places: Places, today: date, now: datetime) -> Shift | str:
    """Return which shift a row means, or the code of what is wrong."""
    days = places.days_of(asked.post)
    if days is None:
        return "unknown_post"
    there = days.get(asked.when.day, [])
    planned = [each for each in there if each.state == ShiftState.PLANNED]
    fit = fitting(planned, asked) or fitting(there, asked)
    if asked.when.day < today or (len(fit) == 1 and fit[0].ends_at <= now):
        return "over"
    if len(fit) != 1:
        return "ambiguous_shift" if fit else "no_shift"
    return "cancelled" if fit[0].state == ShiftState.CANCELLED else fit[0]


def fitting(there: Sequence[Shift], asked: Asked) -> list[Shift]:
    """Return those of a day's shifts that a row's time fits; where several begin at once, those
    of the row's unit."""
    when = asked.when
    fit = [each for each in there if _fits(each, when)]
    if when.starts is None and when.half and fit:
        pick = min if when.half == Half.FIRST else max
        begins = pick(each.starts_at for each in fit)
        fit = [each for each in fit if each.starts_at == begins]
    if len(fit) > 1:
        near = (asked.unit, *_above(asked.unit))
        own = [e for e in fit if e.unit.path in near or e.unit.path.startswith(asked.unit)]
        return own or fit
    return list(fit)


def _fits(shift: Shift, when: When) -> bool:
    starts, ends = local(shift.starts_at), local(shift.ends_at)
    if when.starts is not None:
        same = (starts.hour, starts.minute) == (when.starts.hour, when.starts.minute)
        till = when.ends is None or (ends.hour, ends.minute) == (when.ends.hour, when.ends.minute)
        return same and till
    if when.half:
        return (starts.hour < NOON) == (when.half == Half.FIRST)
    return True


def _above(path: str) -> Iterator[str]:
    """Yield the paths of the units above.

    >>> list(_above("/1/14/233/"))
    ['/1/14/', '/1/']
    """
    steps = path.strip("/").split("/")
    for count in range(len(steps) - 1, 0, -1):
        yield f"/{'/'.join(steps[:count])}/"


class Known(NamedTuple):
    """A person's stay in a unit."""

    id: int
    name: str
    phone: str
    path: str
    from_on: date
    until_on: date | None


def clean(name: str) -> str:
    """Return a name as the register has it, or as it is where it can be nobody's."""
    try:
        return normalise_name(name) if name else ""
    except Wrong:
        return name


def people_named(rows: Sequence[Asked], under: Sequence[str]) -> dict[str, list[Known]]:
    """Return the active people of the subtrees whom rows name, by name and by phone."""
    named = {each for row in rows for each in row.people}
    names = sorted({clean(each.name) for each in named} - {""})
    phones = sorted({each.digits for each in named if len(each.digits) == 11})
    found: defaultdict[str, list[Known]] = defaultdict(list)
    for column, words in ((Person.name, names), (Person.phone, phones)):
        for some in parts(words):
            statement = (
                select(
                    Person.id,
                    Person.name,
                    Person.phone,
                    Unit.path,
                    Membership.from_on,
                    Membership.until_on,
                )
                .join(Membership, Membership.person_id == Person.id)
                .join(Unit, Unit.id == Membership.unit_id)
                .where(
                    column.in_(some), Person.state == PersonState.ACTIVE, within(Unit.path, under)
                )
            )
            for each in db.session.execute(statement):
                known = Known(each[0], each[1], each[2] or "", *each[3:])
                found[known.name if column is Person.name else known.phone].append(known)
    return found


def meant(asked: Asked, named: Named, people: dict[str, list[Known]]) -> Known | str:
    """Return whom a row means, of its unit on its day, or the code of what is wrong."""
    day = asked.when.day
    all_named = people.get(clean(named.name) or named.digits, [])
    fit = [each for each in all_named if each.phone.endswith(named.digits)]
    here = {
        each.id: each
        for each in fit
        if each.path.startswith(asked.unit)
        and each.from_on <= day
        and (each.until_on is None or day < each.until_on)
    }
    if len(here) == 1:
        return next(iter(here.values()))
    return "ambiguous_person" if here else "not_in_unit" if fit else "unknown_person"


Taken = list[tuple[int, datetime, datetime]]


def busy(person_ids: Iterable[int], shifts: Collection[Shift]) -> defaultdict[int, Taken]:
    """Return where people serve while the shifts last: by person, shift, start and end."""
    found: defaultdict[int, Taken] = defaultdict(list)
    if not shifts:
        return found
    first = min(each.starts_at for each in shifts)
    last = max(each.ends_at for each in shifts)
    for some in parts(sorted(person_ids)):
        taken = select(
            Assignment.person_id, Assignment.shift_id, Assignment.starts_at, Assignment.ends_at
        ).where(
            Assignment.person_id.in_(some),
            Assignment.state == AssignmentState.ASSIGNED,
            Assignment.starts_at < last,
            Assignment.ends_at > first,
        )
        for person_id, shift_id, starts_at, ends_at in db.session.execute(taken):
            found[person_id].append((shift_id, starts_at, ends_at))
    return found


def here(shift_ids: Iterable[int]) -> defaultdict[int, set[int]]:
    """Return who is assigned, by shift."""
    found: defaultdict[int, set[int]] = defaultdict(set)
    for some in parts(sorted(shift_ids)):
        there = select(Assignment.shift_id, Assignment.person_id).where(
            Assignment.shift_id.in_(some), Assignment.state == AssignmentState.ASSIGNED
        )
        for shift_id, person_id in db.session.execute(there):
            found[shift_id].add(person_id)
    return found


def parts(ids: Sequence[T], size: int = 500) -> list[Sequence[T]]:
    return [ids[start : start + size] for start in range(0, len(ids), size)]
