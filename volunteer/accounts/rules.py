"""Codes, passwords, delays and how long a log-in lasts; pure."""

import secrets
import unicodedata
from collections.abc import Iterable
from datetime import timedelta
from hashlib import sha256

from volunteer.core.actor import Role
from volunteer.people.rules import Wrong, normalise_phone

#: Letters and digits that nobody takes for another one on a printed slip.
ALPHABET = "ACDEFGHJKMNPQRTUVWXY34679"
CODE_LENGTH = 8

ACTIVATION_LASTS = timedelta(days=30)
LINK_LASTS = timedelta(minutes=10)

SHORTEST_PASSWORD = 8
LONGEST_PASSWORD = 128
PASSWORD_CLASSES = 3

FIRST_DELAYED = 5
LONGEST_DELAY = timedelta(minutes=15)

VOLUNTEER_STAYS = timedelta(days=90)
COORDINATOR_STAYS = timedelta(days=7)
OTHERS_STAY = timedelta(hours=12)


def new_code() -> str:
    """Return a random activation code as it is printed, in two halves.

    >>> len(new_code()), plain_code(new_code()) in plain_code(new_code())
    (9, False)
    """
    letters = "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))
    return f"{letters[:4]}-{letters[4:]}"


def plain_code(text: str) -> str:
    """Return a typed code as it is compared: no case, blanks or dashes.

    >>> plain_code(" acde - fgh3")
    'ACDEFGH3'
    >>> plain_code("ＡＣＤＥ－ｆｇｈ３")
    'ACDEFGH3'
    """
    return "".join(c for c in unicodedata.normalize("NFKC", text).upper() if c.isalnum())


def plain_phone(text: str) -> str:
    """Return a typed phone number as it is compared; what is none stays as it was typed.

    >>> plain_phone("+86 199-0123 4567"), plain_phone(" wang ")
    ('19901234567', 'wang')
    """
    try:
        return normalise_phone(text)
    except Wrong:
        return text.strip()


def fingerprint(secret: str) -> str:
    """Return what is stored of a secret: its SHA-256 in hexadecimal."""
    return sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def code_fingerprint(account_id: int, code: str) -> str:
    """Return what is stored of an activation code; no two accounts share one."""
    return fingerprint(f"{account_id}:{plain_code(code)}")


def password_problem(password: str) -> str | None:
    """Return why a password will not do: `password_short`, `_long`, `_simple`, or None.

    Eight to 128 characters of at least three of the four classes small letters,
    capitals, digits and everything else (R66). Characters are counted as they
    come, whatever their script; nothing is trimmed or changed.

    >>> [password_problem(p) for p in ("Ab3", "Ab3" * 43, "abcdefg1", "Abcdefg1", "志愿服务26年a")]
    ['password_short', 'password_long', 'password_simple', None, None]
    """
    if len(password) < SHORTEST_PASSWORD:
        return "password_short"
    if len(password) > LONGEST_PASSWORD:
        return "password_long"
    classes = set(map(_class_of, password))
    return None if len(classes) >= PASSWORD_CLASSES else "password_simple"


def _class_of(character: str) -> str:
    if character.islower():
        return "small"
    if character.isupper():
        return "capital"
    return "digit" if character.isdigit() else "other"


def delay_after(failures: int) -> timedelta:
    """Return how long the next try waits after so many wrong ones in a row (P19).

    Nothing up to the fourth; one second after the fifth, doubling up to 15 minutes;
    never for good.

    >>> [delay_after(n).seconds for n in (0, 4, 5, 6, 14, 15, 1000)]
    [0, 0, 1, 2, 512, 900, 900]
    """
    if failures < FIRST_DELAYED:
        return timedelta()
    doublings = min(failures - FIRST_DELAYED, 20)
    return min(timedelta(seconds=2**doublings), LONGEST_DELAY)


def stays_logged_in(roles: Iterable[str]) -> timedelta:
    """Return how long a log-in lasts for somebody who holds `roles` (R66).

    >>> [stays_logged_in(r).days for r in ([], ["coordinator"], ["coordinator", "unit_admin"])]
    [90, 7, 0]
    """
    held = set(roles)
    if not held:
        return VOLUNTEER_STAYS
    return COORDINATOR_STAYS if held == {Role.COORDINATOR} else OTHERS_STAY


#: What a User-Agent says, and the word for it; the first that fits.
BROWSERS = (
    ("MicroMessenger", "WeChat"),
    ("DingTalk", "DingTalk"),
    ("HarmonyOS", "Huawei"),
    ("Edg", "Edge"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
SYSTEMS = (
    ("HarmonyOS", "HarmonyOS"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "Mac"),
    ("Linux", "Linux"),
)


def browser_name(user_agent: str) -> str | None:
    """Return the browser and its system in words people know, None where neither is known.

    >>> browser_name("Mozilla/5.0 (Linux; Android 14) Chrome/120 MicroMessenger/8.0")
    'WeChat/Android'
    >>> browser_name("curl/8.0")
    """
    found = [
        next((word for sign, word in signs if sign in user_agent), "")
        for signs in (BROWSERS, SYSTEMS)
    ]
    return "/".join(filter(None, found)) or None
