"""Where a site lies, and how far from it a check-in still counts (checkin.md 1.11, R58)."""

import re
from datetime import datetime
from enum import StrEnum
from math import cos, pi, radians, sin, sqrt
from typing import NamedTuple

from volunteer.core import journal
from volunteer.core.actor import Actor
from volunteer.core.db import db, transaction

from . import access
from .models import FenceMode, Site


class Datum(StrEnum):
    """By which system a point was read: a phone tells WGS-84, Chinese maps show GCJ-02."""

    GCJ02 = "gcj02"
    WGS84 = "wgs84"


class Point(NamedTuple):
    latitude: float
    longitude: float


_NUMBERS = re.compile(r"\s*(\d{1,3}\.\d{3,12})\s*[,，;；\s]\s*(\d{1,3}\.\d{3,12})\s*")
#: The ellipsoid of GCJ-02.
_AXIS, _ECCENTRICITY = 6_378_245.0, 0.00669342162296594323


def read_point(text: str) -> Point | None:
    """Read two numbers as a map shows them, in either order; None where it is no point in China.

    >>> read_point("29.475812, 119.281234")
    Point(latitude=29.475812, longitude=119.281234)
    >>> read_point("119.281234，29.475812") == read_point("29.475812 119.281234")
    True
    >>> [read_point(text) for text in ("", "29.47", "0.000, 0.000", "48.1371, 11.5754")]
    [None, None, None, None]
    """
    found = _NUMBERS.fullmatch(text)
    if found is None:
        return None
    low, high = sorted(map(float, found.groups()))
    return Point(low, high) if 3 <= low <= 54 and 73 <= high <= 136 else None


def from_gcj02(latitude: float, longitude: float) -> Point:
    """Return the WGS-84 point that a Chinese map shows at these degrees, to the centimetre.

    >>> round(from_gcj02(39.91334545536069, 116.38404722455657).latitude, 6)
    39.911954
    """
    guess = Point(latitude, longitude)
    for _ in range(8):
        shown = to_gcj02(*guess)
        guess = Point(
            guess.latitude - (shown.latitude - latitude),
            guess.longitude - (shown.longitude - longitude),
        )
    return guess


def to_gcj02(latitude: float, longitude: float) -> Point:
    """Return where a Chinese map shows a WGS-84 point: tens to hundreds of metres away."""
    x, y = longitude - 105, latitude - 35
    common = (20 * sin(6 * x * pi) + 20 * sin(2 * x * pi)) * 2 / 3
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(abs(x)) + common
    north += (20 * sin(y * pi) + 40 * sin(y / 3 * pi)) * 2 / 3
    north += (160 * sin(y / 12 * pi) + 320 * sin(y * pi / 30)) * 2 / 3
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(abs(x)) + common
    east += (20 * sin(x * pi) + 40 * sin(x / 3 * pi)) * 2 / 3
    east += (150 * sin(x / 12 * pi) + 300 * sin(x / 30 * pi)) * 2 / 3
    angle = radians(latitude)
    magic = 1 - _ECCENTRICITY * sin(angle) ** 2
    north = north * 180 / (_AXIS * (1 - _ECCENTRICITY) / (magic * sqrt(magic)) * pi)
    east = east * 180 / (_AXIS / sqrt(magic) * cos(angle) * pi)
    return Point(latitude + north, longitude + east)


def place_site(
    site: Site,
    *,
    point: Point | None,
    datum: Datum,
    metres: int | None,
    mode: FenceMode,
    actor: Actor,
    now: datetime,
) -> Site:
    """Say where a site lies and what its fence does; a repeat changes nothing.

    Points from a Chinese map are converted, WGS-84 is stored. Without a point the fence is
    off, whatever was asked.
    """
    with transaction() as session:
        path = site.unit.path
        access.require_schedule(actor, path)
        row = session.get_one(Site, site.id, with_for_update=True, populate_existing=True)
        if point and datum is Datum.GCJ02:
            point = from_gcj02(*point)
        mode = mode if point else FenceMode.OFF
        stored = [round(each, 6) for each in point] if point else [None, None]
        wanted = (*stored, metres, mode)
        if wanted == (row.latitude, row.longitude, row.fence_metres, row.fence_mode):
            return row
        row.latitude, row.longitude, row.fence_metres, row.fence_mode = wanted
        db.session.flush()
        journal.write(
            "sites.place", "site", row.code, actor=actor, now=now, unit_path=path, fence=mode
        )
        return row
