"""The users of the private server: their rights, and the files of their passwords.

mongod runs with a key file, so every connection needs a user.  acsql creates the users as
``__system``, the user of the members of a replica set, whose password is the key.  So the server is
never open, not even at its first start, and a lost password is replaced at the next.
"""

import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pymongo.database import Database

from ..errors import DatabaseError
from ..permissions import replace_file

WRITER = "acsql"
READER = "acsql_reader"
ANNOTATOR = "acsql_annotator"
# The least that an ingest, the site, and those who annotate need:
# https://www.mongodb.com/docs/manual/reference/built-in-roles/
ANNOTATE = "acsql_annotate"
ROLES = {WRITER: "readWrite", READER: "read", ANNOTATOR: ANNOTATE}
# Actions beside reading, by collection: annotations are only ever added, alerts marked as seen, and
# positions of names stored.
# https://www.mongodb.com/docs/manual/reference/privilege-actions/
_ANNOTATING = {
    "annotations": ["insert"],
    "annotated_observations": ["insert", "update"],
    "annotation_numbers": ["insert", "update"],
    "saved_searches": ["insert", "update", "remove"],
    "saved_search_visits": ["insert", "update"],
    "monitor_alerts": ["update"],
    "resolved_names": ["insert", "update"],
}
# Random bytes of a secret; the key file may have 1024 characters, two of which make a byte.
_SECRET_BYTES = 32
_OTHERS = 0o077  # the permissions of group and others


@dataclass(frozen=True)
class Credentials:
    """The secrets of one private server.

    Attributes
    ----------
    key_file : Path
        The file with the key, for mongod.
    key : str
        The password of ``__system``.
    passwords : mapping of str
        The password of each user in `ROLES`.
    """

    key_file: Path
    key: str = field(repr=False)
    passwords: Mapping[str, str] = field(repr=False)

    def user_info(self, user: str) -> str:
        """Return a user and its password as a connection string has them."""
        return f"{user}:{self.passwords[user]}@"

    @property
    def administrator(self) -> dict[str, str]:
        """The options of a client that connects as ``__system``."""
        return {
            "username": "__system",
            "password": self.key,
            "authSource": "local",
            "authMechanism": "SCRAM-SHA-256",
        }


def load_credentials(data_dir: Path) -> Credentials:
    """Read the secrets of a folder; those that are missing are made.

    Parameters
    ----------
    data_dir : Path
        The folder for acsql's own files, locked by the caller.

    Returns
    -------
    Credentials
        As the files have them, which only their owner can read.

    Raises
    ------
    DatabaseError
        If the file of the passwords is damaged.
    OSError
        If a file cannot be read or written.
    """
    key_file = data_dir / "mongodb.key"
    # In one file, so that a server that takes one of them takes all.
    password_file = data_dir / "mongodb.passwords"
    key = _secret(key_file, _random)
    text = _secret(password_file, lambda: json.dumps({user: _random() for user in ROLES}))
    try:
        passwords = json.loads(text)
        if ANNOTATOR not in passwords and {WRITER, READER} <= passwords.keys():
            # The file of an acsql without annotations.
            passwords[ANNOTATOR] = _random()
            replace_file(password_file, json.dumps(passwords))
        return Credentials(key_file, key, {user: passwords[user] for user in ROLES})
    except (AttributeError, ValueError, TypeError, KeyError):
        raise DatabaseError(
            f"{password_file} is damaged: remove it; the next start sets new passwords"
        ) from None


def _secret(file: Path, new: Callable[[], str]) -> str:
    """Return the content of a file of its owner alone, written if it is missing."""
    if not file.exists():
        replace_file(file, new())
    if file.stat().st_mode & _OTHERS:  # a copied or restored file
        file.chmod(0o600)
    return file.read_text(encoding="ascii").strip()


def _random() -> str:
    return secrets.token_hex(_SECRET_BYTES)


def create_users(database: Database[dict[str, Any]], credentials: Credentials) -> None:
    """Create the users of a database, or set the passwords and roles of existing ones.

    Parameters
    ----------
    database : pymongo.database.Database
        Connected as ``__system``.
    credentials : Credentials
        With the passwords.

    Raises
    ------
    PyMongoError
        If the database refuses.
    """
    role_exists = database.command("rolesInfo", ANNOTATE)["roles"]
    definition = annotating_role(database.name)
    database.command("updateRole" if role_exists else "createRole", ANNOTATE, **definition)
    existing = {user["user"] for user in database.command("usersInfo")["users"]}
    for user, role in ROLES.items():
        command = "updateUser" if user in existing else "createUser"
        database.command(command, user, pwd=credentials.passwords[user], roles=[role])


def annotating_role(database: str) -> dict[str, Any]:
    """Return the definition of the role that reads all and writes annotations alone.

    Parameters
    ----------
    database : str
        The name of the database.

    Returns
    -------
    dict
        The privileges and roles of MongoDB's command ``createRole``.
    """
    privileges = [
        {"resource": {"db": database, "collection": collection}, "actions": actions}
        for collection, actions in _ANNOTATING.items()
    ]
    return {"privileges": privileges, "roles": [{"role": "read", "db": database}]}


def missing_rights(database: Database[dict[str, Any]]) -> list[str]:
    """Return the rights that the user of a connection lacks to write annotations.

    Parameters
    ----------
    database : pymongo.database.Database
        Connected as the user who writes annotations.

    Returns
    -------
    list of str
        Such as ``insert in saved_searches``; empty on a server without authentication.

    Raises
    ------
    PyMongoError
        If the database refuses.
    """
    user = database.command("connectionStatus", showPrivileges=True)["authInfo"]
    if not user["authenticatedUsers"]:
        return []
    return [
        f"{action} in {collection}"
        for collection, actions in _ANNOTATING.items()
        for action in actions
        if not any(
            action in privilege["actions"]
            and _covers(privilege["resource"], database.name, collection)
            for privilege in user["authenticatedUserPrivileges"]
        )
    ]


def _covers(resource: Mapping[str, Any], database: str, collection: str) -> bool:
    """Return whether the resource of a privilege includes a collection; empty names mean any."""
    return resource.get("anyResource", False) or (
        resource.get("db") in ("", database) and resource.get("collection") in ("", collection)
    )
