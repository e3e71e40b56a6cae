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
