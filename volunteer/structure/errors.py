"""What is refused when units are closed, merged and split."""

from volunteer.core.errors import DomainError
from volunteer.core.i18n import N_


class PeopleRemain(DomainError):
    code = "people_remain"
    text = N_(
        "%(people)s people still belong to %(unit)s on that day. Transfer them, or merge the "
        "unit into another one."
    )
    field = "on"


class WorkRemains(DomainError):
    code = "work_remains"
    text = N_(
        "%(unit)s still has work planned: weekly activities %(activities)s, posts %(posts)s, "
        "coming shifts %(shifts)s. End or cancel it, or merge the unit into another one."
    )
    field = "on"


class GridsRemain(DomainError):
    code = "grids_remain"
    text = N_(
        "%(unit)s leads these grids, or they lie in it: %(grids)s. Give each another lead unit "
        "and township first."
    )
    field = "on"


class NothingChosen(DomainError):
    code = "nothing_chosen"
    text = N_("Tick the people or sub-units of the new unit first.")
    status = 400
    field = "people"


class TooManyChosen(DomainError):
    code = "too_many_chosen"
    text = N_("At most %(limit)s people at a time. Transfer the others afterwards.")
    status = 400
    field = "people"
