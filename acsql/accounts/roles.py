"""Users and roles: the rights of each role, ordered from reading to administration."""

import re
from dataclasses import dataclass
from enum import StrEnum

from ..errors import AccountError

# Names stand in searches, in logs and in files, so they have no blanks and no quotes; they are long
# enough for an e-mail address at which a proxy names its users.
_NAME = re.compile(r"[a-z0-9][a-z0-9._@+-]{0,63}", re.ASCII)


class Role(StrEnum):
    """A role; each has the rights of those before it."""

    READ = "read"
    ANNOTATE = "annotate"
    ADMINISTER = "administer"

    def includes(self, right: "Role") -> bool:
        """Return whether a user of this role may do what another role is for."""
        order = list(Role)
        return order.index(self) >= order.index(right)


@dataclass(frozen=True)
class User:
    """The user of a request.

    Attributes
    ----------
    name : str
        The name, in lower case.
    role : Role
        The role of the user.
    by_token : bool
        Whether a token names the user, and not what a browser sends with every request.
    """

    name: str
    role: Role
    by_token: bool = False


def checked_name(name: str) -> str:
    """Return the name of a user in lower case, in which names are stored and compared.

    Parameters
    ----------
    name : str
        As a person or a proxy writes it.

    Returns
    -------
    str
        The name.

    Raises
    ------
    AccountError
        If it cannot be a name.
    """
    lower = name.strip().lower()
    if not _NAME.fullmatch(lower):
        raise AccountError(
            f"{name!r:.100} is not a name: use 1 to 64 letters, digits and . _ @ + -, the first a "
            "letter or digit"
        )
    return lower
