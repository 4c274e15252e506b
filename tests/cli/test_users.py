"""The commands of accounts, and what they leave in the audit log."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import acsql
from acsql import cli
from acsql.accounts import audit
from acsql.accounts.roles import Role

PASSWORD = "correct horse battery"


@pytest.fixture
def users(empty_archive: acsql.Archive, write_settings, tmp_path: Path) -> Callable[..., Result]:
    """Run a command of `acsql users` with a text as its standard input."""
    settings = write_settings(empty_archive.config, tmp_path)

    def run(*arguments: str, typed: str = "") -> Result:
        return CliRunner().invoke(
            cli.acsql, ["--config", str(settings), "users", *arguments], input=typed
        )

    return run


def audited(archive: acsql.Archive) -> list[dict[str, str]]:
    """Return the lines of the audit log."""
    text = (archive.config.log_dir / audit.COMMANDS).read_text()
    return [json.loads(line) for line in text.splitlines()]


def test_an_account_is_added_with_the_password_of_standard_input(
    users: Callable[..., Result], empty_archive: acsql.Archive
) -> None:
    result = users("add", "Anna", "--role", "administer", typed=f"{PASSWORD}\n")
    assert result.exit_code == 0, result.output
    account = empty_archive.accounts.authenticate("anna", PASSWORD)
    assert account is not None
    assert account.role == Role.ADMINISTER
    assert PASSWORD not in result.output


def test_accounts_are_listed_in_every_format(users: Callable[..., Result]) -> None:
    assert "No accounts" in users("list").stderr
    users("add", "anna", "--no-password")
    users("token", "anna", "--label", "nightly")
    (row,) = json.loads(users("list", "--format", "json").stdout)
    assert row.items() >= {
        ("name", "anna"), ("role", "annotate"), ("password", False), ("tokens", "nightly"),
    }  # fmt: skip


def test_role_password_and_removal_change_the_account(
    users: Callable[..., Result], empty_archive: acsql.Archive
) -> None:
    users("add", "anna", typed=f"{PASSWORD}\n")
    assert users("role", "anna", "read").exit_code == 0
    assert users("password", "anna", typed=f"{PASSWORD} 2\n").exit_code == 0
    account = empty_archive.accounts.authenticate("anna", f"{PASSWORD} 2")
    assert account is not None
    assert account.role == Role.READ
    assert users("remove", "anna").exit_code == 0
    assert empty_archive.accounts.all() == []


def test_a_token_is_printed_once_and_can_be_revoked(
    users: Callable[..., Result], empty_archive: acsql.Archive
) -> None:
    users("add", "bias-monitor", "--no-password")
    token = users("token", "bias-monitor", "--label", "nightly").stdout.strip()
    assert empty_archive.accounts.of_token(token)
    assert token not in users("list").stdout
    assert token not in (empty_archive.config.log_dir / audit.COMMANDS).read_text()
    assert users("token", "bias-monitor", "--label", "nightly", "--revoke").exit_code == 0
    assert empty_archive.accounts.of_token(token) is None


def test_every_change_is_in_the_audit_log_without_secrets(
    users: Callable[..., Result], empty_archive: acsql.Archive
) -> None:
    users("add", "anna", typed=f"{PASSWORD}\n")
    users("role", "anna", "read")
    users("password", "anna", typed=f"{PASSWORD}\n")
    users("token", "anna")
    users("token", "anna", "--revoke")
    users("remove", "anna")
    users("list")
    lines = audited(empty_archive)
    assert [line["action"] for line in lines] == [
        "add account", "change role", "change password", "add token", "revoke token",
        "remove account",
    ]  # fmt: skip
    assert {line["account"] for line in lines} == {"anna"}
    assert all(line["by"] for line in lines)
    assert PASSWORD not in str(lines)


@pytest.mark.parametrize(
    ("arguments", "typed", "message"),
    [
        (["add", "anna"], "short\n", "12 to 1000 characters"),
        (["add", "anna"], "", "12 to 1000 characters"),
        (["add", "a b", "--no-password"], "", "is not a name"),
        (["add", "taken", "--no-password"], "", "already"),
        (["remove", "nobody"], "", "no account 'nobody'"),
        (["role", "nobody", "read"], "", "no account 'nobody'"),
        (["role", "taken", "king"], "", "'king' is not one of"),
        (["token", "nobody"], "", "no account 'nobody'"),
        (["token", "taken", "--revoke"], "", "no token 'script'"),
    ],
)
def test_what_cannot_be_done_is_an_error_and_not_audited(
    users: Callable[..., Result],
    empty_archive: acsql.Archive,
    arguments: list[str],
    typed: str,
    message: str,
) -> None:
    empty_archive.accounts.add("taken", Role.READ)
    result = users(*arguments, typed=typed)
    assert result.exit_code == 2
    assert message in result.stderr
    log = empty_archive.config.log_dir / audit.COMMANDS
    assert not log.exists() or log.read_text() == ""
    assert [account.name for account in empty_archive.accounts.all()] == ["taken"]
