"""Changes to reminders: what is owed is planned once, and marked when it has been read."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import (
    Select,
    and_,
    func,
    literal,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert as insert_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_sqlite

from volunteer.audits import queries as audits
from volunteer.core.actor import Actor
from volunteer.core.clock import Month, local_day
from volunteer.core.db import UTCDateTime, db, dialect, transaction
from volunteer.core.errors import NotFound
from volunteer.hours import queries as ledger
from volunteer.people.models import Membership, Person
from volunteer.people.queries import kept_people
from volunteer.shifts.notices import Notice
from volunteer.targets import queries as targets
from volunteer.targets.rules import State

from . import access
from .models import Delivery, DeliveryChannel, DeliveryState, Reminder, ReminderKind

COLUMNS = ["person_id", "kind", "period", "required_minutes", "served_minutes", "planned_at"]


def plan_short(month: Month, kind: ReminderKind, *, now: datetime) -> int:
    """Owe a reminder to everybody who is below the month's minimum; return how many are new.

    None to those exempt, without target, or gone (R28, R31). Running it again plans nothing:
    person, kind and month are the key. Required and served minutes are kept as they stood.
    """
    with transaction() as session:
        policy = targets.policy_for(month)
        today = local_day(now)
        newest = _newest()
        planned = (
            session.connection()
            .execute(
                _insert_into(Reminder)
                .from_select(COLUMNS, _ordinary_short(month, kind, now))
                .on_conflict_do_nothing(index_elements=["person_id", "kind", "period"])
            )
            .rowcount
        )
        rest = [
            {
                "person_id": person_id,
                "kind": kind,
                "period": str(month),
                "required_minutes": standing.owes.required,
                "served_minutes": standing.served,
                "planned_at": now,
            }
            for person_id, standing in audits.exceptions(
                month, policy, today=today, settled=True
            ).items()
            if standing.belongs and standing.state in {State.NOT_MET, State.PENDING}
        ]
        if rest:
            planned += session.connection().execute(_new(), rest).rowcount
        _deliver_to_inbox(newest, now)
        return planned


def _insert_into(table: type[Reminder | Delivery]):  # type: ignore[no-untyped-def]
    insert = insert_sqlite if dialect() == "sqlite" else insert_postgresql
    return insert(table).execution_options(preserve_rowcount=True)


def _new():  # type: ignore[no-untyped-def]
    return _insert_into(Reminder).on_conflict_do_nothing(
        index_elements=["person_id", "kind", "period"]
    )


def _ordinary_short(month: Month, kind: ReminderKind, now: datetime) -> Select[*tuple[object, ...]]:
    """Return the rows of everybody short who owes the base: one statement, no row by row."""
    policy = targets.policy_for(month)
    base = policy.monthly_target_minutes
    served = ledger.served_by_person(month, duty_counts=policy.duty_counts_for_target).subquery()
    minutes = func.coalesce(served.c.served, 0)
    return (
        select(
            Membership.person_id,
            literal(str(kind)),
            literal(str(month)),
            literal(base),
            minutes,
            literal(now, UTCDateTime),
        )
        .join(Person, and_(Person.id == Membership.person_id, Person.state == "active"))
        .outerjoin(served, served.c.person_id == Membership.person_id)
        .where(
            audits.whole_month(month),
            minutes < base,
            Membership.person_id.not_in(targets.exempt_people(month)),
            Membership.person_id.not_in(targets.partial_members(month)),
            Membership.person_id.not_in(kept_people()),
        )
    )


def _newest() -> int:
    """Return the id of the newest reminder; those planned from here on have higher ones."""
    return db.session.scalars(select(func.coalesce(func.max(Reminder.id), 0))).one()


def _deliver_to_inbox(newest: int, now: datetime) -> None:
    """Put the reminders after `newest` into the inbox: there they have arrived.

    A range of ids and no join: PostgreSQL knows nothing yet of the rows just written, and
    would look through all deliveries for each of them.
    """
    new = select(
        Reminder.id,
        literal(str(DeliveryChannel.INBOX)),
        literal(str(DeliveryState.DELIVERED)),
        literal(1),
        literal(now, UTCDateTime),
    ).where(Reminder.id > newest)
    db.session.execute(
        _insert_into(Delivery)
        .from_select(["reminder_id", "channel", "state", "attempts", "changed_at"], new)
        .on_conflict_do_nothing(index_elements=["reminder_id", "channel"])
    )


def tell(
    notice: Notice, people: Sequence[int], about: str, shift_id: int | None, now: datetime
) -> None:
    """Owe people a message about a shift or a roster; part of the verb that tells them.

    Person, notice and `about` are the key: telling it again is one message.
    """
    with transaction() as session:
        newest = _newest()
        session.execute(
            _new(),
            [
                {
                    "person_id": person_id,
                    "kind": ReminderKind(notice),
                    "period": about,
                    "shift_id": shift_id,
                    "planned_at": now,
                }
                for person_id in dict.fromkeys(people)
            ],
        )
        _deliver_to_inbox(newest, now)


def mark_read(reminder_id: int, *, actor: Actor, now: datetime) -> None:
    """Mark one of the actor's own messages as read; a repeat changes nothing."""
    with transaction() as session:
        person_id = access.require_self(actor)
        reminder = session.get(Reminder, reminder_id)
        if reminder is None or reminder.person_id != person_id:
            raise NotFound()
        reminder.read_at = reminder.read_at or now


def mark_all_read(*, actor: Actor, now: datetime) -> None:
    """Mark all of the actor's own messages as read."""
    with transaction() as session:
        person_id = access.require_self(actor)
        session.execute(
            update(Reminder)
            .where(Reminder.person_id == person_id, Reminder.read_at.is_(None))
            .values(read_at=now)
        )
