"""When a scan without a signal really was. Pure: a device's time is a claim (checkin.md 1.7).

The server signs the moment of every sync. A scan happened after the sync that its phone
names and before it arrived; what is claimed outside of that is held, never bent into it.
"""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

#: How far two clocks may be apart and still be called the same.
TOLERANCE = timedelta(seconds=120)
#: What arrives so soon after the scan was scanned with a signal: the server's clock counts.
LIVE = timedelta(seconds=10)
#: How long afterwards a scan may be sent in.
LOOKBACK = timedelta(hours=72)
#: Milliseconds since 1970 up to which moments are reckoned with: the year 2200.
LAST_MS = 7_258_118_400_000

SERVER, ANCHORED, OFFSET, STATED = "server", "device_anchored", "device_offset", "stated"


class Sync(NamedTuple):
    """One answer of the server, and what the phone's clocks showed when it came.

    `device_ms` counts from 1970 on the phone's clock, `mono_ms` from when the page was opened.
    """

    server_at: datetime
    device_ms: float
    mono_ms: float
    page: str


class Claim(NamedTuple):
    """What the phone's clocks showed at the scan; `sync` is the last answer before it."""

    device_ms: float
    mono_ms: float
    page: str
    sync: Sync | None


class Timed(NamedTuple):
    """The time that counts, how it was found, and why a person must look at it (None: no need).

    `hold` is a reason of the closed list. `too_old`: it came after the lookback.
    """

    at: datetime
    quality: str
    offset_ms: int
    hold: str | None
    offline: bool
    too_old: bool


def timed(claim: Claim, *, device_ms: float, received_at: datetime, waited: bool = False) -> Timed:
    """Return when a claimed scan was; `device_ms` is the phone's clock as it was sent off.
    What has `waited` in a queue is never of this moment, however short the wait was.

    In one page life the page's own clock counts, which nobody sets; after a reload the phone's
    clock, put right by its offset at the last sync. A page's clock may stand still while the
    phone sleeps: where the phone's clock has not been touched and says something else, it wins.

    >>> nine = datetime(2026, 3, 7, 1, tzinfo=UTC)
    >>> ms = nine.timestamp() * 1000
    >>> sync = Sync(nine, ms + 7_200_000, 500.0, "p")  # a phone two hours fast
    >>> claim = Claim(ms + 7_500_000, 300_500.0, "p", sync)
    >>> later = {"device_ms": ms + 10_800_000, "received_at": nine + timedelta(hours=1)}
    >>> found = timed(claim, **later)
    >>> f"{found.at:%H:%M}", found.quality, found.hold
    ('01:05', 'device_anchored', None)
    >>> found = timed(claim._replace(page="q"), **later)
    >>> f"{found.at:%H:%M}", found.quality, found.hold
    ('01:05', 'device_offset', None)
    """
    offset = _since(device_ms, received_at)
    sync = claim.sync
    if sync is None:
        at = moment(claim.device_ms) + offset
        live = abs(received_at - at) <= LIVE
        hold = None if live else "clock_before_sync"
        return _judged(at, STATED, offset, hold, received_at, waited)
    before = _since(sync.device_ms, sync.server_at)
    at, quality = moment(claim.device_ms) + before, OFFSET
    moved = abs(offset - before) > TOLERANCE
    if claim.page == sync.page:
        anchored = sync.server_at + timedelta(milliseconds=claim.mono_ms - sync.mono_ms)
        if moved or abs(anchored - at) <= TOLERANCE:
            at, quality = anchored, ANCHORED
    hold = None
    if at > received_at + TOLERANCE:
        hold = "clock_future"
    elif at < sync.server_at - TOLERANCE:
        hold = "clock_before_sync"
    elif moved:
        hold = "clock_moved"
    return _judged(at, quality, before, hold, received_at, waited)


def _judged(
    at: datetime,
    quality: str,
    offset: timedelta,
    hold: str | None,
    received_at: datetime,
    waited: bool,
) -> Timed:
    offset_ms = round(offset / timedelta(milliseconds=1))
    kept = max(-(2**31), min(offset_ms, 2**31 - 1))
    if hold is None and not waited and abs(received_at - at) <= LIVE:
        return Timed(received_at, SERVER, kept, None, offline=False, too_old=False)
    too_old = received_at - at > LOOKBACK
    return Timed(at, quality, kept, hold, offline=True, too_old=too_old)


def _since(device_ms: float, at: datetime) -> timedelta:
    """Return what must be added to the phone's clock to get the server's."""
    return at - moment(device_ms)


def moment(ms: float) -> datetime:
    """Return a moment of the phone's clock, kept to the years that we reckon with."""
    return datetime.fromtimestamp(max(0.0, min(ms, LAST_MS)) / 1000, UTC)
