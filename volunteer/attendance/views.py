"""Pages of the printed code (check-in, check-out, poster) and of the shift's leader."""

import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import uuid4

from flask import (
    Response,
    current_app,
    jsonify,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

from volunteer.core import clock
from volunteer.core.actor import SCHEDULERS, Actor
from volunteer.core.clock import Month
from volunteer.core.errors import NotFound, wants_json
from volunteer.core.login import ask_for_login, current_actor, public
from volunteer.posts import queries as posts
from volunteer.shifts import queries as shifts
from volunteer.shifts.models import Site

from . import access, browser, post_card, queries, rules, service, tickets, tokens
from . import poster as posters
from .claim_views import bp
from .errors import KeyMissing
from .queries import SiteHere

Verb = Callable[..., dict[str, Any]]


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


blueprints = (bp,)
