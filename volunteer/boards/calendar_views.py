"""Pages of a person's calendar, and the calendars that programs read at a secret address."""

import calendar as weeks
from datetime import date

from flask import (
    Blueprint,
    Response,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_babel import gettext
from werkzeug.wrappers import Response as AnyResponse

from volunteer.core import clock
from volunteer.core.clock import Month
from volunteer.core.errors import NotFound
from volunteer.core.login import current_actor, public
from volunteer.people import queries as people
from volunteer.units import queries as units
from volunteer.units.models import Unit

from . import access, calendars, rules

bp = Blueprint("calendar", __name__)

CALENDAR = "text/calendar; charset=utf-8"


@bp.get("/my-calendar")
def mine() -> str:
    """Show the own shifts of a month, and where programs find them."""
    return my_page()


def my_page(token: str | None = None) -> str:
    person_id = access.require_self(current_actor())
    return render_template(
        "boards/mine.html",
        **month_facts(person_id),
        address=calendars.address_of(person_id=person_id),
        made=token and address_text(token),
    )


def month_facts(person_id: int) -> dict[str, object]:
    now = clock.now()
    today = clock.local_day(now)
    month = rules.month_asked(request.args.get("month", ""), today=today)
    shifts = calendars.month_of(person_id, month.start, month.end)
    days: dict[date, list[calendars.Own]] = {}
    for each in shifts:
        days.setdefault(clock.local_day(each.shift.starts_at), []).append(each)
    return {
        "month": month,
        "this_month": Month.of(now),
        "today": today,
        "now": now,
        "days": days,
        "weeks": weeks.Calendar().monthdatescalendar(month.year, month.month),
        "to_come": sum(
            each.assignment == "assigned" and each.shift.ends_at > now for each in shifts
        ),
    }


def address_text(token: str) -> str:
    """Return a whole address that a calendar program takes."""
    base: str = current_app.extensions["settings"].base_url
    return base + url_for("calendar.feed", token=token)


@bp.post("/my-calendar/address")
def make_mine() -> str:
    """Make a new secret address and show it, this once."""
    return my_page(calendars.make_address(None, actor=current_actor(), now=clock.now()))


@bp.post("/my-calendar/address/revoke")
def revoke_mine() -> AnyResponse:
    calendars.revoke_address(None, actor=current_actor(), now=clock.now())
    flash(gettext("The calendar address is void. Programs find nothing there any more."), "success")
    return redirect(url_for(".mine"), 303)


@bp.get("/boards/people/<string:public_id>")
def person(public_id: str) -> str:
    """Show the calendar of a person of one's units."""
    actor = current_actor()
    found = people.by_public_id(public_id, under=access.require_reader(actor))
    return render_template("boards/person.html", person=found, **month_facts(found.id))


@bp.get("/boards/<string:code>/calendar")
def unit(code: str) -> str:
    return unit_page(own_unit(code))


def own_unit(code: str) -> Unit:
    """Return a unit that the caller schedules; those of others do not exist."""
    found = units.by_code(code, under=access.require_scheduler(current_actor()))
    if found is None:
        raise NotFound()
    return found


def unit_page(found: Unit, token: str | None = None) -> str:
    return render_template(
        "boards/unit_calendar.html",
        unit=found,
        address=calendars.address_of(unit_id=found.id),
        made=token and address_text(token),
    )


@bp.post("/boards/<string:code>/calendar")
def make_unit(code: str) -> str:
    found = own_unit(code)
    token = calendars.make_address(found, actor=current_actor(), now=clock.now())
    return unit_page(found, token)


@bp.post("/boards/<string:code>/calendar/revoke")
def revoke_unit(code: str) -> AnyResponse:
    calendars.revoke_address(own_unit(code), actor=current_actor(), now=clock.now())
    flash(gettext("The calendar address is void. Programs find nothing there any more."), "success")
    return redirect(url_for(".unit", code=code), 303)


@bp.get("/calendar/<string:token>.ics")
@public
def feed(token: str) -> Response:
    """Give a calendar program what it asks for; whoever has the address may read."""
    now = clock.now()
    found = calendars.feed(token, now=now)
    base_url = current_app.extensions["settings"].base_url
    return Response(calendars.file_of(found, base_url=base_url, now=now), mimetype=CALENDAR)
