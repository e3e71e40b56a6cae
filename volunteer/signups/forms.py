"""The forms of taking part."""

from datetime import date

from flask_babel import lazy_gettext
from wtforms import DateField, HiddenField, SelectMultipleField, StringField
from wtforms.validators import Length, Optional

from volunteer.core.forms import RefusableForm

from .rules import DAYS_SHOWN


class DaysOffForm(RefusableForm):
    """Which days are ticked; `since` is the first one that the page offered."""

    since = DateField(validators=[Optional()])
    days = SelectMultipleField(
        lazy_gettext("Days on which I cannot serve"),
        [Length(max=DAYS_SHOWN + 1, message=lazy_gettext("Reload the page and tick the days."))],
        coerce=date.fromisoformat,
        validate_choice=False,
    )


class PlaceForm(RefusableForm):
    """One button; what is refused is told beside it."""

    place = HiddenField()


class AskForm(PlaceForm):
    """Whom to ask (`anybody` or a public id), and the shift to take in return, if any."""

    colleague = StringField(validators=[Length(min=1, max=16)])
    returns = StringField(validators=[Length(max=16)])
