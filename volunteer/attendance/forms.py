"""The forms of the leader's pages: the roll, and what waits for a decision."""

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any, ClassVar

from flask_babel import gettext, lazy_gettext
from wtforms import RadioField, SelectField, SelectMultipleField, StringField, TimeField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Length, Optional, ValidationError

from volunteer.core import clock
from volunteer.core.forms import RefusableForm, one_line


def number(text: str) -> int:
    """Return a record's number as it came from a page; ValueError for anything else."""
    if not text.isdecimal() or len(text) > 9:
        raise ValueError(text)
    return int(text)


OTHER = "other"
#: Why somebody is recorded by hand (checkin.md 1.9).
ROLL_REASONS = {
    "": lazy_gettext("Choose a reason"),
    "no_phone": lazy_gettext("Has no phone with them"),
    "phone_dead": lazy_gettext("Phone battery is empty"),
    "no_signal": lazy_gettext("No signal"),
    "code_damaged": lazy_gettext("QR code damaged"),
    "system_fault": lazy_gettext("System fault"),
    OTHER: lazy_gettext("Another reason"),
}


class ReasonForm(RefusableForm):
    """A reason of a closed list, `reasons`, with words of one's own for “another reason”."""

    reasons: ClassVar[Mapping[str, Any]]

    reason: SelectField
    words = StringField(
        lazy_gettext("In your own words"),
        [Length(max=80, message=lazy_gettext("At most 80 characters."))],
        filters=[one_line],
        description=lazy_gettext("Needed for “another reason”."),
    )

    def validate_words(self, field: StringField) -> None:
        if self.reason.data == OTHER and not field.data:
            raise ValidationError(gettext("Say the reason in a few words."))

    @property
    def note(self) -> str:
        """The reason as it is written down: its words, what was added, or that alone."""
        words = str(self.words.data or "")
        if self.reason.data == OTHER:
            return words
        label = str(self.reasons[self.reason.data])
        return f"{label}：{words}" if words else label


def reason_field(label: Any, reasons: Mapping[str, Any]) -> SelectField:
    """Return the field to choose one of the reasons; none is chosen at first."""
    return SelectField(
        label,
        [InputRequired(lazy_gettext("Choose a reason."))],
        choices=[SelectChoice(value, each) for value, each in reasons.items()],
    )


class RollForm(ReasonForm):
    """Who is recorded, as present or as gone, and why not by their own phone."""

    reasons = ROLL_REASONS

    person = SelectMultipleField(
        lazy_gettext("People"),
        [InputRequired(lazy_gettext("Tick at least one person."))],
        choices=[],
        validate_choice=False,
    )
    direction = SelectField(
        choices=[
            SelectChoice("in", lazy_gettext("present")),
            SelectChoice("out", lazy_gettext("gone")),
        ],
    )
    reason = reason_field(lazy_gettext("Why by hand"), ROLL_REASONS)


OVERRIDE_REASONS = {
    "": lazy_gettext("Choose a reason"),
    "phone_dead": lazy_gettext("Phone battery is empty"),
    "no_signal": lazy_gettext("No signal"),
    "code_damaged": lazy_gettext("QR code damaged"),
    "forgot_out": lazy_gettext("Forgot to check out"),
    "walk_in": lazy_gettext("Came without being on the list"),
    "system_fault": lazy_gettext("System fault"),
    OTHER: lazy_gettext("Another reason"),
}


class OverrideForm(ReasonForm):
    """Whom a leader records past the rules, since when or until when, and why."""

    reasons = OVERRIDE_REASONS

    who = StringField(
        lazy_gettext("Who"),
        [
            DataRequired(lazy_gettext("Write who it is.")),
            Length(max=40, message=lazy_gettext("At most 40 characters.")),
        ],
        filters=[one_line],
        description=lazy_gettext(
            "The whole name of somebody on the list; of others the phone or volunteer number."
        ),
    )
    direction = RadioField(
        lazy_gettext("What is recorded"),
        [InputRequired(lazy_gettext("Choose one."))],
        choices=[
            SelectChoice("in", lazy_gettext("has come")),
            SelectChoice("out", lazy_gettext("has left")),
        ],
        default="in",
    )
    at = TimeField(
        lazy_gettext("At"),
        [Optional()],
        description=lazy_gettext("Empty: now. An earlier time must lie within the shift."),
    )
    reason = reason_field(lazy_gettext("Reason"), OVERRIDE_REASONS)


#: Why a record is taken back right away (checkin.md 1.4).
UNDO_REASONS = {
    "mistake": lazy_gettext("Pressed by mistake"),
    "wrong_person": lazy_gettext("Wrong person"),
    "not_there": lazy_gettext("Was not there after all"),
    "still_there": lazy_gettext("Has not left after all"),
}


class UndoForm(RefusableForm):
    """Whose record of the last minutes is taken back, and why."""

    person = SelectMultipleField(
        lazy_gettext("People"),
        [InputRequired(lazy_gettext("Tick at least one person."))],
        choices=[],
        validate_choice=False,
    )
    why = SelectField(
        lazy_gettext("Why is it taken back"),
        choices=[SelectChoice(value, label) for value, label in UNDO_REASONS.items()],
    )

    @property
    def note(self) -> str:
        """The reason as it is written down."""
        return str(UNDO_REASONS[self.why.data])


class DecisionForm(RefusableForm):
    """Whether a forgotten or held attendance counts, until when, and why."""

    left_at = TimeField(
        lazy_gettext("Left at"),
        [Optional()],
        description=lazy_gettext("Empty: the planned end."),
    )
    reason = StringField(
        lazy_gettext("Reason"),
        [
            DataRequired(lazy_gettext("Write a reason.")),
            Length(max=200, message=lazy_gettext("At most 200 characters.")),
        ],
        filters=[one_line],
    )

    def __init__(self, attendance_id: int, **given: Any) -> None:
        """Give the fields ids of their own, for many such forms stand on one page."""
        super().__init__(**given)
        for field in self:
            field.id = f"{field.name}-{attendance_id}"
            field.label.field_id = field.id


#: Why somebody is recorded who is on no list of the shift.
WALK_IN_REASONS = {
    "": lazy_gettext("Choose a reason"),
    "helps": lazy_gettext("Came to help of their own accord"),
    "stands_in": lazy_gettext("Stands in for somebody"),
    "list_old": lazy_gettext("The list was not up to date"),
    OTHER: lazy_gettext("Another reason"),
}


class WalkInForm(ReasonForm):
    """At which shift somebody is recorded who is on no list, and why."""

    reasons = WALK_IN_REASONS

    shift = SelectField(lazy_gettext("Shift"), validate_choice=False)
    reason = reason_field(lazy_gettext("Why this person"), WALK_IN_REASONS)


class TypedForm(RefusableForm):
    """The short code of a card, typed, or what a hand scanner types."""

    code = StringField(
        lazy_gettext("Code of the card"),
        [
            DataRequired(lazy_gettext("Type the eight characters of the card.")),
            Length(max=200, message=lazy_gettext("At most 200 characters.")),
        ],
        description=lazy_gettext("Eight characters, below the name. A hand scanner works too."),
    )


class BulkForm(RefusableForm):
    """Whether all that are ticked count, and why."""

    chosen = SelectMultipleField(
        lazy_gettext("Records"),
        [InputRequired(lazy_gettext("Tick at least one record."))],
        coerce=number,
        choices=[],
        validate_choice=False,
    )
    ruling = SelectField(
        choices=[
            SelectChoice("approved", lazy_gettext("Confirm")),
            SelectChoice("rejected", lazy_gettext("Does not count")),
        ],
    )
    reason = StringField(
        lazy_gettext("Reason for all that are ticked"),
        [
            DataRequired(lazy_gettext("Write a reason.")),
            Length(max=200, message=lazy_gettext("At most 200 characters.")),
        ],
        filters=[one_line],
    )


class ClaimForm(RefusableForm):
    """From when until when somebody says to have been there."""

    arrived_at = TimeField(
        lazy_gettext("I came at"), [InputRequired(lazy_gettext("Enter a time."))]
    )
    left_at = TimeField(lazy_gettext("I left at"), [InputRequired(lazy_gettext("Enter a time."))])
    words = StringField(
        lazy_gettext("What happened"),
        [
            DataRequired(lazy_gettext("Say in a few words what happened.")),
            Length(max=200, message=lazy_gettext("At most 200 characters.")),
        ],
        filters=[one_line],
        description=lazy_gettext("For example: my phone was empty, the leader saw me."),
    )


class AnswerForm(RefusableForm):
    """What is answered to a claim."""

    answer = StringField(
        lazy_gettext("Your answer to the volunteer"),
        [
            DataRequired(lazy_gettext("Write an answer; the volunteer reads it.")),
            Length(max=200, message=lazy_gettext("At most 200 characters.")),
        ],
        filters=[one_line],
    )


def moment_after(starts_at: datetime, hour: time | None) -> datetime | None:
    """Return the first moment from `starts_at` on at which the local clock shows `hour`."""
    if hour is None:
        return None
    day = clock.local_day(starts_at)
    moment = clock.at(day, hour)
    return moment if moment >= starts_at else clock.at(day + timedelta(days=1), hour)
