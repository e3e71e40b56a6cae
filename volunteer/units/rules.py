"""How units' names and codes are compared."""

import re
import unicodedata
from datetime import date

from volunteer.core.actor import Actor, Role

from .errors import ChangeDay, DayToCome, UnitEnded

#: Zero-width marks, soft hyphens and direction marks: seen by nobody, compared by no one.
INVISIBLE = re.compile("[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
BLANK = re.compile(r"\s+")

LONGEST_CODE = 20
LONGEST_NAME = 60
LONGEST_PATH = 120

#: The kind of unit that a unit administrator may set up within the own unit.
SECTION = "section"


def name_key(name: str) -> str:
    """Return a name as it is compared: NFKC, without blanks and invisible marks.

    >>> name_key(" 艾溪（西湖）\u200b社区\u3000") == name_key("艾溪(西湖)社区")
    True
    """
    text = unicodedata.normalize("NFKC", name)
    return BLANK.sub("", INVISIBLE.sub("", text))


def clean_name(name: str) -> str:
    """Return a name as it is stored: trimmed, runs of blanks as one, nothing invisible.

    >>> clean_name("\\u3000艾溪（西湖）社区 ")
    '艾溪（西湖）社区'
    """
    return BLANK.sub(" ", INVISIBLE.sub("", name)).strip()


def require_standing(name: str, ended_on: date | None, *, on: date) -> None:
    """Refuse anything new for a unit that is no more on the day; raises UnitEnded."""
    if ended_on is not None and ended_on <= on:
        raise UnitEnded(unit=name)


def require_change_day(on: date, *, after: date | None, today: date) -> None:
    """Refuse a change on a day to come (DayToCome), or not after the day `after` (ChangeDay)."""
    if on > today:
        raise DayToCome()
    if after is not None and on <= after:
        raise ChangeDay(earliest=after.isoformat())


def parent_path(path: str) -> str:
    """Return the path of the unit above; the root has "/" above it.

    >>> parent_path("/1/14/233/"), parent_path("/1/")
    ('/1/14/', '/')
    """
    return path.rstrip("/").rpartition("/")[0] + "/"


def may_change(actor: Actor, kind: str, above: str) -> bool:
    """Tell whether the actor may add, rename and close a unit of the kind below `above`.

    The city office may everywhere, a unit administrator with the sections of the own unit.
    """
    if actor.holds(above, Role.CITY_OFFICE):
        return True
    return kind == SECTION and actor.holds(above, Role.UNIT_ADMIN)
