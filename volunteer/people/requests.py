"""What people ask about their own record, what they agree to, and what is decided about it."""

import secrets
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError

from volunteer.core import journal
from volunteer.core.actor import Actor
from volunteer.core.clock import local_day
from volunteer.core.db import again_on_conflict, db, transaction
from volunteer.core.errors import NotFound
from volunteer.units import queries as units

from . import access, hooks, records, rules, service
from .errors import REFUSALS, AskedAlready, NameUnchanged, NoticeEmpty, NoticeOld, ReasonUnknown
from .models import (
    ConsentState,
    Membership,
    Notice,
    Person,
    PersonRequest,
    PersonState,
    PlannedMove,
    Purpose,
    Qualification,
    RequestKind,
    RequestState,
)

#: What a person may answer to a notice.
ANSWERS = {ConsentState.GIVEN, ConsentState.DECLINED, ConsentState.WITHDRAWN}


def ask_name(name: str, *, actor: Actor, now: datetime) -> PersonRequest:
    """Ask that the own name be stored as it should be. Raises NameInvalid, NameUnchanged.

    The same name asked for again is the same request; another one is AskedAlready.
    """
    with transaction():
        person = _self(actor)
        wanted = service.name_of(name)
        if wanted == person.name:
            raise NameUnchanged()
        return _ask(person, RequestKind.NAME, wanted, actor, now)


def ask_deletion(*, actor: Actor, now: datetime) -> PersonRequest:
    """Ask that the own name and phone be erased. A repeat is the same request."""
    with transaction():
        return _ask(_self(actor), RequestKind.DELETION, None, actor, now)


def take_back(public_id: str, *, actor: Actor, now: datetime) -> None:
    """Take an own open request back. A repeat changes nothing; raises NotFound for another's."""
    with transaction():
        person = _self(actor)
        wanted = select(PersonRequest).filter_by(public_id=public_id, person_id=person.id)
        asked = db.session.scalar(wanted.with_for_update())
        if asked is None:
            raise NotFound()
        if asked.state == RequestState.OPEN:
            _close(asked, RequestState.TAKEN_BACK, None, actor, now)


@again_on_conflict
def answer_notice(state: ConsentState, *, version: int, actor: Actor, now: datetime) -> None:
    """Write down what a person answers to the notice that was shown (R4, R62).

    Withdrawing is as easy as giving. The same answer to the same version is one. Raises
    NoticeOld where a newer version has come meanwhile: it is shown then.
    """
    with transaction():
        person = _self(actor)
        if state not in ANSWERS or version != records.current_notice().version:
            raise NoticeOld()
        if (person.consent, person.consent_version) != (state, version):
            service.record_consent(person, state, version=version, actor=actor, now=now)


def note_copy(form: str, *, actor: Actor, now: datetime) -> None:
    """Note that a person took a copy of the own data."""
    with transaction():
        person = _self(actor)
        journal.write("people.copy", "person", person.id, actor=actor, now=now, form=form)


def decide(
    public_id: str, *, grant: bool, reason: str | None = None, actor: Actor, now: datetime
) -> PersonRequest:
    """Do what was asked, or refuse it with a word of REFUSALS.

    Names are decided by who keeps the unit, erasures by the city office, nobody decides the
    own request. Raises NotFound where it is decided already, ReasonUnknown.
    """
    with transaction():
        under = (*access.names_decided(actor), *access.deletions_seen(actor))
        asked, unit = records.open_request(public_id, under=under)
        erases = asked.kind == RequestKind.DELETION
        access.require_decision(actor, unit.path, asked.person_id, erases=erases)
        if not grant:
            if reason not in REFUSALS:
                raise ReasonUnknown()
            _close(asked, RequestState.REFUSED, reason, actor, now)
            return asked
        person = db.session.get_one(Person, asked.person_id, with_for_update=True)
        _close(asked, RequestState.DONE, None, actor, now)
        if erases:
            _erase(person, actor, now)
        else:
            service.set_name(person, asked.name or person.name)
            journal.write(
                "people.edit",
                "person",
                person.id,
                actor=actor,
                now=now,
                unit_path=unit.path,
                fields="name",
            )
        return asked


def publish(body: str, *, actor: Actor, now: datetime) -> Notice:
    """Publish a new version of the notice; people are asked to answer it when they next come.

    Earlier versions and the answers to them stay. The same text again is the same version.
    Raises NoticeEmpty.
    """
    with transaction() as session:
        access.require_publish(actor)
        newest = records.current_notice()
        if body == newest.body:
            return newest
        if not any(line.partition("：")[2] for line in body.splitlines()):
            raise NoticeEmpty()
        notice = Notice(
            purpose=Purpose.SERVICE, version=newest.version + 1, body=body, published_at=now
        )
        session.add(notice)
        session.flush()
        journal.write(
            "people.publish_notice",
            "notice",
            notice.id,
            actor=actor,
            now=now,
            version=notice.version,
        )
        return notice


def _self(actor: Actor) -> Person:
    return db.session.get_one(Person, access.require_self(actor), with_for_update=True)


def _ask(
    person: Person, kind: RequestKind, name: str | None, actor: Actor, now: datetime
) -> PersonRequest:
    wanted = select(PersonRequest).filter_by(
        person_id=person.id, kind=kind, state=RequestState.OPEN
    )
    if there := db.session.scalar(wanted):
        if there.name != name:
            raise AskedAlready()
        return there
    asked = PersonRequest(
        public_id=secrets.token_hex(8),
        person_id=person.id,
        kind=kind,
        name=name,
        state=RequestState.OPEN,
        asked_at=now,
    )
    db.session.add(asked)
    try:
        db.session.flush()
    except IntegrityError as error:
        raise AskedAlready() from error
    _note("ask", asked, actor, now)
    return asked


def _close(
    asked: PersonRequest, state: RequestState, reason: str | None, actor: Actor, now: datetime
) -> None:
    asked.state, asked.decided_at, asked.reason = state, now, reason
    db.session.flush()
    _note(str(state), asked, actor, now)


def _note(act: str, asked: PersonRequest, actor: Actor, now: datetime) -> None:
    journal.write(
        f"people.request_{act}",
        "person_request",
        asked.public_id,
        actor=actor,
        now=now,
        kind=str(asked.kind),
    )


def _erase(person: Person, actor: Actor, now: datetime) -> None:
    """Replace name and phone by a tombstone; number, days and minutes stay (P21).

    Records merged into this one are the same person's and go with it.
    """
    session = db.session()
    today = local_day(now)
    for leave in hooks.left:
        leave(person.id, today, now)
    for forget in hooks.erased:
        forget(person.id, now)
    session.flush()
    here = records.same_person(person.id)
    gone = {
        "name": rules.ERASED_NAME,
        "name_pinyin": None,
        "phone": None,
        "phone_tail": None,
        "category": None,
    }
    session.execute(update(Person).where(Person.id.in_(here)).values(**gone))
    session.execute(
        update(PersonRequest).where(PersonRequest.person_id.in_(here)).values(name=None)
    )
    session.execute(delete(Qualification).where(Qualification.person_id.in_(here)))
    session.execute(delete(PlannedMove).where(PlannedMove.person_id.in_(here)))
    session.refresh(person)
    person.state = PersonState.ERASED
    last = session.scalar(select(Membership).filter_by(person_id=person.id, until_on=None))
    path = None
    if last is not None:
        last.until_on = max(today, last.from_on + timedelta(days=1))
        unit = units.by_id(last.unit_id)
        path = unit.path if unit else None
    journal.write("people.erase", "person", person.id, actor=actor, now=now, unit_path=path)
