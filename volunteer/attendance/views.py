"""Pages of the printed code (check-in, check-out, poster) and of the shift's leader."""

import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import uuid4

from flask import (
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
from volunteer.core.login import ask_for_login, current_actor, public
from volunteer.posts import queries as posts
from volunteer.shifts import queries as shifts
from volunteer.shifts.models import Site

from . import access, browser, forms, post_card, presence, queries, rules, service, tickets, tokens
from . import poster as posters
from . import roll_call as roll
from .errors import KeyMissing
from .queries import SiteHere
from .roll_views import bp

Verb = Callable[..., dict[str, Any]]

#: How many questions stand on one page.
PAGE = 20


@bp.get("/q/<string:token>")
@public
def scan(token: str) -> AnyResponse | str:
    if current_user.is_authenticated and tokens.is_card(token):  # the leader sees whose it is
        return redirect(url_for("cards.read", token=token), 303)
    site = site_of(token)
    if not current_user.is_authenticated:
        return ask_for_login()
    now = clock.now()
    seen = service.foresee(site, actor=current_actor(), now=now)
    page = render_template(
        "attendance/scan.html",
        site=site,
        token=token,
        name=seen.name,
        offer=seen.offer,
        earns=seen.earns,
        ticket=tickets.foreseen(seen.offer.decision, site.name, now),
        key=uuid4(),
    )
    return browser.remembered(make_response(page))


@bp.post("/q/<string:token>/check-in")
def check_in(token: str) -> Response:
    return pressed(token, service.check_in)


@bp.post("/q/<string:token>/check-out")
def check_out(token: str) -> Response:
    return pressed(token, service.check_out)


def pressed(token: str, verb: Verb) -> Response:
    """Carry out what the button asks, and show the answer; a repeat shows the same."""
    site = site_of(token)
    actor, now = current_actor(), clock.now()
    asked = service.Request(
        site=site,
        key=request.form.get("key", ""),
        token_hash=hashlib.sha256(token.encode()).hexdigest(),
        shift=request.form.get("shift") or None,
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
        site=site,
        token=token,
        ticket=ticket,
        balance=balance_after(ticket, actor),
        key=uuid4(),
    )
    return make_response(page, tickets.status(answer))


def balance_after(ticket: dict[str, Any], actor: Actor) -> tickets.Balance | None:
    """Return the month of the shift after a check-out; after anything else nobody asks."""
    starts_at: datetime | None = ticket["starts_at"]
    if ticket["direction"] != "out" or ticket["verdict"] != rules.ACCEPTED or starts_at is None:
        return None
    return tickets.balance_of(access.require_self(actor), Month.of(starts_at))


def site_of(token: str) -> SiteHere:
    keys = current_app.extensions["settings"].token_keys
    return queries.site_here(tokens.read_site_token(token, keys))


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


blueprints = (bp,)
