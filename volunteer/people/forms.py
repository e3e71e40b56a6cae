"""The forms of the register."""

from collections.abc import Iterable

from flask_babel import lazy_gettext
from flask_wtf.file import FileField, FileRequired
from wtforms import (
    BooleanField,
    DateField,
    HiddenField,
    SelectField,
    StringField,
    TelField,
    TextAreaField,
)
from wtforms.validators import DataRequired, InputRequired, Length, Optional

from volunteer.core.forms import RefusableForm, choices, one_line, paragraphs

from .errors import REFUSALS
from .models import ConsentState, PersonState, QualificationKind


class UploadForm(RefusableForm):
    file = FileField(
        lazy_gettext("File with people"),
        description=lazy_gettext("An xlsx or csv file with the columns 姓名, 手机号 and 单位."),
        validators=[FileRequired(lazy_gettext("Choose a file first."))],
    )
    whole = BooleanField(
        lazy_gettext("The file is the whole roster of the units in it"),
        description=lazy_gettext(
            "Then those who are in the register and not in the file are listed, with a choice."
        ),
    )


class CategoryForm(RefusableForm):
    name = StringField(
        lazy_gettext("New category"),
        description=lazy_gettext("At most 20 characters, as it stands in the units' lists."),
        validators=[InputRequired(lazy_gettext("Write the category in 1 to 20 characters."))],
    )


STATES = {
    PersonState.ACTIVE: lazy_gettext("Active"),
    PersonState.LEFT: lazy_gettext("Has left"),
    PersonState.MERGED: lazy_gettext("Merged"),
    PersonState.ERASED: lazy_gettext("Erased"),
}
CONSENTS = {
    ConsentState.PENDING: lazy_gettext("Asked for at the first log-in"),
    ConsentState.GIVEN: lazy_gettext("Given"),
    ConsentState.DECLINED: lazy_gettext("Declined"),
    ConsentState.WITHDRAWN: lazy_gettext("Withdrawn"),
}
QUALIFICATIONS = {
    QualificationKind.POST_TRAINING: lazy_gettext("training for the post"),
    QualificationKind.FIRST_AID: lazy_gettext("first aid"),
    QualificationKind.FIRE_SAFETY: lazy_gettext("fire safety"),
    QualificationKind.PSYCHOLOGY: lazy_gettext("counselling"),
    QualificationKind.SIGN_LANGUAGE: lazy_gettext("sign language"),
    QualificationKind.DRIVING: lazy_gettext("driving"),
    QualificationKind.OTHER: lazy_gettext("other"),
}
REFUSAL_WORDS = [(code, lazy_gettext(text)) for code, text in REFUSALS.items()]
NO_DAY = lazy_gettext("This is no day. Write it as 2026-11-05.")


class Day(DateField):
    """A day whose refusal says how days are written."""

    def process_formdata(self, valuelist: list[str]) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError:
            raise ValueError(str(NO_DAY)) from None


def _name_field() -> StringField:
    return StringField(
        lazy_gettext("Name"),
        [DataRequired(lazy_gettext("Enter the name.")), Length(max=60)],
        filters=[one_line],
        render_kw={"autocomplete": "off", "maxlength": 60},
    )


def _phone_field() -> TelField:
    return TelField(
        lazy_gettext("Mobile number"),
        [Optional(), Length(max=40)],
        filters=[one_line],
        description=lazy_gettext(
            "Leave it empty for a person without a phone of their own: such a person is served "
            "by card and roll call and has no log-in."
        ),
        render_kw={"autocomplete": "off", "inputmode": "tel", "maxlength": 40},
    )


def _unit_field(label: object) -> SelectField:
    return SelectField(label, [InputRequired(lazy_gettext("Choose a unit."))])


class _Record(RefusableForm):
    """What adding and editing ask alike."""

    def offer_categories(self, names: Iterable[str], held: str | None = None) -> None:
        offered = list(names)
        if held and held not in offered:
            offered.append(held)
        not_given = ("", lazy_gettext("Not given"))
        self["category"].choices = choices([not_given, *((name, name) for name in offered)])


class AddForm(_Record):
    name = _name_field()
    phone = _phone_field()
    unit = _unit_field(lazy_gettext("Unit"))
    category = SelectField(lazy_gettext("Category"))
    from_on = Day(
        lazy_gettext("Belongs to the unit since"),
        [InputRequired(lazy_gettext("Choose the first day."))],
    )
    another = BooleanField(lazy_gettext("It is another person of the same name"))


class EditForm(_Record):
    name = _name_field()
    phone = _phone_field()
    without_phone = BooleanField(
        lazy_gettext("The person has no phone of their own (any more)"),
        description=lazy_gettext("Then card and roll call serve; the log-in ends."),
    )
    category = SelectField(lazy_gettext("Category"))


class TransferForm(RefusableForm):
    unit = _unit_field(lazy_gettext("New unit"))
    on = Day(
        lazy_gettext("First day in the new unit"),
        [InputRequired(lazy_gettext("Choose the day."))],
        description=lazy_gettext(
            "Up to the day before, everything stays with the old unit. A day to come is kept "
            "as a plan and acts by itself."
        ),
    )


class LeaveForm(RefusableForm):
    on = Day(
        lazy_gettext("First day away"),
        [InputRequired(lazy_gettext("Choose the day."))],
        description=lazy_gettext("From this day on nothing is asked of the person any more."),
    )


class ReturnForm(RefusableForm):
    unit = _unit_field(lazy_gettext("Unit"))
    on = Day(lazy_gettext("First day back"), [InputRequired(lazy_gettext("Choose the day."))])


class QualifyForm(RefusableForm):
    kind = SelectField(lazy_gettext("Kind"), choices=choices(QUALIFICATIONS.items()))
    source = StringField(
        lazy_gettext("Who says so"),
        [DataRequired(lazy_gettext("Name the course or the certificate.")), Length(max=80)],
        filters=[one_line],
        description=lazy_gettext("Course, certificate or its number."),
        render_kw={"autocomplete": "off", "maxlength": 80},
    )
    granted_on = Day(
        lazy_gettext("Holds from"), [InputRequired(lazy_gettext("Choose the first day."))]
    )
    expires_on = Day(
        lazy_gettext("Holds no more from"),
        [Optional()],
        description=lazy_gettext("Leave it empty where it holds for good."),
    )


class ReasonForm(RefusableForm):
    reason = StringField(
        lazy_gettext("Why you need it"),
        [DataRequired(lazy_gettext("Say why you need it.")), Length(max=80)],
        filters=[one_line],
        description=lazy_gettext(
            "It goes into the journal with your name and the time. Write no names or numbers."
        ),
        render_kw={"autocomplete": "off", "maxlength": 80},
    )


class ExportForm(RefusableForm):
    whole = BooleanField(lazy_gettext("With whole phone numbers"))
    reason = StringField(
        lazy_gettext("Why whole numbers are needed"),
        [Optional(), Length(max=80)],
        filters=[one_line],
        description=lazy_gettext("Only for whole numbers; it goes into the journal."),
        render_kw={"autocomplete": "off", "maxlength": 80},
    )


class NameForm(RefusableForm):
    name = StringField(
        lazy_gettext("The name as it should be"),
        [DataRequired(lazy_gettext("Enter the name.")), Length(max=60)],
        filters=[one_line],
        render_kw={"autocomplete": "name", "maxlength": 60},
    )


class AnswerForm(RefusableForm):
    version = HiddenField()
    answer = HiddenField()


class DecideForm(RefusableForm):
    reason = SelectField(
        lazy_gettext("Where it is refused: why"),
        choices=choices([("", lazy_gettext("Choose")), *REFUSAL_WORDS]),
        validate_choice=False,
    )


class NoticeForm(RefusableForm):
    body = TextAreaField(
        lazy_gettext("Text of the notice"),
        [DataRequired(lazy_gettext("Write the notice.")), Length(max=8000)],
        filters=[paragraphs],
        description=lazy_gettext(
            "One paragraph a line: a heading, a full-width colon, the text. Say who keeps the "
            "data, what, what for, how long, and how to change one's mind."
        ),
        render_kw={"rows": 14, "maxlength": 8000},
    )
