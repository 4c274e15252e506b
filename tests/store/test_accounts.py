"""Accounts are stored by name; a change is applied to the account that meets its condition."""

from acsql.store import accounts
from acsql.store.client import Store

ANNA = {"_id": "anna", "role": "read", "tokens": [{"label": "nightly", "digest": "d1"}]}
BOB = {"_id": "bob", "role": "read", "tokens": []}


def test_accounts_are_found_by_name_and_by_token(store: Store) -> None:
    assert accounts.insert(store, BOB)
    assert accounts.insert(store, ANNA)
    assert accounts.listed(store) == [ANNA, BOB]
    assert accounts.find(store, "bob") == BOB
    assert accounts.find_by_token(store, "d1") == ANNA
    assert accounts.find(store, "nobody") is None
    assert accounts.find_by_token(store, "d2") is None


def test_a_second_account_of_a_name_is_not_stored(store: Store) -> None:
    assert accounts.insert(store, ANNA)
    assert not accounts.insert(store, ANNA | {"role": "administer"})
    assert accounts.find(store, "anna") == ANNA


def test_a_change_needs_an_account_that_meets_its_condition(store: Store) -> None:
    accounts.insert(store, ANNA)
    change = {"$set": {"role": "annotate"}}
    assert not accounts.update(store, "bob", change)
    assert not accounts.update(store, "anna", change, {"tokens.label": "weekly"})
    assert accounts.find(store, "anna") == ANNA
    assert accounts.update(store, "anna", change, {"tokens.label": "nightly"})
    assert accounts.find(store, "anna") == ANNA | {"role": "annotate"}


def test_a_deleted_account_no_longer_exists(store: Store) -> None:
    accounts.insert(store, ANNA)
    assert accounts.exist(store)
    assert accounts.delete(store, "anna")
    assert not accounts.delete(store, "anna")
    assert not accounts.exist(store)
