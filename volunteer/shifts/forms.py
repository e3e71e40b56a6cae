"""The forms of sites, of one shift, of assigning people and of cancelling."""

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext
from wtforms import (
    DateField,
    Field,
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
    Regexp,
    ValidationError,
)

from volunteer.core.forms import RefusableForm, choices, one_line, paragraphs, usual_day
from volunteer.people.models import QualificationKind

from .models import Nature, QrMode, SignUp

OTHER = "other"
NATURES = [
    (Nature.VOLUNTARY.value, lazy_gettext("Voluntary service")),
    (Nature.DUTY.value, lazy_gettext("Duty, part of the job")),
]
CANCEL_REASONS = [
    ("weather", lazy_gettext("Bad weather (heat, storm, rain)")),
    ("orders", lazy_gettext("Arranged otherwise from above")),
    ("few", lazy_gettext("Too few people")),
    (OTHER, lazy_gettext("Another reason")),
]
SIGN_UPS = [
    (SignUp.OPEN.value, lazy_gettext("The unit's people may sign up themselves")),
    (SignUp.ASSIGNED_ONLY.value, lazy_gettext("Only whom the coordinator assigns")),
]
NOTHING = ("", lazy_gettext("nothing"))
QUALIFICATIONS = [
    (QualificationKind.POST_TRAINING.value, lazy_gettext("training for the post")),
    (QualificationKind.FIRST_AID.value, lazy_gettext("first aid")),
    (QualificationKind.FIRE_SAFETY.value, lazy_gettext("fire safety")),
    (QualificationKind.PSYCHOLOGY.value, lazy_gettext("counselling")),
    (QualificationKind.SIGN_LANGUAGE.value, lazy_gettext("sign language")),
    (QualificationKind.DRIVING.value, lazy_gettext("driving")),
    (QualificationKind.OTHER.value, lazy_gettext("other")),
]
MINUTE_STEPS = {"step": "60"}
SEVERAL_LINES = {"rows": 3, "maxlength": 500}


def code(text: str | None) -> str:
    return one_line(text).upper()


class SiteForm(RefusableForm):
    name = StringField(
        lazy_gettext("Name of the site"),
        [DataRequired(lazy_gettext("Give the site a name.")), Length(max=60)],
        filters=[one_line],
        description=lazy_gettext("As people call the place; it stands on the poster."),
        render_kw={"autocomplete": "off", "maxlength": 60},
    )
    code = StringField(
        lazy_gettext("Code"),
        [
            DataRequired(lazy_gettext("Give the site a code.")),
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
    address = StringField(
        lazy_gettext("Where it is"),
        [Optional(), Length(max=120)],
        filters=[one_line],
        render_kw={"autocomplete": "off", "maxlength": 120},
    )
    grid = SelectField(lazy_gettext("Grid"), [Optional()], coerce=int)

    def offer(self, units: list[tuple[str, str]], grids: list[tuple[int, str]]) -> "SiteForm":
        """Say what there is to choose from, and return the form."""
        self.unit.choices = choices(units)
        self.grid.choices = choices([(0, lazy_gettext("No grid")), *grids])
        return self


class SingleForm(RefusableForm):
    key = HiddenField()
    site = SelectField(lazy_gettext("Site"), [InputRequired(lazy_gettext("Choose the site."))])
    title = StringField(
        lazy_gettext("Title"),
        [Optional(), Length(max=80)],
        filters=[one_line],
        description=lazy_gettext("If you leave it empty, it is the site's name."),
        render_kw={"autocomplete": "off", "maxlength": 80},
    )
    day = DateField(lazy_gettext("Day"), [InputRequired(lazy_gettext("Choose the day."))])
    starts = TimeField(
        lazy_gettext("Start"),
        [InputRequired(lazy_gettext("Enter the start."))],
        render_kw=MINUTE_STEPS,
    )
    minutes = IntegerField(
        lazy_gettext("Length in minutes"),
        [
            InputRequired(lazy_gettext("Enter the length.")),
            NumberRange(15, 1440, lazy_gettext("15 to 1,440 minutes.")),
        ],
        default=120,
        description=lazy_gettext("It may go on past midnight."),
    )
    wanted = IntegerField(
        lazy_gettext("People asked for"),
        [
            InputRequired(lazy_gettext("Enter how many people you ask for.")),
            NumberRange(0, 5000, lazy_gettext("0 to 5,000 people.")),
        ],
        default=2,
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
        render_kw=SEVERAL_LINES,
    )
    nature = RadioField(
        lazy_gettext("Kind of time"), choices=choices(NATURES), default=Nature.VOLUNTARY.value
    )

    def offer(self, sites: list[tuple[str, str]]) -> "SingleForm":
        """Say what there is to choose from, and return the form."""
        self.site.choices = choices([("", lazy_gettext("Choose the site")), *sites])
        return self

    validate_day = usual_day


class EditForm(SingleForm):
    """What can be changed of a shift that is open."""

    key = None
    sign_up = RadioField(lazy_gettext("Who takes part"), choices=choices(SIGN_UPS))
    needs = SelectField(
        lazy_gettext("One must have learnt"),
        choices=choices([NOTHING, *QUALIFICATIONS]),
        default="",
    )
    grants = SelectField(
        lazy_gettext("One learns by it"),
        choices=choices([NOTHING, *QUALIFICATIONS]),
        description=lazy_gettext("Whoever stays to the end has it, for a training."),
    )


class AssignForm(RefusableForm):
    people = SelectMultipleField(
        lazy_gettext("People"),
        [
            InputRequired(lazy_gettext("Tick somebody first.")),
            Length(max=500, message=lazy_gettext("At most 500 people at once.")),
        ],
        validate_choice=False,
    )
    beyond_wanted = HiddenField()
    q = HiddenField()


class CancelForm(RefusableForm):
    reason = RadioField(
        lazy_gettext("Reason"),
        [InputRequired(lazy_gettext("Choose a reason."))],
        choices=choices(CANCEL_REASONS),
    )
    words = StringField(
        lazy_gettext("In your own words"),
        [Length(max=160)],
        filters=[one_line],
        description=lazy_gettext("The people assigned will read it."),
        render_kw={"autocomplete": "off", "maxlength": 160},
    )

    def validate_words(self, field: Field) -> None:
        if self.reason.data == OTHER and not field.data:
            raise ValidationError(lazy_gettext("Write the reason."))

    @property
    def told(self) -> str:
        """What is written down: the reason chosen, and the words typed."""
        chosen = dict(CANCEL_REASONS)
        named = "" if self.reason.data == OTHER else str(chosen[self.reason.data])
        return "：".join(filter(None, (named, self.words.data)))


class CallOffForm(CancelForm):
    """Calling off a day of a unit and of all under it, or some hours of the day."""

    unit = SelectField(lazy_gettext("Unit"), [InputRequired(lazy_gettext("Choose the unit."))])
    day = DateField(lazy_gettext("Day"), [InputRequired(lazy_gettext("Choose the day."))])
    since = TimeField(lazy_gettext("Shifts that begin from"), [Optional()], render_kw=MINUTE_STEPS)
    until = TimeField(lazy_gettext("and before"), [Optional()], render_kw=MINUTE_STEPS)

    def offer(self, units: list[tuple[str, str]]) -> "CallOffForm":
        self.unit.choices = choices(units)
        return self

    validate_day = usual_day


class CopyForm(RefusableForm):
    """Copying a week or a month of single shifts into another one."""

    unit = SelectField(lazy_gettext("Unit"), [InputRequired(lazy_gettext("Choose the unit."))])
    span = RadioField(
        lazy_gettext("What is copied"),
        choices=choices(
            [("week", lazy_gettext("a week")), ("month", lazy_gettext("a whole month"))]
        ),
        default="week",
    )
    copied = DateField(
        lazy_gettext("Copy the week or month of"),
        [InputRequired(lazy_gettext("Choose the day."))],
        description=lazy_gettext("Any day of it."),
    )
    into = DateField(
        lazy_gettext("into that of"),
        [InputRequired(lazy_gettext("Choose the day."))],
        description=lazy_gettext("Any day of it."),
    )

    def offer(self, units: list[tuple[str, str]]) -> "CopyForm":
        self.unit.choices = choices(units)
        return self

    validate_copied = usual_day
    validate_into = usual_day


AS_ABOVE = ("", lazy_gettext("as the level above says"))
YES_OR_NO = [AS_ABOVE, ("yes", lazy_gettext("yes")), ("no", lazy_gettext("no"))]
QR_MODES = [
    (QrMode.STATIC.value, lazy_gettext("a printed code")),
    (QrMode.ROTATING.value, lazy_gettext("a code on a screen that changes")),
    (QrMode.PERSONAL_ONLY.value, lazy_gettext("only the personal code of each")),
]


def minutes_field(label: str, most: int) -> IntegerField:
    wrong = lazy_gettext("0 to %(most)s minutes.", most=most)
    return IntegerField(
        label,
        [Optional(), NumberRange(0, most, wrong)],
        description=lazy_gettext("Empty: as the level above says."),
    )


class CheckinForm(RefusableForm):
    """What check-in does otherwise than the level above says."""

    opens_before_minutes = minutes_field(lazy_gettext("Check-in opens so many minutes before"), 240)
    min_stay_minutes = minutes_field(lazy_gettext("Least stay in minutes"), 240)
    closes_after_minutes = minutes_field(
        lazy_gettext("Check-out closes so many minutes after"), 1440
    )
    require_out = SelectField(
        lazy_gettext("One must check out"), choices=choices(YES_OR_NO), default=""
    )
    return_allowed = SelectField(
        lazy_gettext("One may leave and come back"), choices=choices(YES_OR_NO), default=""
    )
    qr_mode = SelectField(
        lazy_gettext("What is scanned"), choices=choices([AS_ABOVE, *QR_MODES]), default=""
    )
    wants_location = SelectField(
        lazy_gettext("The page asks where the phone is"),
        choices=choices(YES_OR_NO),
        default="",
        description=lazy_gettext(
            "Only at sites whose position is known. Nothing but near or far is kept."
        ),
    )
    hold_without_evidence = SelectField(
        lazy_gettext("A scan without a place waits for the leader"),
        choices=choices(YES_OR_NO),
        default="",
    )

    @classmethod
    def shown(cls, own: Mapping[str, Any]) -> dict[str, Any]:
        """Return wishes as the fields hold them."""
        words = {True: "yes", False: "no", None: ""}
        return {
            name: words[value] if name in SWITCHES else ("" if value is None else value)
            for name, value in own.items()
            if value is not None or name in SWITCHES or name == "qr_mode"
        }

    @property
    def wanted(self) -> dict[str, Any]:
        """The wishes by name, None where the level above decides; the form must be valid."""
        words = {"yes": True, "no": False, "": None}
        return {
            name: words[self[name].data] if name in SWITCHES else none_if_empty(self[name].data)
            for name in (*NUMBERS, *SWITCHES, "qr_mode")
        }


NUMBERS = ("opens_before_minutes", "min_stay_minutes", "closes_after_minutes")
SWITCHES = ("require_out", "return_allowed", "wants_location", "hold_without_evidence")


def none_if_empty(value: Any) -> Any:
    return None if value == "" else value
