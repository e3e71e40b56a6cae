"""The forms of planning a month."""

from flask_babel import lazy_gettext
from wtforms import HiddenField, IntegerField, RadioField, SelectField
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
