"""The forms of the exchange: an export comes in, hours go out."""

from flask_babel import lazy_gettext
from flask_wtf.file import FileField, FileRequired
from wtforms import BooleanField, SelectField, StringField
from wtforms.validators import DataRequired, Length, Optional, Regexp

from volunteer.core.forms import RefusableForm, choices, one_line

from .models import Kind, ValueUnit


class UploadForm(RefusableForm):
    """Which export, for which unit, and what a bare number in it means."""

    file = FileField(
        lazy_gettext("Export of the app 志愿汇"),
        description=lazy_gettext("The list of people or of durations, as xlsx or csv."),
        validators=[FileRequired(lazy_gettext("Choose a file first."))],
    )
    unit = SelectField(
        lazy_gettext("Unit"),
        description=lazy_gettext("People of this unit and of those below it are compared."),
    )
    kind = SelectField(
        lazy_gettext("What the file holds"),
        [Optional()],
        choices=choices(
            [
                ("", lazy_gettext("As its header says")),
                (Kind.DURATIONS.value, lazy_gettext("Durations")),
                (Kind.PEOPLE.value, lazy_gettext("People")),
            ]
        ),
    )
    value_unit = SelectField(
        lazy_gettext("Durations are told in"),
        [Optional()],
        choices=choices(
            [
                ("", lazy_gettext("As its header says")),
                (ValueUnit.HOURS.value, lazy_gettext("hours, with decimals")),
                (ValueUnit.MINUTES.value, lazy_gettext("minutes")),
            ]
        ),
    )


class ExportForm(RefusableForm):
    """Whose hours of which month go out, and whether with full phone numbers."""

    month = StringField(
        lazy_gettext("Month"),
        [
            DataRequired(lazy_gettext("Write the month as 2026-11.")),
            Regexp(
                r"2[01]\d\d-(0[1-9]|1[0-2])$",
                message=lazy_gettext("Write the month as 2026-11."),
            ),
        ],
        filters=[one_line],
    )
    unit = SelectField(lazy_gettext("Unit"))
    phones = BooleanField(
        lazy_gettext("Write phone numbers in full"),
        description=lazy_gettext(
            "Only where the app finds people by phone. It is written down with your reason."
        ),
    )
    reason = StringField(
        lazy_gettext("Reason"),
        [DataRequired(lazy_gettext("Write the reason.")), Length(2, 200)],
        filters=[one_line],
    )
