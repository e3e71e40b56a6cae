"""The forms of a policy version and of an exemption."""

from collections.abc import Sequence
from datetime import date

from flask_babel import lazy_gettext
from wtforms import BooleanField, DateField, HiddenField, IntegerField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, NumberRange

from volunteer.core.clock import Month
from volunteer.core.forms import RefusableForm
from volunteer.core.i18n import month_text

from .models import Rounding, TrainingGate
from .queries import KINDS

#: How many months ahead a version may be adopted.
MONTHS_AHEAD = 12

ROUNDINGS = {
    Rounding.NONE: lazy_gettext("to the minute"),
    Rounding.DOWN_30: lazy_gettext("down to half hours"),
    Rounding.NEAREST_30: lazy_gettext("to the nearest half hour"),
}


GATES = {
    TrainingGate.OFF: lazy_gettext("not asked about"),
    TrainingGate.WARN: lazy_gettext("a warning to the coordinator"),
    TrainingGate.REFUSE: lazy_gettext("the place is refused"),
}


def _number(label: object, description: object, least: int, most: int) -> IntegerField:
    text = lazy_gettext("Enter a whole number from %(least)s to %(most)s.", least=least, most=most)
    return IntegerField(
        label,
        [InputRequired(text), NumberRange(least, most, text)],
        description=description,
        render_kw={"inputmode": "numeric", "min": least, "max": most},
    )


class PolicyForm(RefusableForm):
    document_number = StringField(
        lazy_gettext("Document number"),
        [
            InputRequired(lazy_gettext("Enter the number of the document that sets the rules.")),
            Length(max=60, message=lazy_gettext("At most 60 characters.")),
        ],
        description=lazy_gettext("The number of the notice by which the city sets these rules."),
        render_kw={"maxlength": 60, "autocomplete": "off"},
    )
    valid_from = SelectField(
        lazy_gettext("Valid from"),
        description=lazy_gettext(
            "The first month judged by this version; months that have begun keep their rules."
        ),
    )
    monthly_target_minutes = _number(
        lazy_gettext("Monthly minimum (minutes)"),
        lazy_gettext("What everybody is asked for in a whole month; 120 is two hours."),
        0,
        44640,
    )
    min_days = _number(
        lazy_gettext("Least days"),
        lazy_gettext(
            "Who belongs fewer days than this in a month, or has fewer left beside an "
            "exemption, is asked for nothing."
        ),
        0,
        28,
    )
    rounding = SelectField(
        lazy_gettext("Rounding"),
        choices=[SelectChoice(value.value, label) for value, label in ROUNDINGS.items()],
        description=lazy_gettext("How the minutes of one service are rounded when it is entered."),
    )
    grace_in_minutes = _number(
        lazy_gettext("Late arrival allowed (minutes)"),
        lazy_gettext("Whoever arrives at most so late counts as on time."),
        0,
        60,
    )
    grace_out_minutes = _number(
        lazy_gettext("Early leaving allowed (minutes)"),
        lazy_gettext("Whoever leaves at most so early counts as having stayed to the end."),
        0,
        60,
    )
    min_presence_percent = _number(
        lazy_gettext("Least presence (percent)"),
        lazy_gettext("Below this share of the planned time a service earns nothing; 0 is off."),
        0,
        100,
    )
    max_minutes_per_record = _number(
        lazy_gettext("Most minutes of one service"),
        lazy_gettext("A longer one waits until somebody has confirmed it; nothing is cut."),
        1,
        1440,
    )
    max_minutes_per_day = _number(
        lazy_gettext("Most minutes of one day"),
        lazy_gettext("Beyond this the services of a day no longer count."),
        1,
        1440,
    )
    duty_counts_for_target = BooleanField(
        lazy_gettext("Time that is part of the job counts to the minimum"),
        description=lazy_gettext("It never stands on a certificate, with or without this."),
    )

    training_gate = SelectField(
        lazy_gettext("Without training"),
        choices=[SelectChoice(value.value, label) for value, label in GATES.items()],
        description=lazy_gettext("What happens where somebody untrained is put on a post."),
    )
    training_valid_months = _number(
        lazy_gettext("A training holds (months)"),
        lazy_gettext("Reckoned from the day of the training; 12 is a year."),
        1,
        120,
    )

    def offer(self, first: Month) -> "PolicyForm":
        """Offer `first` and the months after it as the beginning."""
        months = [first]
        while len(months) < MONTHS_AHEAD:
            months.append(months[-1].next)
        self.valid_from.choices = [SelectChoice(str(each), month_text(each)) for each in months]
        return self


#: The fields that are columns of the version as they are, in the order of the page.
PARAMETERS: Sequence[str] = (
    "monthly_target_minutes",
    "min_days",
    "rounding",
    "grace_in_minutes",
    "grace_out_minutes",
    "min_presence_percent",
    "max_minutes_per_record",
    "max_minutes_per_day",
    "duty_counts_for_target",
    "training_gate",
    "training_valid_months",
)


class ExemptionForm(RefusableForm):
    person = HiddenField()
    kind = SelectField(
        lazy_gettext("Kind"),
        choices=[SelectChoice(value.value, label) for value, label in KINDS.items()],
        description=lazy_gettext("Only the kind is kept: write no diagnosis anywhere."),
    )
    from_on = DateField(
        lazy_gettext("First day"), [InputRequired(lazy_gettext("Choose the first day."))]
    )
    until_on = DateField(
        lazy_gettext("Last day"),
        [InputRequired(lazy_gettext("Choose the last day."))],
        description=lazy_gettext("Both days are included."),
    )

    @classmethod
    def for_person(cls, public_id: str, today: date) -> "ExemptionForm":
        """Return an empty form for somebody, from today on."""
        return cls(person=public_id, from_on=today)
