"""How series are spoken of: their rules, kinds, and what becomes of a day."""

from flask_babel import gettext, lazy_gettext

from volunteer.people.models import QualificationKind
from volunteer.shifts.models import Nature, SignUp

from . import rules
from .changing import Fate
from .models import Activity, Category
from .rules import Holidays, Verdict

#: By number, 0 is Monday; in full for a choice, short within a rule.
WEEKDAYS = (
    lazy_gettext("Monday"),
    lazy_gettext("Tuesday"),
    lazy_gettext("Wednesday"),
    lazy_gettext("Thursday"),
    lazy_gettext("Friday"),
    lazy_gettext("Saturday"),
    lazy_gettext("Sunday"),
)
SHORT = (
    lazy_gettext("Mon"),
    lazy_gettext("Tue"),
    lazy_gettext("Wed"),
    lazy_gettext("Thu"),
    lazy_gettext("Fri"),
    lazy_gettext("Sat"),
    lazy_gettext("Sun"),
)
PLACES = {
    1: lazy_gettext("first"),
    2: lazy_gettext("second"),
    3: lazy_gettext("third"),
    4: lazy_gettext("fourth"),
    rules.LAST: lazy_gettext("last"),
}
NATURES = {
    Nature.VOLUNTARY: lazy_gettext("Voluntary service"),
    Nature.DUTY: lazy_gettext("Duty, part of the job"),
}
CATEGORIES = {
    Category.CLEANING: lazy_gettext("Cleaning up"),
    Category.ORDER: lazy_gettext("Civil persuasion"),
    Category.CARE: lazy_gettext("Care for the old and disabled"),
    Category.PUBLICITY: lazy_gettext("Publicity"),
    Category.TRAINING: lazy_gettext("Training"),
    Category.OTHER: lazy_gettext("Other activity"),
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
HOLIDAYS = {
    Holidays.SKIP: lazy_gettext("Not on public holidays and days off"),
    Holidays.MAKE_UP: lazy_gettext("Not on those, but also on make-up workdays"),
    Holidays.KEEP: lazy_gettext("Takes place regardless"),
}
SIGN_UPS = {
    SignUp.OPEN: lazy_gettext("The unit's people may sign up themselves"),
    SignUp.ASSIGNED_ONLY: lazy_gettext("Only whom the coordinator assigns"),
}
VERDICTS = {
    Verdict.NEW: lazy_gettext("will open"),
    Verdict.THERE: lazy_gettext("open already"),
    Verdict.CANCELLED: lazy_gettext("cancelled, not opened again"),
    Verdict.HOLIDAY: lazy_gettext("left out: holiday"),
    Verdict.SKIPPED: lazy_gettext("taken out"),
}
#: The colour of each, as `tag` knows them.
COLOURS = {
    Verdict.NEW: "open",
    Verdict.THERE: "ok",
    Verdict.CANCELLED: "bad",
    Verdict.HOLIDAY: "wait",
    Verdict.SKIPPED: "",
}
#: What becomes of a shift to come when its series changes, with its colour.
FATES = {
    Fate.CHANGED: ("open", lazy_gettext("changes")),
    Fate.DROPPED: ("bad", lazy_gettext("is cancelled")),
    Fate.BY_HAND: ("wait", lazy_gettext("stays: changed by hand")),
    Fate.BEGUN: ("wait", lazy_gettext("stays: begun already")),
    Fate.CANCELLED: ("", lazy_gettext("stays cancelled")),
    Fate.SAME: ("ok", lazy_gettext("stays as it is")),
}


def rule_text(rrule: str) -> str:
    """Tell how a series comes back: 每周五, 每两周的周一、周五, 每月第二个周六."""
    pattern = rules.pattern(rrule)
    days = gettext(", ").join(str(SHORT[day]) for day in pattern.weekdays)
    many = pattern.interval
    if pattern.frequency == "DAILY" and not pattern.weekdays:
        return gettext("Every day") if many == 1 else gettext("Every %(many)s days", many=many)
    if pattern.frequency == "MONTHLY":
        place = PLACES[pattern.place or 1]
        if many == 1:
            return gettext("Every month on the %(place)s %(days)s", place=place, days=days)
        return gettext(
            "Every %(many)s months on the %(place)s %(days)s", many=many, place=place, days=days
        )
    if many == 1:
        return gettext("Every week on %(days)s", days=days)
    if many == 2:
        return gettext("Every two weeks on %(days)s", days=days)
    return gettext("Every %(many)s weeks on %(days)s", many=many, days=days)


def when(activity: Activity) -> str:
    """Tell the rule and the time: 每周五 15:00."""
    return f"{rule_text(activity.rrule)} {activity.starts:%H:%M}"
