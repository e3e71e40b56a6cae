"""The forms of setting up and ending a post."""

from typing import Any

from flask_babel import lazy_gettext
from flask_wtf import FlaskForm
from wtforms import (
    DateField,
    Field,
    FieldList,
    FormField,
    IntegerField,
    SelectField,
    SelectMultipleField,
    StringField,
    TimeField,
)
from wtforms.validators import (
    DataRequired,
    InputRequired,
    Length,
    NumberRange,
    Optional,
    Regexp,
    ValidationError,
)
from wtforms.widgets import CheckboxInput, ListWidget

from volunteer.core.forms import RefusableForm, choices, one_line

from . import rules

#: By number, 0 is Monday; short, for they stand beside each other.
WEEKDAYS = (
    lazy_gettext("Mon"),
    lazy_gettext("Tue"),
    lazy_gettext("Wed"),
    lazy_gettext("Thu"),
    lazy_gettext("Fri"),
    lazy_gettext("Sat"),
    lazy_gettext("Sun"),
)
#: As many windows as the form has room for, and how many of them are seen at first.
MOST_WINDOWS = 6
SHOWN_WINDOWS = 2


def code(text: str | None) -> str:
    return one_line(text).upper()


class MayBeEmpty(Optional):
    """As Optional, but the label says nothing of it: whether a row is used says it."""

    def __init__(self) -> None:
        super().__init__()
        self.field_flags: dict[str, bool] = {}


class WindowForm(FlaskForm):
    """One window; it is left out where neither start nor end is filled in."""

    class Meta:
        csrf = False

    starts = TimeField(lazy_gettext("Start"), [MayBeEmpty()], render_kw={"step": "60"})
    ends = TimeField(lazy_gettext("End"), [MayBeEmpty()], render_kw={"step": "60"})
    weekdays = SelectMultipleField(
        lazy_gettext("Weekdays"),
        coerce=int,
        choices=choices(enumerate(WEEKDAYS)),
        default=range(5),
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )
    season_from = StringField(
        lazy_gettext("Season begins"),
        [MayBeEmpty(), Length(max=10)],
        filters=[one_line],
        render_kw={"autocomplete": "off", "placeholder": "05-01", "maxlength": 10},
    )
    season_until = StringField(
        lazy_gettext("Season ends"),
        [MayBeEmpty(), Length(max=10)],
        filters=[one_line],
        render_kw={"autocomplete": "off", "placeholder": "09-30", "maxlength": 10},
    )

    @property
    def is_used(self) -> bool:
        return any(field.raw_data and field.raw_data[0] for field in (self.starts, self.ends))

    def validate(self, extra_validators: dict[str, Any] | None = None) -> bool:
        good = bool(super().validate(extra_validators))
        if not self.is_used:
            return good
        wrong = {
            "starts": not self.starts.errors and self.starts.data is None,
            "ends": not self.ends.errors and self.ends.data is None,
            "season_from": bool(self.season_until.data) and not self.season_from.data,
            "season_until": bool(self.season_from.data) and not self.season_until.data,
        }
        for name, is_wrong in wrong.items():
            if is_wrong:
                self[name].errors = [lazy_gettext("Fill in both.")]
        if not self.weekdays.data:
            self.weekdays.errors = [lazy_gettext("Tick at least one weekday.")]
        return good and not any(wrong.values()) and bool(self.weekdays.data)

    def validate_season_from(self, field: Field) -> None:
        try:
            field.data = rules.month_day(field.data)
        except ValueError as error:
            raise ValidationError(lazy_gettext("Month and day, such as 05-01.")) from error

    validate_season_until = validate_season_from

    @property
    def window(self) -> rules.Window:
        """What the row says; the form must have been valid."""
        return rules.Window(
            self.starts.data,
            self.ends.data,
            rules.bits(self.weekdays.data),
            self.season_from.data or None,
            self.season_until.data or None,
        )


class PostForm(RefusableForm):
    name = StringField(
        lazy_gettext("Name of the post"),
        [DataRequired(lazy_gettext("Give the post a name.")), Length(max=60)],
        filters=[one_line],
        description=lazy_gettext("Crossing, school gate, market or stop, as people call it."),
        render_kw={"autocomplete": "off", "maxlength": 60},
    )
    code = StringField(
        lazy_gettext("Code"),
        [
            DataRequired(lazy_gettext("Give the post a code.")),
            Regexp(
                r"[A-Z0-9][A-Z0-9-]{0,19}\Z",
                message=lazy_gettext("At most 20 letters, digits and dashes."),
            ),
        ],
        filters=[code],
        description=lazy_gettext("Short and never used before, such as XAL-01."),
        render_kw={"autocomplete": "off", "maxlength": 20},
    )
    unit = SelectField(lazy_gettext("Unit"))
    site = SelectField(lazy_gettext("Site"))
    address = StringField(
        lazy_gettext("Where it is"),
        [Optional(), Length(max=120)],
        filters=[one_line],
        description=lazy_gettext("Only for a new site."),
        render_kw={"autocomplete": "off", "maxlength": 120},
    )
    corners = StringField(
        lazy_gettext("Where to stand"),
        [Optional(), Length(max=120)],
        filters=[one_line],
        description=lazy_gettext("Such as: north-east and south-west corner."),
        render_kw={"autocomplete": "off", "maxlength": 120},
    )
    kit = StringField(
        lazy_gettext("What to wear and carry"),
        [Optional(), Length(max=120)],
        filters=[one_line],
        description=lazy_gettext("Such as: red vest, flag, whistle."),
        render_kw={"autocomplete": "off", "maxlength": 120},
    )
    windows = FieldList(FormField(WindowForm), min_entries=MOST_WINDOWS, max_entries=MOST_WINDOWS)
    first_on = DateField(
        lazy_gettext("First day"), [InputRequired(lazy_gettext("Choose the first day."))]
    )
    last_on = DateField(
        lazy_gettext("Last day"), [Optional()], description=lazy_gettext("Empty: until you end it.")
    )
    wanted = IntegerField(
        lazy_gettext("People a shift"),
        [
            InputRequired(lazy_gettext("Enter how many people you ask for.")),
            NumberRange(1, 50, lazy_gettext("1 to 50 people.")),
        ],
        default=4,
    )
    capacity = IntegerField(
        lazy_gettext("At most"),
        [Optional(), NumberRange(1, 500, lazy_gettext("1 to 500 people."))],
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

    def offer(self, units: list[tuple[str, str]], sites: list[tuple[str, str]]) -> "PostForm":
        """Say what there is to choose from, and return the form."""
        self.unit.choices = choices(units)
        self.site.choices = choices([("", lazy_gettext("A new site, made with the post")), *sites])
        return self

    @property
    def used_windows(self) -> list[rules.Window]:
        """The rows that are filled in; the form must have been valid."""
        return [entry.form.window for entry in self.windows if entry.form.is_used]

    @property
    def hides_windows(self) -> bool:
        """Tell whether the rows beyond the first are all empty."""
        return not any(entry.form.is_used for entry in self.windows[SHOWN_WINDOWS:])

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
