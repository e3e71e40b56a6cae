"""Months that may be scheduled, and what the cells of a sheet with a roster say."""

import re
import unicodedata
from datetime import date, time, timedelta
from enum import StrEnum
from typing import NamedTuple

from volunteer.core.clock import Month

#: How many months ahead one may schedule.
AHEAD = 6
POSTS_A_WEEK = 3
MOST_POSTS_A_WEEK = 7
#: How long a day without its year may be over before it means the next year.
LATELY = timedelta(days=60)

_DAY = re.compile(
    r"(?:(?P<year>\d{4})\s*[-/.年]\s*)?(?P<month>\d{1,2})\s*[-/.月]\s*(?P<day>\d{1,2})"
    r"(?:\s*[日号]|T|(?![\d:点时]))"
)
_BARE_DAY = re.compile(r"(20\d{2})(\d{2})(\d{2})(?!\d)")
_WEEKDAY = re.compile(r"\(?(?:周|星期|礼拜)[一二三四五六日天]\)?")
_HALF = (
    r"(?:(?P<first{0}>(?:清晨|早晨|早上|早|上午)[班岗]?)"
    r"|(?P<last{0}>(?:下午|傍晚|晚上|晚|夜)[班岗]?))?"
)
_HOUR = r"(?P<hour{0}>\d{{1,2}})[:.点时](?P<minute{0}>\d{{2}}|半)?分?(?::\d{{2}})?"
_WHEN = re.compile(
    rf"{_HALF.format('')}\W*"
    rf"(?:{_HOUR.format('')}(?:[-—–~至到]+{_HALF.format('2')}{_HOUR.format('2')})?)?"
)
_BETWEEN = re.compile(r"([、,;/|\n])")
_PERSON = re.compile(r"(?P<name>[^\d+]*?)(?:[\s:(]*(?P<digits>\+?\d[\d\s-]*)\)?)?")


def may_schedule(month: Month, *, present: Month) -> bool:
    """Tell whether a month can be drawn: the present one, or one of the next six.

    >>> november = Month(2026, 11)
    >>> [may_schedule(m, present=november) for m in (november, Month(2027, 5), Month(2027, 6))]
    [True, True, False]
    >>> may_schedule(Month(2026, 10), present=november)
    False
    """
    return 0 <= apart(present, month) <= AHEAD


def apart(one: Month, other: Month) -> int:
    """Return by how many months the second is later."""
    return (other.year - one.year) * 12 + other.month - one.month


def ahead(present: Month) -> list[Month]:
    """Return the months that can be scheduled, the present one first.

    >>> [str(month) for month in ahead(Month(2026, 11))][:3]
    ['2026-11', '2026-12', '2027-01']
    """
    found = [present]
    while len(found) <= AHEAD:
        found.append(found[-1].next)
    return found


class Half(StrEnum):
    """A day's first shift at a place, or its last."""

    FIRST = "first"
    LAST = "last"


class When(NamedTuple):
    """What a cell says of the time; all None but the day is the day's only shift."""

    day: date
    starts: time | None = None
    ends: time | None = None
    half: Half | None = None


def when_of(text: str, *, today: date) -> When:
    """Read a day and perhaps a window as people write them; raises ValueError.

    A day without its year is the next one, or one of the last two months.

    >>> today = date(2026, 11, 23)
    >>> when = when_of("2026-12-01 7：30～9：00", today=today)
    >>> when == when_of("12月1日（周二）早上7点半至9点", today=today)._replace(half=None)
    True
    >>> when.day, when.starts, when.ends
    (datetime.date(2026, 12, 1), datetime.time(7, 30), datetime.time(9, 0))
    >>> when_of("1.4 晚", today=today)[::3], when_of("12/1 下午2:30", today=today).starts
    ((datetime.date(2027, 1, 4), <Half.LAST: 'last'>), datetime.time(14, 30))
    >>> when_of("12月1日 中班", today=today)
    Traceback (most recent call last):
    ValueError: no time: '12月1日 中班'
    """
    said = _BARE_DAY.sub(r"\1-\2-\3", unicodedata.normalize("NFKC", text).strip(), count=1)
    found = _DAY.match(said)
    more = _WEEKDAY.sub("", "".join(said[found.end() :].split())) if found else ""
    rest = _WHEN.fullmatch(more.strip(",、"))
    if found is None or rest is None:
        raise ValueError(f"no time: {text!r}")
    year = int(found["year"] or today.year)
    day = date(year, int(found["month"]), int(found["day"]))
    if found["year"] is None and day < today - LATELY:
        day = day.replace(year=year + 1)
    half = Half.FIRST if rest["first"] else Half.LAST if rest["last"] else None
    starts = _time(rest["hour"], rest["minute"], half == Half.LAST)
    late = bool(rest["last2"]) or (half == Half.LAST and not rest["first2"])
    return When(day, starts, _time(rest["hour2"], rest["minute2"], late), half)


def _time(hour: str | None, minute: str | None, is_late: bool) -> time | None:
    if hour is None:
        return None
    number = int(hour)
    minutes = 30 if minute == "半" else int(minute or 0)
    return time(number + 12 if is_late and number < 12 else number, minutes)


class Named(NamedTuple):
    """Somebody as a cell names them; `digits` are a phone, its last four, or nothing."""

    name: str
    digits: str = ""

    def __str__(self) -> str:
        return f"{self.name}{self.digits}"


def people_of(text: str) -> list[Named]:
    """Read the people that a cell names, with 、 / , or ; between them.

    >>> people_of("王芳、李明 5678；19901234567")
    [Named(name='王芳', digits=''), Named(name='李明', digits='5678'), \
Named(name='', digits='19901234567')]
    >>> people_of("王芳/199 0123 4567") == people_of("王芳（+86 199-0123-4567）")
    True
    """
    found: list[Named] = []
    mark = ""
    for part in _BETWEEN.split(unicodedata.normalize("NFKC", text)):
        if _BETWEEN.fullmatch(part):
            mark = part
            continue
        said = _PERSON.fullmatch(part.strip())
        name = said["name"].strip() if said else part.strip()
        digits = re.sub(r"\D", "", (said and said["digits"]) or "")
        digits = digits[2:] if len(digits) == 13 and digits.startswith("86") else digits
        if name and len(digits) not in (4, 11):
            name, digits = part.strip(), ""
        if mark == "/" and digits and not name and found and not found[-1].digits:
            found[-1] = found[-1]._replace(digits=digits)
        elif name or digits:
            found.append(Named(name, digits))
    return found
