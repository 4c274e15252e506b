"""Accounts: what each command changes, and what a password and a token open."""

import pytest

from acsql.accounts import accounts as module
from acsql.accounts.accounts import TOKEN_PREFIX, Account, Accounts
from acsql.accounts.roles import Role
from acsql.errors import AccountDamaged, AccountError
from acsql.store.client import Store

PASSWORD = "correct horse battery"
OTHER = "another long password"


@pytest.fixture
def accounts(store: Store) -> Accounts:
    """Accounts with one of anna, who may annotate, and one of a script."""
    made = Accounts(store)
    made.add("Anna", Role.ANNOTATE, PASSWORD)
    made.add("bias-monitor", Role.READ)
    return made


def found(accounts: Accounts, name: str = "anna") -> Account:
    """Return an account that exists."""
    account = accounts.find(name)
    assert account is not None
    return account


def test_a_new_account_has_its_role_and_its_password(accounts: Accounts) -> None:
    assert [(each.name, each.role, each.has_password) for each in accounts.all()] == [
        ("anna", Role.ANNOTATE, True),
        ("bias-monitor", Role.READ, False),
    ]
    assert accounts.authenticate("ANNA", PASSWORD) == found(accounts)


def test_an_account_of_another_process_counts_after_a_moment(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = Accounts(store), Accounts(store)
    monkeypatch.setattr(module, "_EXIST_SECONDS", 60)
    assert not first.exist()
    second.add("anna", Role.READ)
    assert second.exist()
    assert not first.exist()
    monkeypatch.setattr(module, "_EXIST_SECONDS", 0)
    third = Accounts(store)
    assert third.exist()
    second.remove("anna")
    assert not third.exist()


def test_no_secret_is_stored(accounts: Accounts, store: Store) -> None:
    token = accounts.add_token("anna", "nightly")
    stored = str(list(store.accounts.find()))
    assert PASSWORD not in stored
    assert token.removeprefix(TOKEN_PREFIX) not in stored


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("anna", OTHER),
        ("anna", PASSWORD.upper()),
        ("anna", ""),
        ("nobody", PASSWORD),
        ("bias-monitor", PASSWORD),
        ("bias-monitor", ""),
        ("$ne", PASSWORD),
        ("", ""),
    ],
)
def test_a_wrong_name_or_password_opens_no_account(
    accounts: Accounts, name: str, password: str
) -> None:
    assert accounts.authenticate(name, password) is None


def test_a_name_is_given_once_in_any_case(accounts: Accounts) -> None:
    with pytest.raises(AccountError, match="already"):
        accounts.add("ANNA", Role.ADMINISTER, OTHER)
    assert accounts.authenticate("anna", PASSWORD)
    assert found(accounts).role == Role.ANNOTATE


def test_another_password_replaces_the_old_one_and_ends_the_sessions(accounts: Accounts) -> None:
    before = found(accounts).session_id
    accounts.set_password("anna", OTHER)
    assert accounts.authenticate("anna", OTHER)
    assert accounts.authenticate("anna", PASSWORD) is None
    assert found(accounts).session_id != before


def test_another_role_leaves_the_sessions(accounts: Accounts) -> None:
    before = found(accounts)
    accounts.set_role("anna", Role.ADMINISTER)
    after = found(accounts)
    assert after.role == Role.ADMINISTER
    assert after.session_id == before.session_id


def test_a_removed_account_is_open_to_nothing(accounts: Accounts) -> None:
    token = accounts.add_token("anna", "nightly")
    accounts.remove("anna")
    assert accounts.find("anna") is None
    assert accounts.authenticate("anna", PASSWORD) is None
    assert accounts.of_token(token) is None


def test_an_account_made_again_does_not_continue_old_sessions(accounts: Accounts) -> None:
    before = found(accounts).session_id
    accounts.remove("anna")
    accounts.add("anna", Role.READ, PASSWORD)
    assert found(accounts).session_id != before


def test_a_token_opens_its_account_until_it_is_revoked(accounts: Accounts) -> None:
    tokens = {label: accounts.add_token("anna", label) for label in ("nightly", "weekly")}
    assert all(accounts.of_token(token) == found(accounts) for token in tokens.values())
    assert [token.label for token in found(accounts).tokens] == list(tokens)
    accounts.remove_token("anna", "nightly")
    assert accounts.of_token(tokens["nightly"]) is None
    assert accounts.of_token(tokens["weekly"]) == found(accounts)


@pytest.mark.parametrize("token", ["", "acsql_", "acsql_x", "x", "acsql_" + "x" * 10_000, "\udc80"])
def test_another_text_is_no_token(accounts: Accounts, token: str) -> None:
    accounts.add_token("anna", "nightly")
    assert accounts.of_token(token) is None


def test_a_label_is_used_once(accounts: Accounts) -> None:
    accounts.add_token("anna", "nightly")
    with pytest.raises(AccountError, match="choose another label"):
        accounts.add_token("anna", "nightly")
    accounts.add_token("bias-monitor", "nightly")


@pytest.mark.parametrize("label", ["", " ", "a\nb", "x" * 101])
def test_a_label_is_short_and_printable(accounts: Accounts, label: str) -> None:
    with pytest.raises(AccountError, match="label"):
        accounts.add_token("anna", label)


def test_what_is_not_there_is_not_changed(accounts: Accounts) -> None:
    before = accounts.all()
    for change in (
        lambda: accounts.remove("nobody"),
        lambda: accounts.set_role("nobody", Role.READ),
        lambda: accounts.set_password("nobody", PASSWORD),
        lambda: accounts.add_token("nobody", "nightly"),
        lambda: accounts.remove_token("anna", "nightly"),
    ):
        with pytest.raises(AccountError):
            change()
    assert accounts.all() == before


def test_accounts_exist_from_the_first_to_the_last(store: Store) -> None:
    accounts = Accounts(store)
    assert not accounts.exist()
    accounts.add("anna", Role.READ)
    assert accounts.exist()
    accounts.remove("anna")
    assert not accounts.exist()


DAMAGE = [
    {"role": "owner"},
    {"role": None},
    {"role": ["read"]},
    {"tokens": None},
    {"tokens": [{"label": "nightly"}]},
]


@pytest.mark.parametrize("changed", DAMAGE)
def test_an_account_that_is_damaged_in_the_database_opens_nothing_and_says_what_mends_it(
    accounts: Accounts, store: Store, changed: dict[str, object]
) -> None:
    store.accounts.update_one({"_id": "anna"}, {"$set": changed})
    for read in (accounts.all, lambda: accounts.authenticate("anna", PASSWORD)):
        with pytest.raises(AccountDamaged, match=r"acsql users (role|remove) anna"):
            read()


@pytest.mark.parametrize("hash_", ["", "x", "$argon2id$", 7, {"$ne": None}])
def test_a_damaged_hash_is_no_password(accounts: Accounts, store: Store, hash_: object) -> None:
    store.accounts.update_one({"_id": "anna"}, {"$set": {"password": hash_}})
    assert accounts.authenticate("anna", PASSWORD) is None


def test_another_role_mends_an_account_with_an_unknown_role(
    accounts: Accounts, store: Store
) -> None:
    store.accounts.update_one({"_id": "anna"}, {"$set": {"role": "owner"}})
    accounts.set_role("anna", Role.READ)
    assert found(accounts).role == Role.READ
