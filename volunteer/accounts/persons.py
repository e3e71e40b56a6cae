"""What becomes of a log-in when a person's record changes (hooks of `people`)."""

from datetime import date, datetime

from sqlalchemy import update

from volunteer.core.db import db

from . import queries, service
from .models import AccountGrant, CodeKind


def renew(person_id: int, now: datetime) -> None:
    """End the log-ins and codes of an old phone number: they were made for who holds it."""
    if account := queries.account_of(person_id):
        service.end_logins(account.id, now=now)
        for kind in CodeKind:
            service.end_codes(account.id, kind, now=now)


def retire(person_id: int, since: date, now: datetime) -> None:
    """End log-ins, codes and roles of somebody who has left; a return begins without them."""
    renew(person_id, now)
    if account := queries.account_of(person_id):
        db.session.execute(
            update(AccountGrant)
            .where(AccountGrant.account_id == account.id, AccountGrant.ended_at.is_(None))
            .values(ended_at=now)
        )
