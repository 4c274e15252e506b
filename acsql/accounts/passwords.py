"""Passwords, as argon2id hashes with the parameters of RFC 9106 that argon2-cffi recommends."""

from functools import cache
from typing import TYPE_CHECKING

from ..errors import AccountError

if TYPE_CHECKING:
    from argon2 import PasswordHasher

# Characters; OWASP ASVS 4.0.3, section 2.1.1.
MIN_LENGTH = 12
# Characters; a longer text would only cost time.
MAX_LENGTH = 1000


@cache
def _hasher() -> "PasswordHasher":
    """Return the hasher; few commands need the library."""
    from argon2 import PasswordHasher

    return PasswordHasher()


@cache
def _hash_without_password() -> str:
    """Return a hash that no password has, to spend the same time on a name without account."""
    return _hasher().hash("")


def hashed(password: str) -> str:
    """Return the hash of a new password.

    Parameters
    ----------
    password : str
        The password.

    Returns
    -------
    str
        With its salt and parameters.

    Raises
    ------
    AccountError
        If the password is too short or too long.
    """
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        raise AccountError(f"a password has {MIN_LENGTH} to {MAX_LENGTH} characters")
    return _hasher().hash(password)


def is_password(password: str, hash_: str | None) -> bool:
    """Return whether a hash is that of a password.

    Parameters
    ----------
    password : str
        Any text.
    hash_ : str, optional
        From `hashed`; None if there is no account or it has no password, which takes as long.

    Returns
    -------
    bool
        False without a hash.
    """
    from argon2.exceptions import InvalidHashError, VerificationError

    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        # No account has such a password, as anyone may know.
        return False
    try:
        return _hasher().verify(hash_ or _hash_without_password(), password)
    except (VerificationError, InvalidHashError):
        # Of another password, or changed in the database.
        return False
