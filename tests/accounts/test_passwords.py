"""Passwords are stored as salted argon2id hashes."""

import pytest

from acsql.accounts.passwords import MAX_LENGTH, MIN_LENGTH, _hasher, hashed, is_password
from acsql.errors import AccountError

PASSWORD = " correct horse \N{BATTERY} "


def test_a_password_is_that_of_its_hash_alone() -> None:
    hash_ = hashed(PASSWORD)
    assert hash_.startswith("$argon2id$")
    assert PASSWORD.strip() not in hash_
    assert is_password(PASSWORD, hash_)
    assert not is_password(PASSWORD.strip(), hash_)


def test_the_parameters_are_those_of_rfc_9106() -> None:
    # Its second recommended option: 64 MiB, three passes, four lanes.
    assert _hasher().hash(PASSWORD).startswith("$argon2id$v=19$m=65536,t=3,p=4$")


def test_equal_passwords_have_different_hashes() -> None:
    assert hashed(PASSWORD) != hashed(PASSWORD)


@pytest.mark.parametrize("password", ["", PASSWORD, "x" * (MIN_LENGTH - 1), "x" * (MAX_LENGTH + 1)])
def test_no_password_is_that_of_a_missing_hash(password: str) -> None:
    assert not is_password(password, None)


@pytest.mark.parametrize("length", [0, MIN_LENGTH - 1, MAX_LENGTH + 1])
def test_a_new_password_of_the_wrong_length_is_refused(length: int) -> None:
    with pytest.raises(AccountError, match=f"{MIN_LENGTH} to {MAX_LENGTH} characters"):
        hashed("x" * length)
