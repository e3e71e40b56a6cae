"""The forms of setting up, changing, resting and ending a post."""

from datetime import date
from typing import Any

from flask_babel import lazy_gettext
from wtforms import (
    BooleanField,
    DateField,
    FieldList,
    FormField,
    IntegerField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
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

from volunteer.core.forms import RefusableForm, choices, one_line, paragraphs, usual_day

from . import rules
from .kit import KIT, kit_of, kit_text, names_in
from .models import Post
from .rules import Holidays, PlaceKind, Size, TurnBy
from .window_form import WindowForm

#: As many windows as the form has room for, and how many of them are seen at first.
MOST_WINDOWS = 6
SHOWN_WINDOWS = 2


def code(text: str | None) -> str:
    return one_line(text).upper()


PLACES: dict[str, Any] = {
    PlaceKind.CROSSING: lazy_gettext("Crossing"),
    PlaceKind.SCHOOL: lazy_gettext("School gate"),
    PlaceKind.MARKET: lazy_gettext("Market"),
    PlaceKind.STOP: lazy_gettext("Bus stop"),
    PlaceKind.OTHER: lazy_gettext("Another place"),
}
SIZES: dict[str, Any] = {
    Size.MINOR: lazy_gettext("Minor post (2 people)"),
    Size.MAJOR: lazy_gettext("Major post (4 people)"),
}
HOLIDAYS: dict[str, Any] = {
    Holidays.MAKE_UP: lazy_gettext("Free on holidays, manned on make-up workdays"),
    Holidays.SKIP: lazy_gettext("Free on holidays and on make-up workdays"),
    Holidays.REGARDLESS: lazy_gettext("Manned by the weekday alone, whatever the holidays"),
}
TURNS: dict[str, Any] = {
    "": lazy_gettext("One unit keeps it"),
    TurnBy.DAY: lazy_gettext("Units take turns, a day each"),
    TurnBy.WEEK: lazy_gettext("Units take turns, a week each"),
    TurnBy.MONTH: lazy_gettext("Units take turns, a month each"),
}


class FactsForm(RefusableForm):
    """What a post is; the forms of setting up and of changing add their own."""

    name = StringField(
        lazy_gettext("Name of the post"),
        [DataRequired(lazy_gettext("Give the post a name.")), Length(max=60)],
        filters=[one_line],
        description=lazy_gettext("Crossing, school gate, market or stop, as people call it."),
        render_kw={"autocomplete": "off", "maxlength": 60},
    )
    place = SelectField(
        lazy_gettext("Kind of place"),
        choices=choices(PLACES.items()),
        default=PlaceKind.CROSSING.value,
    )
    size = SelectField(
        lazy_gettext("Size"), choices=choices(SIZES.items()), default=Size.MINOR.value
    )
    unit = SelectField(
        lazy_gettext("Unit"), description=lazy_gettext("It keeps the post and plans for it.")
    )
    roads = StringField(
        lazy_gettext("Roads"),
        [Optional(), Length(max=120)],
        filters=[one_line],
        description=lazy_gettext("Which roads meet there, such as: Fuqian Road, Xin'an Road."),
        render_kw={"autocomplete": "off", "maxlength": 120},
    )
    corners = StringField(
        lazy_gettext("Where to stand"),
        [Optional(), Length(max=120)],
        filters=[one_line],
        description=lazy_gettext("Such as: north-east and south-west corner."),
        render_kw={"autocomplete": "off", "maxlength": 120},
    )
    kit = SelectMultipleField(
        lazy_gettext("What to wear and carry"),
        choices=choices((each, each) for each in KIT),
        default=KIT[:3],
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )
    kit_own = StringField(
        lazy_gettext("More of it"),
        [Optional(), Length(max=70)],
        filters=[one_line],
        description=lazy_gettext("In your own words, such as: raincoat, umbrella."),
        render_kw={"autocomplete": "off", "maxlength": 70},
    )
    windows = FieldList(FormField(WindowForm), min_entries=MOST_WINDOWS, max_entries=MOST_WINDOWS)
    holidays = SelectField(
        lazy_gettext("Holidays"),
        choices=choices(HOLIDAYS.items()),
        default=Holidays.MAKE_UP.value,
    )
    last_on = DateField(
        lazy_gettext("Last day"), [Optional()], description=lazy_gettext("Empty: until you end it.")
    )
    wanted = IntegerField(
        lazy_gettext("People a shift"),
        [Optional(), NumberRange(1, 50, lazy_gettext("1 to 50 people."))],
        description=lazy_gettext("Empty: as many as its size says."),
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

    needs_training = BooleanField(lazy_gettext("Only for the trained"), default=True)
    turn_by = SelectField(lazy_gettext("Who answers for it"), choices=choices(TURNS.items()))
    units = TextAreaField(
        lazy_gettext("Units that take turns"),
        [Optional(), Length(max=2000)],
        filters=[paragraphs],
        description=lazy_gettext("Names or codes in their order, one a line or with 、 between."),
        render_kw={"rows": 4},
    )
    turns_from = DateField(
        lazy_gettext("First turn from"),
        [Optional()],
        description=lazy_gettext("A day of the first unit's turn; empty: the first day."),
    )

    @property
    def used_windows(self) -> list[rules.Window]:
        """The rows that are filled in; the form must have been valid."""
        return [entry.form.window for entry in self.windows if entry.form.is_used]

    @property
    def hides_windows(self) -> bool:
        """Tell whether the rows beyond the first are all empty."""
        return not any(entry.form.is_used for entry in self.windows[SHOWN_WINDOWS:])

    validate_last_on = usual_day
    validate_turns_from = usual_day

    def validate_units(self, field: TextAreaField) -> None:
        if self.turn_by.data and not field.data:
            raise ValidationError(lazy_gettext("Name the units that take turns."))

    @property
    def unit_names(self) -> list[str]:
        """The units that take turns, as they are written."""
        return names_in(self.units.data or "") if self.turn_by.data else []

    @property
    def plain(self) -> dict[str, Any]:
        """What the form says beside units, windows and leader."""
        return {
            "name": self.name.data,
            "place": self.place.data,
            "size": self.size.data,
            "roads": self.roads.data or None,
            "corners": self.corners.data or None,
            "kit": kit_text(self.kit.data or [], self.kit_own.data or ""),
            "capacity": self.capacity.data,
            "last_on": self.last_on.data,
            "holidays": self.holidays.data,
            "needs_training": self.needs_training.data,
            "turn_by": self.turn_by.data or None,
        }


class PostForm(FactsForm):
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
    site = SelectField(lazy_gettext("Site"))
    address = StringField(
        lazy_gettext("Where it is"),
        [Optional(), Length(max=120)],
        filters=[one_line],
        description=lazy_gettext("Only for a new site."),
        render_kw={"autocomplete": "off", "maxlength": 120},
    )
    first_on = DateField(
        lazy_gettext("First day"), [InputRequired(lazy_gettext("Choose the first day."))]
    )

    validate_first_on = usual_day

    def offer(self, units: list[tuple[str, str]], sites: list[tuple[str, str]]) -> "PostForm":
        """Say what there is to choose from, and return the form."""
        self.unit.choices = choices(units)
        self.site.choices = choices([("", lazy_gettext("A new site, made with the post")), *sites])
        return self


class EditForm(FactsForm):
    from_on = DateField(
        lazy_gettext("Holds from"),
        [InputRequired(lazy_gettext("Choose the day."))],
        description=lazy_gettext("Shifts before this day stay as they are."),
    )

    @classmethod
    def of(cls, post: Post, today: date, units: list[tuple[str, str]]) -> "EditForm":
        """Return the form, filled in with what the post is."""
        listed, own = kit_of(post.kit)
        leader = post.leader
        form = cls(
            data={
                "unit": post.unit.code,
                "kit": listed,
                "kit_own": own,
                "leader": f"{leader.name} {leader.volunteer_number}" if leader else "",
                "turn_by": post.turn_by or "",
                "units": "\n".join(turn.unit.name for turn in post.turns),
                "windows": [
                    {
                        "starts": each.starts,
                        "ends": each.ends,
                        "weekdays": rules.weekdays_of(each.weekdays),
                        "season_from": each.season_from,
                        "season_until": each.season_until,
                    }
                    for each in post.windows
                ],
                **{
                    name: getattr(post, name)
                    for name in (
                        "name",
                        "place",
                        "size",
                        "roads",
                        "corners",
                        "holidays",
                        "needs_training",
                        "wanted",
                        "capacity",
                        "last_on",
                        "turns_from",
                    )
                },
                "from_on": today,
            },
        )
        form.unit.choices = choices(units)
        return form


class SuspendForm(RefusableForm):
    from_on = DateField(
        lazy_gettext("First day"), [InputRequired(lazy_gettext("Choose the first day."))]
    )
    until_on = DateField(
        lazy_gettext("Last day"),
        [Optional()],
        description=lazy_gettext("Empty: until you resume it."),
    )
    reason = StringField(
        lazy_gettext("Reason"),
        [DataRequired(lazy_gettext("Write the reason.")), Length(max=160)],
        filters=[one_line],
        description=lazy_gettext("Those assigned are told; it stands at every cancelled shift."),
        render_kw={"autocomplete": "off", "maxlength": 160},
    )


class ResumeForm(RefusableForm):
    on = DateField(
        lazy_gettext("Manned again from"), [InputRequired(lazy_gettext("Choose the day."))]
    )


class EndForm(RefusableForm):
    reason = StringField(
        lazy_gettext("Reason"),
        [DataRequired(lazy_gettext("Write the reason.")), Length(max=160)],
        filters=[one_line],
        description=lazy_gettext("It stands at every cancelled shift."),
        render_kw={"autocomplete": "off", "maxlength": 160},
    )
