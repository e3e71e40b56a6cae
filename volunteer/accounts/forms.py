"""The forms of logging in, activating and changing the password."""

from collections.abc import Iterator
from contextlib import contextmanager

from flask_babel import lazy_gettext
from flask_wtf import FlaskForm
from wtforms import HiddenField, PasswordField, RadioField, StringField, TelField
from wtforms.validators import EqualTo, InputRequired, Length

from volunteer.core.errors import DomainError, wants_json

from . import rules


class RefusableForm(FlaskForm):
    """A form that shows a refusal beside the field that it names.

    `status` is what the page is answered with when it is shown again.
    """

    status = 200

    def validate_on_submit(self, extra_validators: dict[str, object] | None = None) -> bool:
        valid = bool(super().validate_on_submit(extra_validators))
        if self.is_submitted() and not valid:
            self.status = 400
        return valid

    @contextmanager
    def refusals(self) -> Iterator[None]:
        """Put a refusal of the verb beside its field; a program gets it as it is."""
        try:
            yield
        except DomainError as error:
            if error.field not in self._fields or wants_json():
                raise
            self.status = error.status
            self[error.field].errors = [*self[error.field].errors, error.message]


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
            ("yes", lazy_gettext("Yes, I agree")),
            ("no", lazy_gettext("No, I do not agree")),
        ],
    )
    next = HiddenField()


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
