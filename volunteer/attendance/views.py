"""Pages of the printed code (check-in, check-out, poster) and of the shift's leader."""

import hashlib
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple
from uuid import uuid4

from flask import (
    Blueprint,
    Response,
    current_app,
    flash,
    jsonify,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_babel import gettext, ngettext
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

from volunteer.core import clock
from volunteer.core.actor import READERS, SCHEDULERS, Actor
from volunteer.core.addresses import number_asked
from volunteer.core.clock import Month
from volunteer.core.errors import NotFound, wants_json
from volunteer.core.fragments import render
from volunteer.core.login import ask_for_login, current_actor, public
from volunteer.core.tokens import TokenKind
from volunteer.people.rules import mask_phone
from volunteer.posts import queries as posts
from volunteer.shifts import queries as shifts
from volunteer.shifts.models import Shift, ShiftState, Site

from . import (
    access,
    browser,
    forms,
    post_card,
    presence,
    queries,
    receipts,
    rules,
    scanned_views,
    scanner_views,
    screen_views,
    service,
    tickets,
    tokens,
)
from . import poster as posters
from . import roll_call as roll
from .counting import counted
from .errors import KeyMissing
from .models import Channel, Direction
from .queries import SiteHere
from .receipts import Read

bp = Blueprint("attendance", __name__)

Verb = Callable[..., dict[str, Any]]

#: How many questions stand on one page.
PAGE = 20


class Door(NamedTuple):
    """The code by which somebody comes in: what it names, and where the page's buttons lead."""

    site: SiteHere
    #: The addresses `check_in`, `check_out`, and `again`, which tells what is next.
    to: dict[str, str]
    token_hash: str
    channel: Channel = Channel.SITE_STATIC
    #: The public id of the shift that the code names; a site's code names none.
    shift: str | None = None


@bp.get("/q/<string:token>")
@public
@counted
def scan(token: str) -> AnyResponse:
    token = tokens.cleaned(token)
    kind = tokens.kind_of(token)
    if kind is TokenKind.ROTATING:
        return screen_views.enter(token)
    if kind is TokenKind.PERSONAL:
        return scanned_views.enter(token)
    door = by_site(token)
    return offered(door) if current_user.is_authenticated else ask_for_login()


@bp.get("/on-site/<string:public_id>")
def on_site(public_id: str) -> Response:
    """Offer check-in to whoever has scanned the screen of a shift in the last five minutes."""
    return offered(by_screen(public_id))


def offered(door: Door) -> Response:
    now = clock.now()
    seen = service.foresee(
        door.site, shift=door.shift, channel=door.channel, actor=current_actor(), now=now
    )
    page = render_template(
        "attendance/scan.html",
        site=door.site,
        to=door.to,
        name=seen.name,
        offer=seen.offer,
        earns=seen.earns,
        ticket=tickets.foreseen(seen.offer.decision, door.site.name, now),
        key=uuid4(),
    )
    return browser.remembered(make_response(page))


@bp.post("/q/<string:token>/check-in")
@counted
def check_in(token: str) -> Response:
    return pressed(by_site(token), service.check_in)


@bp.post("/q/<string:token>/check-out")
@counted
def check_out(token: str) -> Response:
    return pressed(by_site(token), service.check_out)


@bp.post("/on-site/<string:public_id>/check-in")
def check_in_on_site(public_id: str) -> Response:
    return pressed(by_screen(public_id), service.check_in)


@bp.post("/on-site/<string:public_id>/check-out")
def check_out_on_site(public_id: str) -> Response:
    return pressed(by_screen(public_id), service.check_out)


def pressed(door: Door, verb: Verb) -> Response:
    """Carry out what the button asks, and show the answer; a repeat shows the same."""
    actor, now = current_actor(), clock.now()
    asked = service.Request(
        site=door.site,
        key=request.form.get("key", ""),
        token_hash=door.token_hash,
        shift=door.shift or request.form.get("shift") or None,
        channel=door.channel,
        **browser.sent_along(),
    )
    if not rules.is_key(asked.key):
        raise KeyMissing()
    answer = verb(asked, actor=actor, now=now)
    ticket = tickets.ticket_of(answer)
    if wants_json():
        told = jsonify({**answer, "message": ticket["message"]})
        return make_response(told, tickets.status(answer))
    page = render_template(
        "attendance/result.html",
        site=door.site,
        to=door.to,
        ticket=ticket,
        balance=balance_after(ticket, actor),
        key=uuid4(),
    )
    return make_response(page, tickets.status(answer))


def balance_after(ticket: dict[str, Any], actor: Actor) -> queries.Balance | None:
    """Return the month of the shift after a check-out; after anything else nobody asks."""
    starts_at: datetime | None = ticket["starts_at"]
    if ticket["direction"] != "out" or ticket["verdict"] != rules.ACCEPTED or starts_at is None:
        return None
    return queries.balance_of(access.require_self(actor), Month.of(starts_at))


def by_site(text: str) -> Door:
    """Return what a site's printed code opens."""
    token = tokens.cleaned(text)
    keys = current_app.extensions["settings"].token_keys
    return Door(
        site=queries.site_here(tokens.read_site_token(token, keys)),
        to={
            "check_in": url_for("attendance.check_in", token=token),
            "check_out": url_for("attendance.check_out", token=token),
            "again": url_for("attendance.scan", token=token),
        },
        token_hash=hashlib.sha256(token.encode()).hexdigest(),
    )


def by_screen(public_id: str) -> Door:
    """Return what the code on a shift's screen has opened; raises ReceiptMissing."""
    receipt = receipts.shown(public_id, {Read.SCREEN}, now=clock.now())
    site = presence.shift_with(public_id).site
    return Door(
        site=SiteHere(site.id, site.code, site.name, site.address, site.qr_epoch),
        to={
            "check_in": url_for("attendance.check_in_on_site", public_id=public_id),
            "check_out": url_for("attendance.check_out_on_site", public_id=public_id),
            "again": url_for("attendance.on_site", public_id=public_id),
        },
        token_hash=receipt.hashed,
        channel=Channel.SITE_ROTATING,
        shift=public_id,
    )


@bp.get("/sites/<string:code>/poster")
def poster(code: str) -> str:
    sheet = poster_for(code)
    return render_template("attendance/poster.html", sheet=sheet, picture=posters.data_url(sheet))


@bp.get("/sites/<string:code>/poster.<string:ending>")
def poster_file(code: str, ending: str) -> Response:
    if ending not in posters.MEDIA_TYPES:
        raise NotFound()
    sheet = poster_for(code)
    response = make_response(posters.render(sheet, ending))
    response.mimetype = posters.MEDIA_TYPES[ending]
    response.headers["Content-Disposition"] = f'inline; filename="poster.{ending}"'
    return response


@bp.get("/posts/<string:code>/card")
def card(code: str) -> str:
    card = card_for(code)
    picture = posters.data_url(card.poster)
    return render_template("attendance/card.html", card=card, picture=picture)


@bp.get("/posts/<string:code>/card-<string:paper>.pdf")
def card_file(code: str, paper: str) -> Response:
    if paper not in post_card.PAPERS:
        raise NotFound()
    response = make_response(post_card.pdf(card_for(code), paper))
    response.mimetype = posters.MEDIA_TYPES["pdf"]
    response.headers["Content-Disposition"] = f'inline; filename="card-{paper}.pdf"'
    return response


def card_for(code: str) -> post_card.Card:
    post = posts.post(code, under=current_actor().paths(*SCHEDULERS))
    return post_card.card_of(post, drawn(post.site))


def poster_for(code: str) -> posters.Poster:
    return drawn(shifts.site_by_code(code, under=current_actor().paths(*SCHEDULERS)))


def drawn(site: Site) -> posters.Poster:
    settings = current_app.extensions["settings"]
    return posters.poster_of(
        site,
        base_url=settings.base_url,
        city=settings.city_name,
        keys=settings.token_keys,
    )


@bp.get("/shifts/<string:public_id>/live")
def live(public_id: str) -> Response:
    shift = presence.shift_with(public_id)
    access.require_look(current_actor(), shift.unit.path, shift.leader_id)
    return live_page(shift, forms.RollForm(formdata=None))


def live_page(shift: Shift, form: forms.RollForm) -> Response:
    actor, now = current_actor(), clock.now()
    over = now >= shift.ends_at
    people = presence.places(shift.id, clock.local_day(shift.starts_at))
    lines = [(p, rules.standing(p.state, p.review, over=over), mask_phone(p.phone)) for p in people]
    response = render(
        "attendance/live.html",
        "attendance/_live.html",
        shift=shift,
        lines=lines,
        count=Counter(standing for _, standing, _ in lines),
        over=over,
        now=now,
        form=form,
        manages=actor.holds(shift.unit.path, *READERS),
        may_show=not over
        and shift.state == ShiftState.PLANNED
        and access.may_call_roll(actor, shift.unit.path, shift.leader_id),
        may_call=access.may_call_roll(actor, shift.unit.path, shift.leader_id)
        and roll.may_begin(shift, now),
    )
    response.status_code = form.status
    return response


@bp.post("/shifts/<string:public_id>/roll-call")
def roll_call(public_id: str) -> AnyResponse:
    shift = presence.shift_with(public_id)
    access.require_roll(current_actor(), shift.unit.path, shift.leader_id)
    form = forms.RollForm()
    if form.validate_on_submit():
        changed = roll.call_roll(
            shift,
            form.person.data,
            Direction(form.direction.data),
            reason=form.note,
            actor=current_actor(),
            now=clock.now(),
        )
        told = ngettext("%(num)s person recorded.", "%(num)s people recorded.", changed)
        flash(told, "success" if changed else "info")
        return redirect(url_for("attendance.live", public_id=public_id), 303)
    return live_page(shift, form)


@bp.get("/confirmations")
def confirmations() -> str:
    return queue_page(before=number_asked("before"))


def queue_page(
    *, before: int | None = None, wrong: tuple[int, forms.DecisionForm] | None = None
) -> str:
    """Render what waits for the actor; `wrong` is the form that was sent back, by its number."""
    actor = current_actor()
    lines = presence.to_confirm(
        under=actor.paths(*SCHEDULERS), leader_id=actor.person_id, before=before, limit=PAGE + 1
    )
    shown = lines[:PAGE]
    asked = {
        line.attendance_id: forms.DecisionForm(line.attendance_id, formdata=None) for line in shown
    }
    if wrong:
        asked[wrong[0]] = wrong[1]
    return render_template(
        "attendance/confirmations.html",
        works=actor.is_any(*READERS),
        lines=shown,
        forms=asked,
        next_url=url_for("attendance.confirmations", before=shown[-1].attendance_id)
        if len(lines) > PAGE
        else None,
    )


@bp.post("/confirmations/<id:attendance_id>/confirm")
def confirm(attendance_id: int) -> AnyResponse | tuple[str, int]:
    facts = roll.open_question(attendance_id, current_actor())
    form = forms.DecisionForm(attendance_id)
    if form.validate_on_submit():
        with form.refusals():
            minutes = roll.confirm(
                attendance_id,
                left_at=forms.moment_after(facts.arrived_at or facts.starts_at, form.left_at.data),
                reason=form.reason.data,
                actor=current_actor(),
                now=clock.now(),
            )
            told = ngettext("%(num)s minute entered.", "%(num)s minutes entered.", minutes)
            flash(told, "success")
            return redirect(url_for("attendance.confirmations"), 303)
    return queue_page(before=attendance_id + 1, wrong=(attendance_id, form)), form.status


@bp.post("/confirmations/<id:attendance_id>/reject")
def reject(attendance_id: int) -> AnyResponse | tuple[str, int]:
    roll.open_question(attendance_id, current_actor())
    form = forms.DecisionForm(attendance_id)
    if form.validate_on_submit():
        roll.reject(attendance_id, reason=form.reason.data, actor=current_actor(), now=clock.now())
        flash(gettext("Decided: it does not count."), "success")
        return redirect(url_for("attendance.confirmations"), 303)
    return queue_page(before=attendance_id + 1, wrong=(attendance_id, form)), form.status


blueprints = (bp, screen_views.bp, scanned_views.bp, scanner_views.bp)
