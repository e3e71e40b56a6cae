"""Where a phone says it is, held against a site; no position is kept (R58, checkin.md 1.11)."""

import hashlib
import hmac
from math import asin, cos, isfinite, radians, sin, sqrt
from typing import NamedTuple

from .models import Position, Reason
from .rules import USUAL_METRES, Fence

EARTH_METRES = 6_371_000
#: However bad the reading, no more than this is given to the person.
GIVEN_AT_MOST = 100
#: Distances are kept as the least of these that holds them, the last one for all beyond.
BANDS = (50, 100, 150, 300, 500, 1_000, 2_000, 5_000, 10_000, 50_000)


class Fix(NamedTuple):
    """One reading of a phone: WGS-84 degrees, and how many metres it may be wrong."""

    latitude: float
    longitude: float
    accuracy: float


class Judged(NamedTuple):
    """What is kept of a reading, and why it leaves a doubt (None: it leaves none)."""

    position: Position
    band: int | None
    reason: Reason | None


UNKNOWN = Judged(Position.NONE, None, Reason.LOCATION_MISSING)


def read_fix(latitude: str, longitude: str, accuracy: str) -> Fix | None:
    """Read what a page sent; None is no reading, and so are 0/0 and one of unknown accuracy.

    >>> read_fix("29.4758", "119.2812", "18.5")
    Fix(latitude=29.4758, longitude=119.2812, accuracy=18.5)
    >>> [read_fix(*each) for each in (("0", "0", "5"), ("29", "119", ""), ("x", "nan", "1"))]
    [None, None, None]
    """
    try:
        fix = Fix(float(latitude), float(longitude), float(accuracy))
    except ValueError:
        return None
    if not all(map(isfinite, fix)) or abs(fix.latitude) > 90 or abs(fix.longitude) > 180:
        return None
    return fix if fix.accuracy > 0 and fix[:2] != (0, 0) else None


def metres_between(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Return the distance of two points, as latitude and longitude in degrees.

    >>> round(metres_between((29.0, 119.0), (29.001, 119.0)))
    111
    """
    (lat, lon), (lat2, lon2) = (map(radians, point) for point in (one, other))
    half = sin((lat2 - lat) / 2) ** 2 + cos(lat) * cos(lat2) * sin((lon2 - lon) / 2) ** 2
    return 2 * EARTH_METRES * asin(sqrt(min(1.0, half)))


def judge(fix: Fix | None, fence: Fence) -> Judged:
    """Tell whether a phone is inside; what cannot be told is imprecise, never outside.

    >>> fence = Fence(29.0, 119.0, 150, refuses=False)
    >>> def of(north, accuracy):  # a thousandth of a degree is 111 metres
    ...     judged = judge(Fix(29.0 + north / 1000, 119.0, accuracy), fence)
    ...     return str(judged.position), judged.band, judged.reason and str(judged.reason)
    >>> of(0, 20), of(2.1, 90), of(10, 20)
    (('inside', 50, None), ('inside', 300, None), ('outside', 2000, 'outside_fence'))
    >>> of(0, 900), of(2.3, 140)
    (('none', 50, 'location_imprecise'), ('none', 300, 'location_imprecise'))
    """
    if fix is None:
        return UNKNOWN
    metres = metres_between(fix[:2], fence[:2])
    band = next((each for each in BANDS if metres <= each), BANDS[-1])
    if metres - fix.accuracy > fence.metres:
        return Judged(Position.OUTSIDE, band, Reason.OUTSIDE_FENCE)
    if fix.accuracy > max(fence.metres, USUAL_METRES):
        return Judged(Position.NONE, band, Reason.LOCATION_IMPRECISE)
    if metres - min(fix.accuracy, GIVEN_AT_MOST) <= fence.metres:
        return Judged(Position.INSIDE, band, None)
    return Judged(Position.NONE, band, Reason.LOCATION_IMPRECISE)


def mark(fix: Fix, shift_id: int, secret: bytes) -> str:
    """Return what shows that two readings of one shift are the same, and nothing else."""
    text = f"{shift_id}|{fix.latitude:.6f}|{fix.longitude:.6f}"
    return hmac.new(secret, text.encode(), hashlib.sha256).hexdigest()
