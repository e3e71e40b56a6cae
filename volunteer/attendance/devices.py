"""Which browser asks, and who else has asked with it (checkin.md 1.10)."""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import and_, bindparam, func, insert, select, update

from volunteer.core.db import run

from .models import (
    Attendance,
    AttendanceState,
    BindingState,
    Device,
    DeviceBinding,
    DeviceKind,
    Direction,
    Review,
    Scan,
    Verdict,
)

#: More people than this with one phone at one shift are a crowd.
MOST_PEOPLE = 3
#: A leader who reads codes faster than this, so many times on end, is no leader reading codes.
QUICK = timedelta(seconds=1.5)
ON_END = 10
DAY = timedelta(days=1)

_own = DeviceBinding.person_id == bindparam("whose")
_device = (
    select(
        Device.id,
        Device.revoked_at,
        Device.last_seen_at,
        DeviceBinding.last_seen_at,
        DeviceBinding.state,
        Scan.person_id,
    )
    .outerjoin(DeviceBinding, and_(DeviceBinding.device_id == Device.id, _own))
    .outerjoin(
        Scan,
        and_(
            Scan.shift_id == bindparam("shift_id"),
            Scan.device_id == Device.id,
            Scan.person_id != bindparam("whose"),
            Scan.actor_account_id != bindparam("account_id"),
            Scan.verdict.in_([Verdict.ACCEPTED, Verdict.HELD]),
        ),
    )
    .where(Device.cookie_hash == bindparam("cookie_hash"))
    .distinct()
)
_has_others = select(DeviceBinding.device_id).where(_own).limit(1)
_insert_device = insert(Device).returning(Device.id)
_insert_binding = insert(DeviceBinding)
_seen = bindparam("now", type_=Device.last_seen_at.type)
_touch_device = update(Device).where(Device.id == bindparam("which")).values(last_seen_at=_seen)
_touch_binding = (
    update(DeviceBinding)
    .where(DeviceBinding.device_id == bindparam("which"), _own)
    .values(last_seen_at=_seen)
)
_pace = (
    select(Scan.received_at)
    .where(
        Scan.shift_id == bindparam("shift_id"),
        Scan.actor_account_id == bindparam("account_id"),
        Scan.person_id != bindparam("actor_person_id"),
        Scan.direction == Direction.IN,
        Scan.offline.is_(False),
    )
    .order_by(Scan.id.desc())
    .limit(ON_END - 1)
)
_same_place = select(func.count(Scan.person_id.distinct())).where(
    Scan.shift_id == bindparam("shift_id"),
    Scan.position_hash == bindparam("position_hash"),
    Scan.person_id != bindparam("person_id"),
)
_hold = (
    update(Attendance)
    .where(
        Attendance.shift_id == bindparam("at_shift"),
        Attendance.person_id == bindparam("whose"),
        Attendance.state == AttendanceState.OPEN,
        Attendance.review == Review.NONE,
    )
    .values(review=Review.PENDING)
)


class Seen(NamedTuple):
    """A browser, as far as one person goes."""

    device_id: int | None
    #: The person has used it on another day.
    is_known: bool = False
    #: The person has used others, and not this one.
    is_new: bool = False
    #: Who else has checked in or out at the shift with it, by their own log-in.
    others: tuple[int, ...] = ()


NO_DEVICE = Seen(None)


def cookie_hash(cookie: str) -> str:
    return hashlib.sha256(cookie.encode()).hexdigest()


def look(
    hashed: str | None, shift_id: int, *, person_id: int, account_id: int, now: datetime
) -> Seen:
    """Return the browser behind a cookie, and write down that this person uses it.

    A browser without a cookie is none: nothing is held against it, and nothing proven by it.
    A revoked one is none, too. Runs inside the verb's transaction.
    """
    if hashed is None:
        return NO_DEVICE
    facts = {"cookie_hash": hashed, "whose": person_id, "shift_id": shift_id}
    rows = run(_device, {**facts, "account_id": account_id}).all()
    if not rows:
        made = {"account_id": account_id, "kind": DeviceKind.VOLUNTEER, "cookie_hash": hashed}
        made |= {"first_seen_at": now, "last_seen_at": now}
        return _bind(run(_insert_device, made).scalar_one(), person_id, now)
    device_id, revoked_at, device_seen, bound_seen, state, _ = rows[0]
    others = tuple(row[-1] for row in rows if row[-1] is not None)
    if revoked_at:
        return NO_DEVICE
    if now - device_seen >= DAY:
        run(_touch_device, {"which": device_id, "now": now})
    if state is None:
        return _bind(device_id, person_id, now)._replace(others=others)
    if now - bound_seen >= DAY:
        run(_touch_binding, {"which": device_id, "whose": person_id, "now": now})
    return Seen(device_id, is_known=state != BindingState.BLOCKED, others=others)


def _bind(device_id: int, person_id: int, now: datetime) -> Seen:
    others = run(_has_others, {"whose": person_id}).first() is not None
    facts = {"device_id": device_id, "person_id": person_id, "state": BindingState.SEEN}
    run(_insert_binding, {**facts, "first_seen_at": now, "last_seen_at": now})
    return Seen(device_id, is_new=others)


def hold_too(person_ids: Sequence[int], shift_id: int) -> None:
    """Let those who are still there with the same browser wait for the leader as well."""
    for each in person_ids:
        run(_hold, {"at_shift": shift_id, "whose": each})


def is_burst(shift_id: int, *, account_id: int, actor_person_id: int, now: datetime) -> bool:
    """Tell whether a leader has read the last codes faster than a person can."""
    facts = {"shift_id": shift_id, "account_id": account_id, "actor_person_id": actor_person_id}
    moments = [now, *(row[0] for row in run(_pace, facts))]
    steps = [later - earlier for later, earlier in zip(moments, moments[1:], strict=False)]
    return len(moments) == ON_END and all(step < QUICK for step in steps)


def same_place(shift_id: int, position_hash: str, person_id: int) -> int:
    """Return how many others at the shift sent the very same position, to the last digit."""
    facts = {"shift_id": shift_id, "position_hash": position_hash, "person_id": person_id}
    return int(run(_same_place, facts).scalar_one())
