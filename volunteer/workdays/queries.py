"""Questions about days that are worked."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import select

from volunteer.core.db import db
from volunteer.core.i18n import N_

from .models import SpecialDay
from .rules import Calendar

#: What the published holidays are called; pages translate the name that a rule gives.
HOLIDAYS = (
    N_("New Year's Day"),
    N_("Spring Festival"),
    N_("Tomb-sweeping Day"),
    N_("Labour Day"),
    N_("Dragon Boat Festival"),
    N_("Mid-autumn Festival"),
    N_("National Day"),
)


def entered(since: date, until: date) -> Sequence[SpecialDay]:
    """Return the days that the city has entered, both ends included, earliest first."""
    wanted = select(SpecialDay).where(SpecialDay.day.between(since, until))
    return db.session.scalars(wanted.order_by(SpecialDay.day)).all()


def own_days(since: date, until: date) -> dict[date, bool]:
    """Return the days that the city has entered, both ends included; True is worked."""
    return {each.day: each.worked for each in entered(since, until)}


def calendar(since: date, until: date) -> Calendar:
    """Return what is worked from one day to another, the city's own days included."""
    own = entered(since, until)
    return Calendar({each.day: each.worked for each in own}, {each.day: each.name for each in own})
