"""The command `users`: accounts of the site, their roles, passwords and tokens."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from ..settings import ROLES
from .context import open_archive
from .options import rows_format_option
from .output import print_rows

if TYPE_CHECKING:
    from ..accounts.accounts import Account, Accounts

name_argument = click.argument("name")
role_type = click.Choice(ROLES)


@click.group()
def users() -> None:
    """Manage accounts, roles and tokens of the site.

    The role read may read, annotate may annotate as well, and administer may do everything.

    \b
    Example:
      acsql users add anna --role annotate
    """


@users.command("list")
@rows_format_option
@click.pass_context
def list_(ctx: click.Context, format_: str) -> None:
    """List the accounts.

    \b
    Example:
      acsql users list
    """
    from ..query import computed_column

    columns = [
        computed_column("name", "str", "name of the user"),
        computed_column("role", "str", "what the user may do"),
        computed_column("password", "bool", "whether the user has a password"),
        computed_column("tokens", "str", "labels of the tokens"),
        computed_column("created", "datetime", "when the account was made"),
    ]
    with open_archive(ctx) as archive:
        rows = [_row(account) for account in archive.accounts.all()]
    print_rows(rows, columns, format_, lambda: "No accounts: add one with acsql users add NAME.")


@users.command()
@name_argument
@click.option(
    "--role", type=role_type, default="annotate", show_default=True, help="Role of the user."
)
@click.option(
    "--no-password",
    is_flag=True,
    help="For scripts, which have tokens, and for users whom a proxy names.",
)
@click.pass_context
def add(ctx: click.Context, name: str, role: str, no_password: bool) -> None:
    """Add an account.

    The password is read from the terminal, else from the first line of standard input.

    \b
    Examples:
      acsql users add anna
      acsql users add bias-monitor --no-password
    """
    from ..accounts.roles import Role

    password = None if no_password else _password()
    with _changing(ctx, "add account", role=role) as (accounts, changed):
        changed["account"] = accounts.add(name, Role(role), password)
    click.echo(f"Added {changed['account']} with the role {role}.")


@users.command()
@name_argument
@click.pass_context
def remove(ctx: click.Context, name: str) -> None:
    """Remove an account with its tokens and sessions; what its user wrote stays.

    \b
    Example:
      acsql users remove anna
    """
    with _changing(ctx, "remove account", account=name) as (accounts, _):
        accounts.remove(name)
    click.echo(f"Removed {name}.")


@users.command()
@name_argument
@click.argument("role", type=role_type)
@click.pass_context
def role(ctx: click.Context, name: str, role: str) -> None:
    """Give an account the role ROLE, from its next request on.

    \b
    Example:
      acsql users role anna administer
    """
    from ..accounts.roles import Role

    with _changing(ctx, "change role", account=name, role=role) as (accounts, _):
        accounts.set_role(name, Role(role))
    click.echo(f"{name} has the role {role}.")


@users.command()
@name_argument
@click.pass_context
def password(ctx: click.Context, name: str) -> None:
    """Give an account another password, and end its sessions.

    \b
    Example:
      acsql users password anna
    """
    new = _password()
    with _changing(ctx, "change password", account=name) as (accounts, _):
        accounts.set_password(name, new)
    click.echo(f"{name} has a new password; its sessions have ended.")


@users.command()
@name_argument
@click.option("--label", default="script", show_default=True, help="Purpose of the token.")
@click.option("--revoke", is_flag=True, help="Remove the token with this label.")
@click.pass_context
def token(ctx: click.Context, name: str, label: str, revoke: bool) -> None:
    """Print a new token of an account, which is shown once, or revoke one.

    A script sends it as: Authorization: Bearer TOKEN

    \b
    Examples:
      acsql users token bias-monitor --label nightly
      acsql users token bias-monitor --label nightly --revoke
    """
    if revoke:
        with _changing(ctx, "revoke token", account=name, label=label) as (accounts, _):
            accounts.remove_token(name, label)
        click.echo(f"Revoked the token {label!r} of {name}.")
        return
    with _changing(ctx, "add token", account=name, label=label) as (accounts, _):
        new = accounts.add_token(name, label)
    click.echo(new)
    click.echo("Keep it secret: acsql does not show it again.", err=True)


@contextmanager
def _changing(
    ctx: click.Context, action: str, **details: Any
) -> Iterator[tuple[Accounts, dict[str, Any]]]:
    """Yield the accounts, and write to the audit log what was changed if that succeeds."""
    from ..accounts import audit
    from ..permissions import user

    with open_archive(ctx) as archive, audit.auditing(archive.config, audit.COMMANDS):
        yield archive.accounts, details
        audit.record(action, user(), **details)


def _password() -> str:
    """Return a new password: typed twice in a terminal, else one line of standard input."""
    if sys.stdin.isatty():
        typed: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
        return typed
    return sys.stdin.readline().rstrip("\r\n")


def _row(account: Account) -> dict[str, Any]:
    labels = ", ".join(token.label for token in account.tokens)
    return {
        "name": account.name,
        "role": account.role.value,
        "password": account.has_password,
        "tokens": labels or None,
        "created": account.created,
    }
