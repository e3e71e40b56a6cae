"""How the arguments of addresses are filled in, so that every rule can be asked for."""

from collections.abc import Callable

from flask import Flask
from sqlalchemy import select
from werkzeug.routing import Rule

from tests.house.world import Corner, calendar_of
from volunteer.core.db import db
from volunteer.shifts.models import Assignment

#: What stands in an address when nobody looks at what it names.
ANYTHING = {"string": "abc", "int": "1", "uuid": "0b6e7f0c-8e7d-4b2a-9a55-0123456789ab"}


def place_of(corner: Corner) -> int:
    """The volunteer's place on the corner's shift."""
    place = select(Assignment.id).where(Assignment.shift_id == corner.shift.id)
    return db.session.scalars(place).one()


#: How an argument of an address is filled in, by blueprint and name; see `sample`.
SAMPLES: dict[tuple[str, str], Callable[[Corner], object]] = {
    ("accounts", "login_id"): lambda corner: corner.login_session.id,
    ("accounts", "token"): lambda corner: corner.link,
    ("own", "request_id"): lambda corner: corner.asked.public_id,
    ("own", "ending"): lambda corner: "json",
    ("merge", "public_id"): lambda corner: corner.volunteer.public_id,
    ("merge", "other_id"): lambda corner: corner.double.public_id,
    ("record", "public_id"): lambda corner: corner.volunteer.public_id,
    ("record", "qualification_id"): lambda corner: 1,
    ("imports", "public_id"): lambda corner: corner.import_run.public_id,
    ("imports", "category_id"): lambda corner: 1,
    ("people", "public_id"): lambda corner: corner.volunteer.public_id,
    ("shifts", "public_id"): lambda corner: corner.shift.public_id,
    ("shifts", "code"): lambda corner: corner.site.code,
    ("shifts", "person_id"): lambda corner: corner.volunteer.public_id,
    ("attendance.card", "code"): lambda corner: corner.post.code,
    ("attendance.card_file", "code"): lambda corner: corner.post.code,
    ("attendance.card_file", "paper"): lambda corner: "a5",
    ("attendance", "token"): lambda corner: corner.token,
    ("attendance", "code"): lambda corner: corner.site.code,
    ("attendance", "ending"): lambda corner: "svg",
    ("attendance", "attendance_id"): lambda corner: corner.attendance.id,
    ("attendance", "claim_id"): lambda corner: 1,
    ("attendance", "decision_id"): lambda corner: 1,
    ("attendance", "public_id"): lambda corner: corner.shift.public_id,
    ("scanner", "public_id"): lambda corner: f"d{corner.unit.id:015x}",
    ("screen", "public_id"): lambda corner: corner.shift.public_id,
    ("scanned", "public_id"): lambda corner: corner.volunteer.public_id,
    ("audits", "public_id"): lambda corner: corner.volunteer.public_id,
    ("activities", "public_id"): lambda corner: corner.activity.public_id,
    ("signups", "public_id"): lambda corner: corner.shift.public_id,
    ("signups", "person_id"): lambda corner: corner.volunteer.public_id,
    ("signups", "swap_id"): lambda corner: "0" * 16,
    ("series", "public_id"): lambda corner: corner.activity.public_id,
    ("series.ask", "public_id"): lambda corner: corner.shift.public_id,
    ("editing", "public_id"): lambda corner: corner.shift.public_id,
    ("editing", "call_off_id"): lambda corner: f"c{corner.unit.id:015x}",
    ("checkin.activity", "public_id"): lambda corner: corner.activity.public_id,
    ("checkin.post", "code"): lambda corner: corner.post.code,
    ("places", "code"): lambda corner: corner.site.code,
    ("posts", "code"): lambda corner: corner.post.code,
    ("rosters", "public_id"): lambda corner: f"b{corner.unit.id:015x}",
    ("rosters", "shift"): lambda corner: corner.shift.public_id,
    ("rosters", "code"): lambda corner: corner.unit.code,
    ("post_changes", "code"): lambda corner: corner.post.code,
    ("post_changes", "suspension_id"): lambda corner: corner.suspension.id,
    ("exchange", "public_id"): lambda corner: corner.exchange_file.public_id,
    ("reminders", "reminder_id"): lambda corner: corner.reminder.id,
    ("targets", "exemption_id"): lambda corner: corner.exemption.id,
    ("audits", "code"): lambda corner: corner.unit.code,
    ("structure", "code"): lambda corner: corner.unit.code,
    ("structure", "alias_id"): lambda corner: corner.alias.id,
    ("grids", "code"): lambda corner: corner.grid.code,
    ("accounts", "grant_id"): lambda corner: corner.grant.id,
    ("workdays", "day"): lambda corner: "2026-03-08",
    ("boards", "code"): lambda corner: corner.unit.code,
    ("boards", "place_id"): place_of,
    ("boards", "move_id"): lambda corner: 1,
    ("calendar", "public_id"): lambda corner: corner.volunteer.public_id,
    ("calendar", "code"): lambda corner: corner.unit.code,
    ("calendar", "token"): lambda corner: calendar_of(corner.unit),
    ("roster_sheet", "code"): lambda corner: corner.unit.code,
    ("roster_sheet", "paper"): lambda corner: "a4",
    ("watch", "inspection_id"): lambda corner: 1,
    ("*", "code"): lambda corner: corner.unit.code,
    ("*", "public_id"): lambda corner: corner.shift.public_id,
    ("*", "month"): lambda corner: "2026-03",
}


def sample(rule: Rule, name: str, corner: Corner) -> object:
    blueprint = rule.endpoint.rpartition(".")[0]
    for key in ((rule.endpoint, name), (blueprint, name), ("*", name)):
        if key in SAMPLES:
            return SAMPLES[key](corner)
    raise LookupError(f"no sample for <{name}> of {rule.rule}: add one to {__file__}")


def address(app: Flask, rule: Rule, corner: Corner | None = None) -> str:
    """Return a path that the rule matches: into the corner, or to nothing at all."""
    values = {
        name: sample(rule, name, corner) if corner else _anything(rule, name)
        for name in rule.arguments
    }
    with app.test_request_context():
        return app.url_for(rule.endpoint, **values)


def _anything(rule: Rule, name: str) -> str:
    kind = type(rule._converters[name]).__name__
    return {"RowId": ANYTHING["int"], "UUIDConverter": ANYTHING["uuid"]}.get(
        kind, ANYTHING["string"]
    )
