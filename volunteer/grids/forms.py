"""The forms of grids."""

from collections.abc import Iterable
from typing import Any

from flask_babel import lazy_gettext
from wtforms import DateField, SelectField, StringField
from wtforms.validators import DataRequired, InputRequired, Length, Optional, Regexp

from volunteer.core.forms import RefusableForm, choices, one_line
from volunteer.units.models import GridKind
from volunteer.units.rules import LONGEST_CODE, LONGEST_NAME

KINDS: dict[str, Any] = {
    GridKind.ROAD: lazy_gettext("Road"),
    GridKind.ESTATE: lazy_gettext("Estate"),
    GridKind.MARKET: lazy_gettext("Market"),
    GridKind.LANE: lazy_gettext("Lane"),
}
#: What the journal says of a grid, in words.
ACTS: dict[str, Any] = {
    "grids.add": lazy_gettext("Set up"),
    "grids.edit": lazy_gettext("Facts changed"),
    "grids.end": lazy_gettext("Ended"),
}


def code_of(text: str | None) -> str:
    return one_line(text).upper()


class GridForm(RefusableForm):
    name = StringField(
        lazy_gettext("Name of the grid"),
        [DataRequired(lazy_gettext("Enter the name.")), Length(max=LONGEST_NAME)],
        filters=[one_line],
        render_kw={"autocomplete": "off", "maxlength": LONGEST_NAME},
    )
    code = StringField(
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
    kind = SelectField(lazy_gettext("Kind of grid"), choices=choices(KINDS.items()))
    township = SelectField(
        lazy_gettext("Township or street"),
        [InputRequired(lazy_gettext("Choose the township or street."))],
    )
    lead = StringField(
        lazy_gettext("Lead unit"),
        [DataRequired(lazy_gettext("Say which unit it is.")), Length(max=120)],
        filters=[one_line],
        render_kw={"autocomplete": "off", "maxlength": 120},
        description=lazy_gettext("Full name or code of the one unit that answers for the grid."),
    )
    co_units = StringField(
        lazy_gettext("Co-units"),
        [Optional(), Length(max=400)],
        filters=[one_line],
        description=lazy_gettext("Names or codes, with 、 between them."),
        render_kw={"autocomplete": "off", "maxlength": 400},
    )
    on = DateField(
        lazy_gettext("From which day on"),
        [Optional()],
        description=lazy_gettext("Today or earlier; empty: it has always been there."),
    )

    def offer(self, townships: Iterable[tuple[str, str]]) -> "GridForm":
        """Say which townships there are to choose from, and return the form."""
        first = ("", lazy_gettext("Choose the township or street"))
        self.township.choices = choices([first, *townships])
        return self


class EditGridForm(GridForm):
    """A grid's code stays, and so does its beginning."""

    code = None
    on = None


class EndGridForm(RefusableForm):
    on = DateField(
        lazy_gettext("From which day on"),
        [InputRequired(lazy_gettext("Choose the day."))],
        description=lazy_gettext("The first day without the grid. Today or earlier."),
    )
