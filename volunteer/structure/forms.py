"""The forms of units and their aliases."""

from collections.abc import Iterable
from typing import Any

from flask_babel import lazy_gettext
from wtforms import (
    DateField,
    HiddenField,
    SelectField,
    SelectMultipleField,
    StringField,
)
from wtforms.validators import DataRequired, InputRequired, Length, Regexp

from volunteer.core.forms import RefusableForm, choices, one_line
from volunteer.units.models import UnitKind
from volunteer.units.rules import LONGEST_CODE, LONGEST_NAME

KINDS: dict[str, Any] = {
    UnitKind.CITY: lazy_gettext("City"),
    UnitKind.SYSTEM: lazy_gettext("Line of units"),
    UnitKind.TOWNSHIP: lazy_gettext("Township or street"),
    UnitKind.COMMUNITY: lazy_gettext("Village or community"),
    UnitKind.DEPARTMENT: lazy_gettext("Department"),
    UnitKind.SCHOOL: lazy_gettext("School"),
    UnitKind.HOSPITAL: lazy_gettext("Hospital"),
    UnitKind.COMPANY: lazy_gettext("Company"),
    UnitKind.ORGANISATION: lazy_gettext("Social organisation"),
    UnitKind.SECTION: lazy_gettext("Section of a unit"),
}
#: What the journal says of a unit, in words.
ACTS: dict[str, Any] = {
    "units.add": lazy_gettext("Set up"),
    "units.rename": lazy_gettext("Renamed"),
    "units.move": lazy_gettext("Moved to another place in the tree"),
    "units.end": lazy_gettext("Closed down"),
    "units.merge": lazy_gettext("Merged with %(other)s"),
    "units.split": lazy_gettext("Split; the other part is %(other)s"),
    "units.add_alias": lazy_gettext("An alias was written down"),
    "units.end_alias": lazy_gettext("An alias was taken off the list"),
}


def code_of(text: str | None) -> str:
    return one_line(text).upper()


def name_field(label: Any) -> StringField:
    return StringField(
        label,
        [DataRequired(lazy_gettext("Enter the name.")), Length(max=LONGEST_NAME)],
        filters=[one_line],
        render_kw={"autocomplete": "off", "maxlength": LONGEST_NAME},
    )


def code_field() -> StringField:
    return StringField(
        lazy_gettext("Code"),
        [
            DataRequired(lazy_gettext("Enter a code.")),
            Regexp(
                r"[A-Z0-9][A-Z0-9-]{0,19}\Z",
                message=lazy_gettext("At most 20 letters, digits and dashes."),
            ),
        ],
        filters=[code_of],
        description=lazy_gettext("Short and never used before; it stays for ever."),
        render_kw={"autocomplete": "off", "maxlength": LONGEST_CODE},
    )


def day_field(description: Any) -> DateField:
    return DateField(
        lazy_gettext("From which day on"),
        [InputRequired(lazy_gettext("Choose the day."))],
        description=description,
    )


def unit_field(label: Any, **more: Any) -> StringField:
    return StringField(
        label,
        [DataRequired(lazy_gettext("Say which unit it is.")), Length(max=120)],
        filters=[one_line],
        render_kw={"autocomplete": "off", "maxlength": 120},
        **more,
    )


class AddForm(RefusableForm):
    name = name_field(lazy_gettext("Name of the unit"))
    code = code_field()
    kind = SelectField(lazy_gettext("Kind of unit"))
    on = day_field(lazy_gettext("Today or earlier."))

    def offer(self, kinds: Iterable[str]) -> "AddForm":
        """Say which kinds there are to choose from, and return the form."""
        self.kind.choices = choices((kind, KINDS[kind]) for kind in kinds)
        return self


class RenameForm(RefusableForm):
    name = name_field(lazy_gettext("New name"))
    on = day_field(lazy_gettext("Tables of the months before keep the old name. Today or earlier."))


class MoveForm(RefusableForm):
    unit = unit_field(
        lazy_gettext("Under which unit"), description=lazy_gettext("Its full name or its code.")
    )
    on = day_field(lazy_gettext("It is written down; rights follow at once. Today or earlier."))


class MergeForm(RefusableForm):
    unit = unit_field(
        lazy_gettext("Into which unit"), description=lazy_gettext("Its full name or its code.")
    )
    on = day_field(
        lazy_gettext("People belong to the other unit from this day on. Today or earlier.")
    )


class CloseForm(RefusableForm):
    on = day_field(lazy_gettext("The first day without the unit. Today or earlier."))


class SplitForm(RefusableForm):
    name = name_field(lazy_gettext("Name of the new unit"))
    code = code_field()
    on = day_field(lazy_gettext("The people belong to the new unit from this day on."))
    people = SelectMultipleField(lazy_gettext("People"), validate_choice=False)
    sub_units = SelectMultipleField(lazy_gettext("Sub-units"), validate_choice=False)
    q = HiddenField()


class AliasForm(RefusableForm):
    name = name_field(lazy_gettext("Short or former name"))
    unit = unit_field(
        lazy_gettext("Which unit it means"),
        description=lazy_gettext("Its full name or its code."),
    )
