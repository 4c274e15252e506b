"""The accounts of the site: names, roles, passwords and tokens, in the database.

The site only reads them.  Commands change them, as a database user that may write.
"""

import hashlib
import secrets
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..errors import AccountDamaged, AccountError
from ..settings import ROLES
from ..store import accounts as stored
from ..store.client import Store
from ..store.schema import Document, now
from .passwords import hashed, is_password
from .roles import Role, checked_name

# With this start, a token in a script or a log can be recognised.
TOKEN_PREFIX = "acsql_"
# Random bytes of a token, which therefore needs no slow hash.
_TOKEN_BYTES = 32
# Characters; a longer text is no token.
_MAX_TOKEN = 100
_MAX_LABEL = 100
# Random bytes of the id of the sessions.
_SESSION_BYTES = 16
# Each page of a site looks whether there are accounts, which takes half a millisecond.
_EXIST_SECONDS = 1.0


@dataclass(frozen=True)
class Token:
    """A token, which is stored as a hash only.

    Attributes
    ----------
    label : str
        Its purpose; unique in its account.
    created : datetime
        When it was made, in UTC.
    """

    label: str
    created: datetime


@dataclass(frozen=True)
class Account:
    """An account.

    Attributes
    ----------
    name : str
        Its name, in lower case.
    role : Role
        The role of its user.
    has_password : bool
        Whether its user can log in; scripts need a token only, users of a proxy neither.
    tokens : tuple of Token
        Its tokens, the oldest first.
    session_id : str
        A key of all sessions of its user; another one ends them all.
    created : datetime
        When it was made, in UTC.
    """

    name: str
    role: Role
    has_password: bool
    tokens: tuple[Token, ...]
    session_id: str
    created: datetime


class Accounts:
    """The accounts of an archive.

    Parameters
    ----------
    store : Store
        The open database.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        # Whether there is any, and until when that is taken for true.
        self._exist = False, 0.0

    def exist(self) -> bool:
        """Return whether there is any account; one that another process adds after a second."""
        exist, until = self._exist
        if time.monotonic() >= until:
            exist = stored.exist(self._store)
            self._exist = exist, time.monotonic() + _EXIST_SECONDS
        return exist

    def all(self) -> list[Account]:
        """Return the accounts by name."""
        return [_account(document) for document in stored.listed(self._store)]

    def find(self, name: str) -> Account | None:
        """Return the account of a name, None if there is none."""
        document = stored.find(self._store, checked_name(name))
        return _account(document) if document else None

    def authenticate(self, name: str, password: str) -> Account | None:
        """Return the account of a name and its password.

        Parameters
        ----------
        name, password : str
            As a visitor typed them.

        Returns
        -------
        Account or None
            None if there is no such account or it has another password; both take the same time.
        """
        try:
            document = stored.find(self._store, checked_name(name)) or {}
        except AccountError:
            document = {}
        hash_ = document.get("password")
        is_right = is_password(password, hash_ if isinstance(hash_, str) else None)
        return _account(document) if is_right else None

    def of_token(self, token: str) -> Account | None:
        """Return the account that has a token, None if none has it."""
        if not token.startswith(TOKEN_PREFIX) or len(token) > _MAX_TOKEN:
            return None
        document = stored.find_by_token(self._store, _digest(token))
        return _account(document) if document else None

    def add(self, name: str, role: Role, password: str | None = None) -> str:
        """Add an account.

        Parameters
        ----------
        name : str
            A name that no account has.
        role : Role
            The role of its user.
        password : str, optional
            None for an account that has tokens only, or whose user a proxy names.

        Returns
        -------
        str
            The name as it is stored.

        Raises
        ------
        AccountError
            If the name or the password is invalid, or the name is taken.
        """
        checked = checked_name(name)
        document: dict[str, Any] = {
            "_id": checked,
            "role": role.value,
            "password": None if password is None else hashed(password),
            "tokens": [],
            "session": secrets.token_hex(_SESSION_BYTES),
            "created": now(),
        }
        is_new = stored.insert(self._store, document)
        self._exist = False, 0.0
        if not is_new:
            raise AccountError(f"there is an account {checked!r} already")
        return checked

    def remove(self, name: str) -> None:
        """Remove an account, its sessions and its tokens.

        Raises
        ------
        AccountError
            If there is no such account.
        """
        is_removed = stored.delete(self._store, checked_name(name))
        self._exist = False, 0.0
        if not is_removed:
            raise _not_found(name)

    def set_role(self, name: str, role: Role) -> None:
        """Give an account another role; its sessions and tokens have it at once.

        Raises
        ------
        AccountError
            If there is no such account.
        """
        self._update(name, {"$set": {"role": role.value}})

    def set_password(self, name: str, password: str) -> None:
        """Give an account another password, and end its sessions.

        Raises
        ------
        AccountError
            If there is no such account, or the password is too short or too long.
        """
        session = secrets.token_hex(_SESSION_BYTES)
        self._update(name, {"$set": {"password": hashed(password), "session": session}})

    def add_token(self, name: str, label: str) -> str:
        """Add a token to an account.

        Parameters
        ----------
        name : str
            The name of the account.
        label : str
            Its purpose; no other token of the account has this label.

        Returns
        -------
        str
            The token, which is stored nowhere.

        Raises
        ------
        AccountError
            If there is no such account, or its label is invalid or taken.
        """
        if not label.isprintable() or not 0 < len(label.strip()) <= _MAX_LABEL:
            raise AccountError(f"the label of a token has 1 to {_MAX_LABEL} printable characters")
        token = TOKEN_PREFIX + secrets.token_urlsafe(_TOKEN_BYTES)
        entry = {"label": label.strip(), "digest": _digest(token), "created": now()}
        is_new = {"tokens.label": {"$ne": entry["label"]}}
        changes = {"$push": {"tokens": entry}}
        if not stored.update(self._store, checked_name(name), changes, is_new):
            if self.find(name) is None:
                raise _not_found(name)
            raise AccountError(f"{name} has a token {label!r} already: choose another label")
        return token

    def remove_token(self, name: str, label: str) -> None:
        """Remove a token of an account.

        Raises
        ------
        AccountError
            If there is no such token.
        """
        changes = {"$pull": {"tokens": {"label": label}}}
        if not stored.update(self._store, checked_name(name), changes, {"tokens.label": label}):
            raise AccountError(
                f"{name} has no token {label!r}; `acsql users list` shows the labels"
            )

    def _update(self, name: str, changes: dict[str, Any]) -> None:
        if not stored.update(self._store, checked_name(name), changes):
            raise _not_found(name)


def _account(document: Document) -> Account:
    """Return an account as it is stored, which a person may have changed in the database."""
    name = document["_id"]
    role = document.get("role")
    if role not in ROLES:
        raise AccountDamaged(
            f"the account {name} has the role {role!r} in the database, and the roles are "
            f"{', '.join(ROLES)}; an administrator can fix it: acsql users role {name} ROLE"
        )
    try:
        return Account(
            name,
            Role(role),
            document["password"] is not None,
            tuple(Token(token["label"], token["created"]) for token in document["tokens"]),
            str(document["session"]),
            document["created"],
        )
    except (KeyError, TypeError) as error:
        raise AccountDamaged(
            f"the account {name} is damaged in the database ({error}); an administrator removes "
            f"it and adds it again: acsql users remove {name}"
        ) from error


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def _not_found(name: str) -> AccountError:
    return AccountError(f"there is no account {name!r}; `acsql users list` shows all")
