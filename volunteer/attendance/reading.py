"""Reads what a scanner sends: plain JSON of a phone, of which nothing is believed unread."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from . import rules, scanner_list
from .models import Direction
from .phone_clock import Claim, Sync
from .uploads import LONGEST, Item

#: Larger numbers no clock and no counter of ours shows.
LARGEST = 1e13
LARGEST_SEQ = 2**31 - 1


class Unreadable(ValueError):
    """Not a scan: no key, no code, or a number that is none."""


def item(given: Any, *, account_id: int, secret: str, now: datetime) -> Item:
    """Return one scan of a batch; raises Unreadable.

    Without `device_ms` the scan is of this moment. A `sync` that the server has not signed
    for this account is none.
    """
    if not isinstance(given, dict):
        raise Unreadable()
    key, token = word(given, "key", 60), word(given, "token", LONGEST)
    if not rules.is_key(key) or not token:
        raise Unreadable()
    try:
        direction = Direction(given.get("direction", "in"))
    except ValueError:
        raise Unreadable() from None
    said = given.get("sync")
    sync: dict[str, Any] = said if isinstance(said, dict) else {}
    sync_id = word(sync, "id", 100) or None
    claim = Claim(
        device_ms=number(given, "device_ms", default=now.timestamp() * 1000),
        mono_ms=number(given, "mono_ms"),
        page=word(given, "page", 40),
        sync=_sync(sync, sync_id, account_id, secret),
    )
    seq = None if given.get("seq") is None else int(number(given, "seq"))
    if seq is not None and not 0 < seq <= LARGEST_SEQ:
        raise Unreadable()
    return Item(
        key=key,
        direction=direction,
        token=token,
        shift=word(given, "shift", 16) or None,
        claim=claim,
        sync_id=sync_id,
        seq=seq,
        prev_hash=word(given, "prev_hash", 64),
        hash=word(given, "hash", 64),
    )


def _sync(
    said: Mapping[str, Any], sync_id: str | None, account_id: int, secret: str
) -> Sync | None:
    ms = scanner_list.synced_at(sync_id, account_id, secret) if sync_id else None
    if ms is None:
        return None
    return Sync(
        server_at=datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms),
        device_ms=number(said, "device_ms"),
        mono_ms=number(said, "mono_ms"),
        page=word(said, "page", 40),
    )


def number(said: Mapping[str, Any], name: str, *, default: float = 0.0) -> float:
    """Return a number from 0 up; `default` where none is said, Unreadable where it is no such.

    >>> number({"left": 3}, "left"), number({}, "left")
    (3.0, 0.0)
    """
    value = said.get(name)
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Unreadable()
    if not 0 <= value <= LARGEST:  # neither is NaN, and no integer is too long to compare
        raise Unreadable()
    return float(value)


def word(said: Mapping[str, Any], name: str, most: int) -> str:
    """Return a text without what no database takes; "" where none is said."""
    value = said.get(name)
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > most or "\0" in value:
        raise Unreadable()
    if not value.isprintable() and name != "token":
        raise Unreadable()
    return value


def words(said: Mapping[str, Any], name: str) -> list[str]:
    """Return the texts of a list; what is no text is left out."""
    value = said.get(name)
    if not isinstance(value, list):
        return []
    return [each for each in value if isinstance(each, str) and each.isprintable()]
