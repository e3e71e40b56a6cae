"""One window of a post as a form: its row may stay empty."""

from typing import Any

from flask_babel import lazy_gettext
from flask_wtf import FlaskForm
from wtforms import Field, SelectMultipleField, StringField, TimeField
from wtforms.validators import Length, Optional, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from volunteer.core.forms import choices, one_line

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
        return any(
            field.raw_data[0] if field.raw_data else field.data
            for field in (self.starts, self.ends)
        )

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
