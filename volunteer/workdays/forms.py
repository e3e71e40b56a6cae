"""The form for a day of the city's own."""

from flask_babel import lazy_gettext
from wtforms import DateField, RadioField, StringField
from wtforms.validators import DataRequired, InputRequired, Length

from volunteer.core.forms import RefusableForm, choices, one_line, usual_day

OFF, WORKED = "off", "worked"


class DayForm(RefusableForm):
    day = DateField(lazy_gettext("Day"), [InputRequired(lazy_gettext("Choose the day."))])
    worked = RadioField(
        lazy_gettext("On this day"),
        choices=choices(
            [
                (OFF, lazy_gettext("nobody works: a day off")),
                (WORKED, lazy_gettext("people work: a make-up workday")),
            ]
        ),
        default=OFF,
    )
    name = StringField(
        lazy_gettext("What it is called"),
        [DataRequired(lazy_gettext("Write what the day is called.")), Length(max=30)],
        filters=[one_line],
        description=lazy_gettext("For example: Spring Festival, make-up for the holiday."),
        render_kw={"autocomplete": "off", "maxlength": 30},
    )

    validate_day = usual_day
