"""Writing down who did what, in the verb's own transaction."""

from datetime import datetime

from sqlalchemy import insert

from .actor import Actor
from .db import db
from .models import Journal

_insert = insert(Journal)


def write(
    action: str,
    object_type: str,
    object_id: object,
    *,
    actor: Actor,
    now: datetime,
    unit_path: str | None = None,
    **body: object,
) -> None:
    """Add one row to the journal; the caller has a transaction open.

    `body` holds plain facts (numbers, words), never a phone number or a name.
    """
    db.session.execute(
        _insert,
        {
            "at": now,
            "actor_account_id": actor.account_id,
            "action": action,
            "object_type": object_type,
            "object_id": str(object_id),
            "unit_path": unit_path,
            "body": body,
        },
    )
