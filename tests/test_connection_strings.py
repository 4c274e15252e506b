"""No part of a connection string that is shown holds a secret."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acsql.connection_strings import has_password, without_password, without_user

PLAIN = "mongodb://one.example:27017,two.example/acsql?replicaSet=acsql"


@pytest.mark.parametrize(
    ("uri", "shown", "address"),
    [
        (PLAIN, PLAIN, PLAIN),
        ("mongodb://user@db/acsql", "mongodb://user@db/acsql", "mongodb://db/acsql"),
        ("mongodb://user:secret@db/acsql", "mongodb://user:***@db/acsql", "mongodb://db/acsql"),
        ("mongodb+srv://u:p@ss/x@db/", "mongodb+srv://u:***@db/", "mongodb+srv://db/"),
        (
            "mongodb://db/?tls=true&tlsCertificateKeyFilePassword=secret&appName=x",
            "mongodb://db/?tls=true&tlsCertificateKeyFilePassword=***&appName=x",
            "mongodb://db/?tls=true&tlsCertificateKeyFilePassword=***&appName=x",
        ),
        (
            "mongodb://db/?authmechanismproperties=AWS_SESSION_TOKEN:s@cret",
            "mongodb://db/?authmechanismproperties=***",
            "mongodb://db/?authmechanismproperties=***",
        ),
    ],
)
def test_what_is_shown_of_a_connection_string(uri: str, shown: str, address: str) -> None:
    assert without_password(uri) == shown
    assert without_user(uri) == address
    assert has_password(uri) == (uri != shown)


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_no_password_is_shown(text: str) -> None:
    secret = f"<{text}>"
    uri = f"mongodb://user:{secret}@db.example/acsql?replicaSet=acsql"
    assert has_password(uri)
    assert secret not in without_password(uri)
    assert secret not in without_user(uri)
