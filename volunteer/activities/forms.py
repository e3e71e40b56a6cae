"""The forms of planning, opening and ending a series."""

from typing import Any

from flask_babel import lazy_gettext
from wtforms import (
    DateField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
    TimeField,
)
from wtforms.validators import (
    DataRequired,
    InputRequired,
    Length,
    NumberRange,
    Optional,
    ValidationError,
)
from wtforms.widgets import CheckboxInput, ListWidget

from volunteer.core.forms import RefusableForm, choices, one_line, paragraphs, usual_day
from volunteer.people.models import QualificationKind
from volunteer.shifts.models import Nature, SignUp

from . import rules
from .models import Category
from .rules import Holidays
from .words import (
    CATEGORIES,
    HOLIDAYS,
    NATURES,
    PLACES,
    QUALIFICATIONS,
    SIGN_UPS,
    WEEKDAYS,
)

#: How often a series comes back, as the form offers it: the interval in weeks, or by months.
WEEKLY, TWO_WEEKS, MONTHLY = "weekly", "two-weeks", "monthly"
REPEATS = (
    (WEEKLY, lazy_gettext("every week")),
    (TWO_WEEKS, lazy_gettext("every two weeks")),
    (MONTHLY, lazy_gettext("every month")),
)
NOTHING = ("", lazy_gettext("nothing"))


class ActivityForm(RefusableForm):
    key = HiddenField()
    title = StringField(
        lazy_gettext("Title"),
        [DataRequired(lazy_gettext("Give the activity a title.")), Length(max=80)],
        filters=[one_line],
        render_kw={"autocomplete": "off", "maxlength": 80},
    )
    unit = SelectField(lazy_gettext("Unit"))
    site = SelectField(lazy_gettext("Site"), [InputRequired(lazy_gettext("Choose the site."))])
    category = SelectField(lazy_gettext("Kind of activity"), choices=choices(CATEGORIES.items()))
    repeats = RadioField(lazy_gettext("How often"), choices=choices(REPEATS), default=WEEKLY)
    weekdays = SelectMultipleField(
        lazy_gettext("On which weekdays"),
        coerce=int,
        choices=choices(enumerate(WEEKDAYS)),
        default=(4,),
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )
    place = SelectField(
        lazy_gettext("Which of the month"),
        coerce=int,
        choices=choices(PLACES.items()),
        default=1,
        description=lazy_gettext("Only where it comes back every month."),
    )
    holidays = RadioField(
        lazy_gettext("Holidays"), choices=choices(HOLIDAYS.items()), default=Holidays.SKIP
    )
    starts = TimeField(
        lazy_gettext("Start"),
        [InputRequired(lazy_gettext("Enter the start."))],
        render_kw={"step": "60"},
    )
    minutes = IntegerField(
        lazy_gettext("Length in minutes"),
        [
            InputRequired(lazy_gettext("Enter the length.")),
            NumberRange(15, 720, lazy_gettext("15 to 720 minutes.")),
        ],
        default=120,
        description=lazy_gettext("It may go on past midnight."),
    )
    first_on = DateField(
        lazy_gettext("First day"), [InputRequired(lazy_gettext("Choose the first day."))]
    )
    last_on = DateField(
        lazy_gettext("Last day"), [Optional()], description=lazy_gettext("Empty: until you end it.")
    )
    wanted = IntegerField(
        lazy_gettext("People asked for"),
        [
            InputRequired(lazy_gettext("Enter how many people you ask for.")),
            NumberRange(0, 5000, lazy_gettext("0 to 5,000 people.")),
        ],
        default=10,
    )
    capacity = IntegerField(
        lazy_gettext("At most"),
        [Optional(), NumberRange(1, 5000, lazy_gettext("1 to 5,000 people."))],
    )
    leader = StringField(
        lazy_gettext("Leader"),
        [Optional(), Length(max=60)],
        filters=[one_line],
        description=lazy_gettext(
            "Name or last four digits of the phone; empty: the unit's coordinator."
        ),
        render_kw={"autocomplete": "off", "maxlength": 60},
    )
    content = TextAreaField(
        lazy_gettext("What is done"),
        [Optional(), Length(max=500)],
        filters=[paragraphs],
        render_kw={"rows": 3, "maxlength": 500},
    )
    nature = RadioField(
        lazy_gettext("Kind of time"), choices=choices(NATURES.items()), default=Nature.VOLUNTARY
    )
    sign_up = RadioField(
        lazy_gettext("Who takes part"), choices=choices(SIGN_UPS.items()), default=SignUp.OPEN
    )
    needs = SelectField(
        lazy_gettext("One must have learnt"),
        choices=choices([NOTHING, *QUALIFICATIONS.items()]),
        default="",
    )
    grants = SelectField(
        lazy_gettext("One learns by it"),
        choices=choices([NOTHING, *QUALIFICATIONS.items()]),
        default="",
        description=lazy_gettext("Whoever stays to the end has it, for a training."),
    )

    def offer(self, units: list[tuple[str, str]], sites: list[tuple[str, str]]) -> "ActivityForm":
        """Say what there is to choose from, and return the form."""
        self.unit.choices = choices(units)
        self.site.choices = choices([("", lazy_gettext("Choose the site")), *sites])
        return self

    validate_first_on = usual_day
    validate_last_on = usual_day

    def validate_weekdays(self, field: SelectMultipleField) -> None:
        if not field.data:
            raise ValidationError(lazy_gettext("Tick at least one weekday."))

    @property
    def rrule(self) -> str:
        """What the fields say as a rule; the form must have been valid."""
        monthly = self.repeats.data == MONTHLY
        return str(
            rules.Pattern(
                "MONTHLY" if monthly else "WEEKLY",
                2 if self.repeats.data == TWO_WEEKS else 1,
                tuple(sorted(self.weekdays.data)),
                self.place.data if monthly else None,
            )
        )

    def show_rule(self, rrule: str) -> "ActivityForm":
        """Fill in the fields from a rule that the form can say, and return the form."""
        pattern = rules.pattern(rrule)
        weekly = TWO_WEEKS if pattern.interval == 2 else WEEKLY
        self.repeats.data = MONTHLY if pattern.frequency == "MONTHLY" else weekly
        self.weekdays.data = list(pattern.weekdays) or list(range(7))
        self.place.data = pattern.place or 1
        return self

    @property
    def facts(self) -> dict[str, Any]:
        """What the verbs take as it stands in the form."""
        return {
            "title": self.title.data,
            "content": self.content.data or None,
            "rrule": self.rrule,
            "starts": self.starts.data,
            "minutes": self.minutes.data,
            "last_on": self.last_on.data,
            "wanted": self.wanted.data,
            "capacity": self.capacity.data,
            "nature": Nature(self.nature.data),
            "holidays": Holidays(self.holidays.data),
            "category": Category(self.category.data),
            "sign_up": SignUp(self.sign_up.data),
            "needs": QualificationKind(self.needs.data) if self.needs.data else None,
            "grants": QualificationKind(self.grants.data) if self.grants.data else None,
        }


class SeriesForm(ActivityForm):
    """What can be changed of a series."""

    key = None
    unit = None
    first_on = None

    def offer_sites(self, sites: list[tuple[str, str]]) -> None:
        self.site.choices = choices(sites)


class EndForm(RefusableForm):
    reason = StringField(
        lazy_gettext("Reason"),
        [DataRequired(lazy_gettext("Write the reason.")), Length(max=160)],
        filters=[one_line],
        description=lazy_gettext("It stands at every cancelled shift."),
        render_kw={"autocomplete": "off", "maxlength": 160},
    )


class OpenForm(RefusableForm):
    until = DateField(
        lazy_gettext("Open until"), [InputRequired(lazy_gettext("Choose the last day."))]
    )
    unit = HiddenField()


class DayForm(RefusableForm):
    """A day that is taken out of a series, or put in."""

    day = DateField(lazy_gettext("Day"), [InputRequired(lazy_gettext("Choose the day."))])
    reason = StringField(
        lazy_gettext("Reason"),
        [DataRequired(lazy_gettext("Write the reason.")), Length(max=100)],
        filters=[one_line],
        render_kw={"autocomplete": "off", "maxlength": 100},
    )

    validate_day = usual_day
