"""A form that can be sent back with what the domain says no to."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from flask_babel import lazy_gettext
from flask_wtf import FlaskForm
from wtforms import DateField, ValidationError
from wtforms.fields.choices import SelectChoice

from .clock import YEARS
from .errors import DomainError, wants_json


class RefusableForm(FlaskForm):
    """A form that shows a refusal beside the field that it names.

    `status` is what the page is answered with when it is shown again, `refusal` what the
    verb said no with, for a page that has something to offer then.
    """

    status = 200
    refusal: DomainError | None = None

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
            self.refusal, self.status = error, error.status
            self[error.field].errors = [*self[error.field].errors, error.message]


def usual_day(_: FlaskForm, field: DateField) -> None:
    """Refuse a day with which no calendar reckons; as `validate_<field>` of a form."""
    if field.data and field.data.year not in YEARS:
        raise ValidationError(lazy_gettext("Choose a day of this century."))


def one_line(text: str | None) -> str:
    """Return what was typed on one line: trimmed, blanks as one, nothing that cannot be seen.

    >>> one_line(" 路口\\x00\\n 东侧\\u3000"), one_line(None)
    ('路口 东侧', '')
    """
    return " ".join("".join(c if c.isprintable() else " " for c in text or "").split())


def paragraphs(text: str | None) -> str:
    """Return what was typed on several lines, each as `one_line`, empty ones left out.

    >>> paragraphs(" 一\\r\\n\\r\\n二 \\x00")
    '一\\n二'
    """
    return "\n".join(filter(None, (one_line(line) for line in (text or "").splitlines())))


def choices(pairs: Iterable[tuple[Any, Any]]) -> list[SelectChoice]:
    """Return what a field offers: each a value and its words."""
    return [SelectChoice(value, words) for value, words in pairs]
