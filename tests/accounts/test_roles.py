"""Roles are ordered, and names of users are in lower case and without blanks."""

import pytest

from acsql.accounts.roles import Role, checked_name
from acsql.errors import AccountError
from acsql.settings import ROLES


def test_the_roles_are_those_of_the_setting() -> None:
    assert [role.value for role in Role] == list(ROLES)


@pytest.mark.parametrize("role", Role)
def test_a_role_includes_itself_and_those_before_it(role: Role) -> None:
    order = list(Role)
    included = [right for right in order if role.includes(right)]
    assert included == order[: order.index(role) + 1]


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("anna", "anna"),
        (" Anna ", "anna"),
        ("A.B@STSCI.EDU", "a.b@stsci.edu"),
        ("x" * 64, "x" * 64),
    ],
)
def test_a_name_is_stored_in_lower_case(written: str, name: str) -> None:
    assert checked_name(written) == name


@pytest.mark.parametrize(
    "text", ["", " ", "a b", "a\nb", ".a", "x" * 65, "a\x00", "$ne", "é", "(null)", "a,b", "a/b"]
)
def test_what_cannot_be_a_name_is_refused(text: str) -> None:
    with pytest.raises(AccountError, match="is not a name"):
        checked_name(text)
