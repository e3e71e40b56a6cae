"""The forms of logging in, activating and changing the password."""

from flask_babel import lazy_gettext
from wtforms import HiddenField, PasswordField, RadioField, StringField, TelField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import (
    DataRequired,
    EqualTo,
    InputRequired,
    Length,
    Optional,
    ValidationError,
)

from volunteer.core.forms import RefusableForm, one_line

from . import rules


def _phone(text: str | None) -> str:
    return rules.plain_phone(text or "")


def _required(text: str) -> list[object]:
    return [InputRequired(text)]


PHONE = lazy_gettext("Enter your phone number.")
PASSWORD = lazy_gettext("Enter your password.")
TWICE = lazy_gettext("The two passwords differ. Type the new one again.")
HOW = lazy_gettext(
    "8 to 128 characters, at least three of: small letters, capital letters, digits, others."
)


class LogInForm(RefusableForm):
    phone = TelField(
        lazy_gettext("Phone number"),
        _required(PHONE),
        filters=[_phone],
        render_kw={"autocomplete": "username", "maxlength": 20},
    )
    password = PasswordField(
        lazy_gettext("Password"),
        _required(PASSWORD),
        render_kw={"autocomplete": "current-password"},
    )
    next = HiddenField()


class ActivateForm(RefusableForm):
    phone = TelField(
        lazy_gettext("Phone number"),
        _required(PHONE),
        filters=[_phone],
        render_kw={"autocomplete": "username", "maxlength": 20},
    )
    code = StringField(
        lazy_gettext("Activation code"),
        [
            *_required(lazy_gettext("Enter the 8 characters on your slip.")),
            Length(max=40, message=lazy_gettext("Enter the 8 characters on your slip.")),
        ],
        description=lazy_gettext("8 characters on your slip; capitals and the dash do not matter."),
        render_kw={"autocomplete": "one-time-code", "autocapitalize": "characters"},
    )
    password = PasswordField(
        lazy_gettext("New password"),
        _required(lazy_gettext("Choose a password.")),
        description=HOW,
        render_kw={"autocomplete": "new-password"},
    )
    again = PasswordField(
        lazy_gettext("New password once more"),
        [EqualTo("password", TWICE)],
        render_kw={"autocomplete": "new-password", "required": True},
    )
    consent = RadioField(
        lazy_gettext("May we keep these data about you?"),
        _required(lazy_gettext("Choose yes or no; you can go on either way.")),
        choices=[
            SelectChoice("yes", lazy_gettext("Yes, I agree")),
            SelectChoice("no", lazy_gettext("No, I do not agree")),
        ],
    )
    #: Which version of the notice this form showed.
    notice_version = HiddenField()
    next = HiddenField()


class PhoneForm(RefusableForm):
    phone = TelField(
        lazy_gettext("New phone number"),
        [InputRequired(lazy_gettext("Enter the new number.")), Length(max=40)],
        description=lazy_gettext("You log in with it from now on."),
        render_kw={"autocomplete": "tel", "inputmode": "tel", "required": True},
    )
    current = PasswordField(
        lazy_gettext("Your password"),
        [InputRequired(lazy_gettext("Enter your password."))],
        render_kw={"autocomplete": "current-password", "required": True},
    )


class PasswordForm(RefusableForm):
    current = PasswordField(
        lazy_gettext("Present password"),
        _required(PASSWORD),
        render_kw={"autocomplete": "current-password"},
    )
    password = PasswordField(
        lazy_gettext("New password"),
        _required(lazy_gettext("Choose a password.")),
        description=HOW,
        render_kw={"autocomplete": "new-password"},
    )
    again = PasswordField(
        lazy_gettext("New password once more"),
        [EqualTo("password", TWICE)],
        render_kw={"autocomplete": "new-password", "required": True},
    )


class HandOverForm(RefusableForm):
    who = StringField(
        lazy_gettext("Who it shall be"),
        [DataRequired(lazy_gettext("Say who it shall be.")), Length(max=60)],
        filters=[one_line],
        description=lazy_gettext("Full name, last four digits of the phone, or volunteer number."),
        render_kw={"autocomplete": "off", "maxlength": 60},
    )


class AppointForm(HandOverForm):
    unit = StringField(
        lazy_gettext("Unit"),
        [Length(max=120)],
        filters=[one_line],
        description=lazy_gettext("Name or code; leave it empty where a grid is given."),
        render_kw={"autocomplete": "off", "maxlength": 120},
    )
    grid = StringField(
        lazy_gettext("Grid"),
        [Optional(), Length(max=20)],
        filters=[one_line],
        description=lazy_gettext("Code of the grid; its coordinator works for its lead unit."),
        render_kw={"autocomplete": "off", "maxlength": 20},
    )

    def validate_unit(self, field: StringField) -> None:
        if not field.data and not self.grid.data:
            raise ValidationError(lazy_gettext("Say the unit, or the grid."))
