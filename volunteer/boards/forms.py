"""The forms of moving somebody and of calling an inspection."""

from flask_babel import lazy_gettext
from wtforms import DateField, SelectField, StringField
from wtforms.validators import DataRequired, InputRequired, Length, ValidationError

from volunteer.core.forms import RefusableForm, choices, one_line, usual_day


class MoveForm(RefusableForm):
    """Two buttons name the shift: `to`, and `beyond` where one more than wanted is meant."""

    to = StringField(filters=[one_line])
    beyond = StringField(filters=[one_line])
    unit = StringField(filters=[one_line])
    #: Never filled in: what assigning refuses is told here.
    people = StringField()

    def validate_to(self, field: StringField) -> None:
        if not (field.data or self.beyond.data):
            raise ValidationError(lazy_gettext("Choose the shift to which the person goes."))


class InspectionForm(RefusableForm):
    name = StringField(
        lazy_gettext("What it is called"),
        [DataRequired(lazy_gettext("Give the inspection a name.")), Length(max=60)],
        filters=[one_line],
        render_kw={"autocomplete": "off", "maxlength": 60},
    )
    from_on = DateField(
        lazy_gettext("First day"), [InputRequired(lazy_gettext("Choose the first day."))]
    )
    until_on = DateField(
        lazy_gettext("Last day"), [InputRequired(lazy_gettext("Choose the last day."))]
    )
    unit = SelectField(lazy_gettext("For which units"))

    def offer(self, units: list[tuple[str, str]]) -> "InspectionForm":
        """Say what there is to choose from, and return the form."""
        self.unit.choices = choices(units)
        return self

    validate_from_on = usual_day
