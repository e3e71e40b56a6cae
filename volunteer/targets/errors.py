"""What targets refuse."""

from volunteer.core.errors import DomainError
from volunteer.core.i18n import N_


class PolicyInForce(DomainError):
    code = "policy_in_force"
    text = N_("A version may begin with next month or later: %(month)s has already begun.")
    field = "valid_from"


class PolicyExists(DomainError):
    code = "policy_exists"
    text = N_("There is already a version that begins with %(month)s. Choose another month.")
    field = "valid_from"


class ExemptionDates(DomainError):
    code = "exemption_dates"
    text = N_("The last day must not be before the first, and at most two years later.")
    status = 400
    field = "until_on"


class SelfApproval(DomainError):
    code = "self_approval"
    text = N_("Nobody decides about themselves. Ask a colleague with the same right.")
    status = 403
