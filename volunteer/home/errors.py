"""What home refuses."""

from volunteer.core.errors import DomainError
from volunteer.core.i18n import N_


class NotEmpty(DomainError):
    code = "not_empty"
    text = N_(
        "There are people in this database already. Make the demo city in an empty one: "
        "set DATABASE_URL to a new database first."
    )


class OtherUnits(DomainError):
    code = "other_units"
    text = N_(
        "The units in this database are not those of the demo city. Make it in an empty one: "
        "set DATABASE_URL to a new database first."
    )
