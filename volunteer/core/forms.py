"""A form that can be sent back with what the domain says no to."""

from collections.abc import Iterator
from contextlib import contextmanager

from flask_wtf import FlaskForm

from .errors import DomainError, wants_json


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
