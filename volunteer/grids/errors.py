"""What is refused about grids, and why a row of a file of grids is wrong."""

from volunteer.core.errors import DomainError
from volunteer.core.i18n import N_
from volunteer.core.tables import FileRefused
from volunteer.units.errors import UnitAmbiguous, UnitUnknown


class GridExists(DomainError):
    code = "grid_exists"
    text = N_("A grid with the code %(code)s exists already. Choose another code.")
    field = "code"


class GridEnded(DomainError):
    code = "grid_ended"
    text = N_("This grid has ended and stays as it is.")
    field = "on"


class NoTownship(DomainError):
    code = "unknown_township"
    text = N_("Choose the township or street in which the grid lies.")
    status = 400
    field = "township"


class LeadUnknown(UnitUnknown):
    field = "lead"


class LeadAmbiguous(UnitAmbiguous):
    field = "lead"


class CoUnitUnknown(UnitUnknown):
    field = "co_units"


class CoUnitAmbiguous(UnitAmbiguous):
    field = "co_units"


class GridColumnsMissing(FileRefused):
    code = "header_unknown"
    text = N_("One of the first ten lines must hold the columns %(columns)s.")


class GridHeaderTwice(FileRefused):
    code = "header_duplicate"
    text = N_("The header “%(column)s” stands twice. Keep one of the two columns.")


class SeveralGridSheets(FileRefused):
    code = "several_sheets"
    text = N_("Several sheets hold grids: %(sheets)s. Keep one of them in the file.")


#: Why a row of a file of grids is wrong.
ROW_TEXTS = {
    "missing_code": N_("The code is missing. Fill it in."),
    "missing_name": N_("The name is missing. Fill it in."),
    "missing_township": N_("The township or street is missing. Fill it in."),
    "missing_unit": N_("The lead unit is missing. Fill it in."),
    "too_long": N_("The text is too long. Shorten it."),
    "code_format": N_("A code is at most 20 letters, digits and dashes."),
    "unknown_kind": N_("This kind of grid is not known. Write 道路, 小区, 市场 or 小巷."),
    "unknown_township": N_("No township or street is called so. Use its full name or its code."),
    "unknown_unit": N_("No unit is called so. Use its full name or its code."),
    "ambiguous_unit": N_("Several units are called so. Write “parent/name” or the code."),
    "duplicate_code": N_("The code occurs twice in the file. Keep one of the rows."),
    "formula_value": N_("The formula in this cell has no value. Write the value itself."),
    "ended": N_("A grid with this code has ended. Give the new one another code."),
}
