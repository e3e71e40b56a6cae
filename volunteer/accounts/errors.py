"""What accounts refuse."""

from volunteer.core.errors import DomainError
from volunteer.core.i18n import N_


class WrongLogIn(DomainError):
    """Unknown phone, wrong password, not activated, disabled, waiting: all the same answer."""

    code = "wrong_login"
    text = N_(
        "The phone number or the password is not right. After 5 wrong tries each further one "
        "has to wait, up to 15 minutes. If you forgot the password, ask your unit's "
        "coordinator for a new activation code."
    )
    status = 401
    field = "password"


class WrongCode(DomainError):
    """Unknown phone, wrong, used or expired code, waiting: all the same answer."""

    code = "wrong_code"
    text = N_(
        "The phone number and the code do not fit together, or the code is used or expired. "
        "Check both; after 5 wrong tries wait up to 15 minutes. If it still does not work, "
        "ask your unit's coordinator for a new code."
    )
    status = 400
    field = "code"


class WrongPassword(DomainError):
    code = "wrong_password"
    text = N_(
        "This is not your present password. After 5 wrong tries each further one has to wait, "
        "up to 15 minutes."
    )
    status = 400
    field = "current"


class PasswordShort(DomainError):
    code = "password_short"
    text = N_("This password is too short. Choose at least 8 characters.")
    status = 400
    field = "password"


class PasswordLong(DomainError):
    code = "password_long"
    text = N_("This password is too long. Choose at most 128 characters.")
    status = 400
    field = "password"


class PasswordSimple(DomainError):
    code = "password_simple"
    text = N_(
        "This password is too simple. Mix at least three of: small letters, capital letters, "
        "digits, other characters."
    )
    status = 400
    field = "password"


BAD_PASSWORDS = {kind.code: kind for kind in (PasswordShort, PasswordLong, PasswordSimple)}


class LinkGone(DomainError):
    code = "link_gone"
    text = N_(
        "This link has been used or is older than 10 minutes. Log in with your phone number "
        "and password, or ask for a new link."
    )
    status = 410


class AccountDisabled(DomainError):
    code = "account_disabled"
    text = N_("This log-in is disabled. Ask the security administrator to open it again.")


class NoPhone(DomainError):
    code = "no_phone"
    text = N_("A person without a phone number has no log-in; use the roll call instead.")
    field = "who"


class NotOneself(DomainError):
    code = "not_oneself"
    text = N_("Nobody appoints themselves. Ask the city office, or choose another person.")
    status = 403
    field = "who"


class PersonUnknown(DomainError):
    code = "person_unknown"
    text = N_(
        "Nobody in your units is called “%(words)s”. Write the full name, the last four digits "
        "of the phone or the volunteer number."
    )
    status = 404
    field = "who"


class PersonAmbiguous(DomainError):
    code = "person_ambiguous"
    text = N_("This may be several people: %(people)s. Write a phone or volunteer number.")
    field = "who"


class RolesApart(DomainError):
    code = "roles_apart"
    text = N_(
        "The roles %(role)s and %(held)s are kept apart. End the other role first, "
        "or choose another person."
    )
    field = "who"


class RoleProtected(DomainError):
    code = "role_protected"
    text = N_(
        "%(people)s: this person holds a role as high as yours, so the new code must come from "
        "the city office or the security administrator."
    )
    status = 403


class NobodyChosen(DomainError):
    code = "nobody_chosen"
    text = N_("Nobody is chosen. Go back and tick at least one person.")
    status = 400
    field = "person"


class TooManyChosen(DomainError):
    code = "too_many_chosen"
    text = N_("At most %(limit)s people at a time. Go back and tick fewer.")
    status = 400
    field = "person"


class HoldsOffice(DomainError):
    code = "holds_office"
    text = N_(
        "This person holds the role of an administrator. Let the security administrator end it, "
        "then enter the leave."
    )


class HoldsRoles(DomainError):
    code = "holds_roles"
    text = N_(
        "The record that would go holds roles. Keep that one instead, or end its roles first."
    )
