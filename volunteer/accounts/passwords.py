"""Hashes of passwords: argon2id with the cost of stack.md, about 30 ms each."""

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)

#: Compared with where there is no account, so that the answer takes as long.
NOBODYS = (
    "$argon2id$v=19$m=19456,t=2,p=1$sLCQOtl34kuHNm2WeotqvA$"
    "wsw7D2JNIPY2a85lEHAdbQc7EH3oXaL8XWn1Dj/dnDQ"
)


def hashed(password: str) -> str:
    """Return what is stored of a password."""
    return HASHER.hash(_raw(password))


def fits(stored: str | None, password: str) -> bool:
    """Tell whether the password is the stored one; without a stored one it never is.

    Takes equally long in both cases.
    """
    try:
        HASHER.verify(stored or NOBODYS, _raw(password))
    except (VerificationError, InvalidHashError):
        return False
    return stored is not None


def _raw(password: str) -> bytes:
    return password.encode("utf-8", "surrogatepass")
