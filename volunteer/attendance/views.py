"""Pages of the printed code (check-in, check-out, poster) and of the shift's leader."""

import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple
from uuid import uuid4

from flask import (
    Response,
    current_app,
    jsonify,
    make_response,
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
from volunteer.core.tokens import TokenKind
from volunteer.posts import queries as posts
from volunteer.shifts import queries as shifts
from volunteer.shifts.models import Site

from . import (
    access,
    browser,
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
from .claim_views import bp
from .counting import counted
from .errors import KeyMissing
from .models import Channel
from .queries import SiteHere
from .receipts import Read

Verb = Callable[..., dict[str, Any]]


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


def balance_after(ticket: dict[str, Any], actor: Actor) -> tickets.Balance | None:
    """Return the month of the shift after a check-out; after anything else nobody asks."""
    starts_at: datetime | None = ticket["starts_at"]
    if ticket["direction"] != "out" or ticket["verdict"] != rules.ACCEPTED or starts_at is None:
        return None
    return tickets.balance_of(access.require_self(actor), Month.of(starts_at))


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


blueprints = (bp, screen_views.bp, scanned_views.bp, scanner_views.bp)
