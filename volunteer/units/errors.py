"""What is refused about units."""

from volunteer.core.errors import DomainError
from volunteer.core.i18n import N_
from volunteer.core.tables import FileRefused


class UnitUnknown(DomainError):
    code = "unknown_unit"
    text = N_("No unit is called “%(unit)s”. Use its full name or its code.")
    status = 404
    field = "unit"


class UnitAmbiguous(DomainError):
    code = "ambiguous_unit"
    text = N_("Several units are called “%(unit)s”. Write “parent/name” or the code.")
    status = 409
    field = "unit"


class GridUnknown(DomainError):
    code = "unknown_grid"
    text = N_("No grid has the code “%(grid)s”. Look it up in the list of grids.")
    status = 404
    field = "grid"


class UnitEnded(DomainError):
    code = "unit_ended"
    text = N_("%(unit)s has ended; nothing new can be entered for it. Choose another unit.")
    field = "unit"


class NameTaken(DomainError):
    code = "name_taken"
    text = N_("The unit above already has a unit called “%(name)s”. Choose another name.")
    field = "name"


class NameTakenThere(NameTaken):
    text = N_("There is a unit called “%(name)s” there already. Rename one of the two first.")
    field = "unit"


class CodeTaken(DomainError):
    code = "code_taken"
    text = N_("The code %(code)s is in use already. Choose another one.")
    field = "code"


class ChangeDay(DomainError):
    code = "change_day"
    text = N_("The unit changed on %(earliest)s. Choose a later day.")
    field = "on"


class DayToCome(DomainError):
    code = "day_to_come"
    text = N_("This day is still to come. Choose today or an earlier day.")
    field = "on"


class WrongPlace(DomainError):
    code = "wrong_place"
    text = N_("A unit cannot stand under itself, and the city stays where it is.")
    field = "unit"


class TooDeep(DomainError):
    code = "too_deep"
    text = N_("The tree would become too deep there. Choose a unit that stands higher.")
    field = "unit"


class HasSubUnits(DomainError):
    code = "has_sub_units"
    text = N_("%(unit)s still has sub-units. Move, merge or close them first.")
    field = "on"


class AliasTaken(DomainError):
    code = "alias_taken"
    text = N_("“%(name)s” is already a name of %(unit)s. Use a name that only one unit has.")
    field = "name"


class UnitColumnsMissing(FileRefused):
    code = "header_unknown"
    text = N_("The first line of the file must hold the columns %(columns)s.")


#: Why a row of a file of units is wrong.
ROW_TEXTS = {
    "missing_code": N_("The code is missing. Fill it in."),
    "missing_name": N_("The name is missing. Fill it in."),
    "too_long": N_("The text is too long. Shorten it."),
    "unknown_kind": N_("This kind of unit is not known. Use one of the kinds in the manual."),
    "duplicate_code": N_("The code occurs twice in the file. Keep one of the rows."),
    "duplicate_name": N_("The parent already has a unit of this name. Give it another name."),
    "unknown_parent": N_("The parent is neither in the file nor in the register. Check its code."),
    "wrong_root": N_("Only the city has no parent, and there is one city. Check the kind."),
    "circle": N_("The parents of this unit lead back to itself. Check the parent's code."),
    "different": N_("A unit of this code exists with other facts. Change it on its own page."),
}
