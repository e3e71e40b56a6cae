"""Changes to policies and exemptions."""

from datetime import date, datetime, timedelta

from sqlalchemy import select, update

from volunteer.core import journal
from volunteer.core.actor import Actor
from volunteer.core.clock import Month
from volunteer.core.db import db, transaction
from volunteer.core.errors import NotFound
from volunteer.people.models import Person

from . import access, queries
from .errors import ExemptionDates, PolicyExists, PolicyInForce, SelfApproval
from .models import Exemption, ExemptionKind, Policy, Rounding, TrainingGate


def adopt_policy(
    *,
    valid_from: Month,
    document_number: str,
    monthly_target_minutes: int = 120,
    min_days: int = 10,
    rounding: Rounding = Rounding.NONE,
    grace_in_minutes: int = 0,
    grace_out_minutes: int = 0,
    min_presence_percent: int = 0,
    max_minutes_per_record: int = 480,
    max_minutes_per_day: int = 720,
    duty_counts_for_target: bool = False,
    training_valid_months: int = 12,
    training_gate: TrainingGate = TrainingGate.WARN,
    actor: Actor,
    now: datetime,
) -> Policy:
    """Adopt a version of the monthly rules from a future month on (R33)."""
    with transaction() as session:
        access.require_policy(actor)
        if valid_from <= Month.of(now):
            raise PolicyInForce(month=str(valid_from))
        if session.scalar(select(Policy.id).where(Policy.valid_from == str(valid_from))):
            raise PolicyExists(month=str(valid_from))
        policy = Policy(
            document_number=document_number,
            valid_from=str(valid_from),
            monthly_target_minutes=monthly_target_minutes,
            min_days=min_days,
            rounding=rounding,
            grace_in_minutes=grace_in_minutes,
            grace_out_minutes=grace_out_minutes,
            min_presence_percent=min_presence_percent,
            max_minutes_per_record=max_minutes_per_record,
            max_minutes_per_day=max_minutes_per_day,
            duty_counts_for_target=duty_counts_for_target,
            training_valid_months=training_valid_months,
            training_gate=training_gate,
            created_at=now,
            created_by=actor.account_id,
        )
        session.add(policy)
        session.flush()
        journal.write(
            "policies.adopt",
            "policy",
            policy.id,
            actor=actor,
            now=now,
            valid_from=str(valid_from),
            minutes=monthly_target_minutes,
        )
        return policy


def exempt(
    person: Person,
    *,
    kind: ExemptionKind,
    from_on: date,
    until_on: date,
    actor: Actor,
    now: datetime,
) -> Exemption:
    """Exempt a person from the minimum on days, both included; acts at once (R24).

    Overlapping exemptions are merged where they are counted. The same one twice is one.
    """
    with transaction() as session:
        path = queries.unit_path_of(person.id)
        if path is None:
            raise NotFound()
        access.require_exempt(actor, path)
        if actor.person_id == person.id:
            raise SelfApproval()
        if not timedelta() <= until_on - from_on <= timedelta(days=731):
            raise ExemptionDates()
        same = session.scalar(
            select(Exemption).filter_by(
                person_id=person.id,
                kind=kind,
                from_on=from_on,
                until_on=until_on,
                withdrawn_at=None,
            )
        )
        if same is not None:
            return same
        exemption = Exemption(
            person_id=person.id,
            kind=kind,
            from_on=from_on,
            until_on=until_on,
            approved_by=actor.account_id,
            approved_at=now,
        )
        session.add(exemption)
        session.flush()
        journal.write(
            "exemptions.approve",
            "exemption",
            exemption.id,
            actor=actor,
            now=now,
            unit_path=path,
            kind=kind,
            days=(until_on - from_on).days + 1,
        )
        return exemption


def take_over(kept_id: int, other_id: int, now: datetime) -> None:
    """Let the exemptions of a merged record hold for the kept one (a hook of `people`)."""
    moved = update(Exemption).where(Exemption.person_id == other_id).values(person_id=kept_id)
    db.session.execute(moved)


def withdraw(exemption_id: int, *, actor: Actor, now: datetime) -> None:
    """End an exemption as if it had not been; its row stays. A repeat changes nothing."""
    with transaction() as session:
        exemption = session.get(Exemption, exemption_id, with_for_update=True)
        path = queries.unit_path_of(exemption.person_id) if exemption else None
        if exemption is None or path is None:
            raise NotFound()
        access.require_exempt(actor, path)
        if exemption.withdrawn_at is None:
            exemption.withdrawn_at = now
            journal.write(
                "exemptions.withdraw",
                "exemption",
                exemption.id,
                actor=actor,
                now=now,
                unit_path=path,
            )
