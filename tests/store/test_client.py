"""A store opens the database of its connection string, and reports failures in one line."""

import gc
import re
import socket
import subprocess
import sys
import traceback

import pytest
from pymongo.errors import InvalidOperation, PyMongoError

from acsql.errors import DatabaseError, DatabaseUnavailable
from acsql.store.client import DEFAULT_DATABASE, Store


def with_database(uri: str, name: str) -> str:
    """Return the connection string of another database on the same server."""
    base, _, options = uri.partition("?")
    return f"{base.rpartition('/')[0]}/{name}?{options}"


@pytest.fixture
def dead_port() -> int:
    """A port on which no program listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


@pytest.mark.parametrize("option", ["tlsCertificateKeyFile", "tlsCAFile"])
@pytest.mark.parametrize("file", ["missing.pem", ".", "invalid.pem"])
def test_a_certificate_that_cannot_be_used_is_an_error_for_the_user(specs, tmp_path, option, file):
    (tmp_path / "invalid.pem").write_text("no certificate")
    uri = f"mongodb://user:secret@127.0.0.1:1/?tls=true&{option}={tmp_path / file}"
    with pytest.raises(DatabaseError, match="invalid connection_string: ") as caught:
        Store(uri, specs)
    assert "secret" not in "".join(traceback.format_exception(caught.value))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("credentials", ["", "user:secret@"])
def test_an_unreachable_server_is_named_without_its_password(dead_port, specs, credentials):
    place = f"127.0.0.1:{dead_port}/acsql?serverSelectionTimeoutMS=100"
    with pytest.raises(DatabaseError) as caught:
        Store(f"mongodb://{credentials}{place}", specs)
    message = str(caught.value)
    assert f"mongodb://{place}" in message
    assert "Connection refused" in message
    assert "secret" not in message
    assert "\n" not in message
    assert len(message) < 300


def test_the_first_answer_has_a_limit_of_its_own(dead_port, specs):
    with pytest.raises(DatabaseUnavailable) as caught:
        Store(f"mongodb://127.0.0.1:{dead_port}", specs, wait=60, first_wait=0.1)
    assert re.search(r"Timeout: 0\.\d+s", str(caught.value.__cause__))


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "localhost:27017",
        "http://user:secret@localhost/",
        "mongodb://",
        "mongodb://user:se:cret@localhost/",
        "mongodb://user:se/cret@localhost/",
        "mongodb://user:se%secret@localhost/",
        "mongodb://user:secret@localhost:99999/",
        "mongodb://user:secret@localhost:port/",
        "mongodb://user:secret@localhost/a b",
        "mongodb://user:secret@localhost/?serverSelectionTimeoutMS=soon",
        "mongodb://user:secret@localhost/?tls=maybe",
    ],
)
def test_an_invalid_connection_string_is_refused_without_its_password(uri, specs):
    with pytest.raises(DatabaseError, match="invalid connection_string") as caught:
        Store(uri, specs)
    assert "secret" not in str(caught.value)


def test_a_wrong_password_is_reported_in_one_line(connection_string, specs):
    uri = re.sub("://.*@", "://user:secret@", connection_string)
    with pytest.raises(DatabaseError, match="Authentication failed") as caught:
        Store(uri, specs)
    assert "secret" not in str(caught.value)
    assert len(str(caught.value)) < 300


def test_the_address_is_shown_without_user_and_password(connection_string, specs):
    with Store(connection_string, specs) as store:
        address = re.sub("://.*@", "://", connection_string)
        assert store.address == address
        store.connection_string = address.replace("://", "://user:p%40ss@")
        assert store.address == address


def test_the_database_is_that_of_the_connection_string(connection_string, specs):
    expected = connection_string.partition("?")[0].rpartition("/")[2]
    with Store(connection_string, specs) as store:
        assert store.database.name == expected
        assert store.observations.full_name == f"{expected}.observations"
        document = store.document_classes.observation
        assert document._get_collection().full_name == f"{expected}.observations"


def test_the_default_database_is_acsql(connection_string, specs):
    with Store(with_database(connection_string, ""), specs) as store:
        assert store.database.name == DEFAULT_DATABASE


@pytest.mark.parametrize("options", ["", "&w=1&journal=false", "&w=0"])
def test_writes_are_journaled_by_the_majority_whatever_the_connection_string(
    connection_string, specs, options
):
    with Store(connection_string + options, specs) as store:
        collections = (
            store.observations,
            store.proposals,
            store.ingest_runs,
            store.keywords_not_in_specs,
        )
        for collection in collections:
            assert collection.write_concern.document == {"w": "majority", "j": True}


def test_the_connection_string_can_set_the_server_timeout(connection_string, specs):
    with Store(connection_string, specs) as store:
        assert store.client.options.server_selection_timeout == 15
    with Store(f"{connection_string}&serverSelectionTimeoutMS=2500", specs) as store:
        assert store.client.options.server_selection_timeout == 2.5


def test_two_open_stores_are_independent(connection_string, specs):
    other = with_database(connection_string, "test_other_store")
    with Store(connection_string, specs) as first, Store(other, specs) as second:
        first.observations.insert_one({"_id": "j8bt05nj"})
        second.observations.insert_one({"_id": "jbmma2u2"})
        with Store(connection_string, specs) as again:
            assert again.observations.count_documents({}) == 1
        for store, rootname in [(first, "j8bt05nj"), (second, "jbmma2u2")]:
            objects = store.document_classes.observation.objects
            assert [document.rootname for document in objects] == [rootname]
        for store in (first, second):
            store.client.drop_database(store.database.name)


def test_closing_twice_is_harmless(connection_string, specs):
    store = Store(connection_string, specs)
    store.close()
    store.close()


def test_errors_of_the_driver_become_database_errors(store):
    with pytest.raises(DatabaseError) as caught, store.errors():
        store.observations.find_one({"$no such operator": 1})
    assert store.address in str(caught.value)
    assert "no such operator" in str(caught.value)
    assert "full error" not in str(caught.value)
    assert isinstance(caught.value.__cause__, PyMongoError)


def test_the_first_of_several_refused_writes_is_shown(store):
    store.failures.insert_one({"_id": "x"})
    with pytest.raises(DatabaseError, match="duplicate key"), store.errors():
        store.failures.insert_many([{"_id": "y"}, {"_id": "x"}])


def test_encoding_errors_become_database_errors(store):
    for value in (object(), "x" * 17_000_000):
        with pytest.raises(DatabaseError), store.errors():
            store.observations.replace_one({"_id": "j8bt05nj"}, {"targname": value}, upsert=True)
    assert store.observations.count_documents({}) == 0


def test_other_errors_pass_unchanged(store):
    with pytest.raises(KeyError), store.errors():
        raise KeyError("not the driver's")


PROGRAM = """
import sys
from acsql import keywords
from acsql.errors import DatabaseError, DatabaseUnavailable
from acsql.store.client import Store
good, bad = sys.argv[1:]
with Store(good, keywords.load()) as store:
    store.document_classes.observation.objects.first()
    with Store(good, keywords.load()) as again:
        again.make_indexes()
        again.client.drop_database(again.database.name)
for uri in (bad, "mongodb://"):
    try:
        Store(uri, keywords.load())
    except DatabaseError as error:
        print(error)
"""


def test_closing_leaves_no_warning(connection_string, dead_port):
    bad = f"mongodb://127.0.0.1:{dead_port}/?serverSelectionTimeoutMS=100"
    result = subprocess.run(
        [sys.executable, "-X", "dev", "-W", "error", "-c", PROGRAM, connection_string, bad],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (result.returncode, result.stderr) == (0, "")
    assert len(result.stdout.splitlines()) == 2


def test_a_store_that_is_not_closed_ends_with_its_last_use(connection_string, specs):
    store = Store(connection_string, specs)
    assert store.document_classes
    client = store.client
    del store
    gc.collect()
    with pytest.raises(InvalidOperation, match="close"):
        client.admin.command("ping")


NOT_CLOSED = """
import sys
from acsql import keywords
from acsql.store.client import Store
store = Store(sys.argv[1], keywords.load())
assert store.document_classes
# As an `Archive`, whose parts know each other, is not freed before the interpreter shuts down.
store.itself = store
"""


def test_a_process_that_does_not_close_a_store_ends(connection_string):
    result = subprocess.run(
        [sys.executable, "-c", NOT_CLOSED, connection_string],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (result.returncode, result.stderr) == (0, "")


CLOSED = """
import sys, threading
from acsql import keywords
from acsql.store.client import Store
Store(sys.argv[1], keywords.load()).close()
join = threading.Thread.join
def joined(thread, timeout=None):
    print(thread.name)
    join(thread, timeout)
threading.Thread.join = joined
"""


def test_a_process_does_not_wait_for_the_threads_of_a_closed_store(connection_string):
    result = subprocess.run(
        [sys.executable, "-c", CLOSED, connection_string],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
