"""The forms of planning a month."""

from flask_babel import lazy_gettext
from flask_wtf.file import FileField, FileRequired
from wtforms import BooleanField, HiddenField, IntegerField, RadioField, SelectField
from wtforms.validators import InputRequired, NumberRange, Optional

from volunteer.core.forms import RefusableForm, choices

from . import rules
from .models import Way

WAYS = [
    (Way.DRAWN.value, lazy_gettext("Draw it: most places filled, turns even")),
    (Way.COPIED.value, lazy_gettext("As last month, on the same weekdays")),
    (Way.ROTATION.value, lazy_gettext("A department in turn")),
]


class PlanForm(RefusableForm):
    way = RadioField(lazy_gettext("How to fill it"), choices=choices(WAYS), default=WAYS[0][0])
    department = SelectField(lazy_gettext("Department"), [Optional()])
    posts_a_week = IntegerField(
        lazy_gettext("Posts a person has in a week at the most"),
        [
            InputRequired(lazy_gettext("Enter a number from 1 to 7.")),
            NumberRange(1, rules.MOST_POSTS_A_WEEK, lazy_gettext("Enter a number from 1 to 7.")),
        ],
        default=rules.POSTS_A_WEEK,
    )

    def offer(self, departments: list[tuple[str, str]]) -> "PlanForm":
        """Say which departments there are, and return the form."""
        self.department.choices = choices([("", lazy_gettext("The whole unit")), *departments])
        return self


class PlaceForm(RefusableForm):
    person = HiddenField()
    instead_of = HiddenField()


class RosterFileForm(RefusableForm):
    file = FileField(
        lazy_gettext("Sheet with the roster"),
        [FileRequired(lazy_gettext("Choose a file first."))],
        description=lazy_gettext("xlsx, or csv in UTF-8 or GB18030; at most 5,000 rows."),
        render_kw={"accept": ".xlsx,.csv"},
    )
    accept_good_rows = BooleanField(
        lazy_gettext("Take the good rows even where others are wrong"),
    )
    dry_run = BooleanField(lazy_gettext("Only check and show who would be assigned"), default=True)
