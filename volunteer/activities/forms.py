"""The forms of planning and ending a weekly activity."""

from flask_babel import lazy_gettext
from wtforms import (
    DateField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
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

from volunteer.core.forms import RefusableForm, choices, one_line, paragraphs
from volunteer.shifts.models import Nature

#: By number, 0 is Monday.
WEEKDAYS = (
    lazy_gettext("Monday"),
    lazy_gettext("Tuesday"),
    lazy_gettext("Wednesday"),
    lazy_gettext("Thursday"),
    lazy_gettext("Friday"),
    lazy_gettext("Saturday"),
    lazy_gettext("Sunday"),
)
NATURES = [
    (Nature.VOLUNTARY.value, lazy_gettext("Voluntary service")),
    (Nature.DUTY.value, lazy_gettext("Duty, part of the job")),
]


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
    weekday = SelectField(
        lazy_gettext("Every week on"), coerce=int, choices=choices(enumerate(WEEKDAYS)), default=4
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
        lazy_gettext("Kind of time"), choices=choices(NATURES), default=Nature.VOLUNTARY.value
    )

    def offer(self, units: list[tuple[str, str]], sites: list[tuple[str, str]]) -> "ActivityForm":
        """Say what there is to choose from, and return the form."""
        self.unit.choices = choices(units)
        self.site.choices = choices([("", lazy_gettext("Choose the site")), *sites])
        return self

    def validate_first_on(self, field: DateField) -> None:
        if field.data and not 2000 <= field.data.year <= 2199:
            raise ValidationError(lazy_gettext("Choose a day of this century."))

    validate_last_on = validate_first_on


class EndForm(RefusableForm):
    reason = StringField(
        lazy_gettext("Reason"),
        [DataRequired(lazy_gettext("Write the reason.")), Length(max=160)],
        filters=[one_line],
        description=lazy_gettext("It stands at every cancelled shift."),
        render_kw={"autocomplete": "off", "maxlength": 160},
    )
