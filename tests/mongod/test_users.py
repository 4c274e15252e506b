"""Only the users of acsql reach the private server, each with its rights."""

import json
import os
import stat
import subprocess
from datetime import datetime

import psutil
import pytest
from private_server import USE, first_line, python, read, write
from pymongo import MongoClient
from pymongo.errors import OperationFailure

from acsql.annotations import Action, Annotation, AnnotationTarget, undone
from acsql.errors import DatabaseError
from acsql.mongod import launch, process, replica_set, server, users
from acsql.store.annotations import writes
from acsql.store.client import Store

SECRETS = ("mongodb.key", "mongodb.passwords")


def refused(uri, code=13, **options):
    """Whether the server refuses a write, by default because the user may not."""
    with MongoClient(uri, **options) as client, pytest.raises(OperationFailure) as caught:
        client.get_default_database().notes.insert_one({})
    return caught.value.code == code


def test_a_connection_without_a_user_may_do_nothing(data_dir):
    state = server.start(data_dir)
    assert refused(state.address)
    with MongoClient(state.address) as client:
        for database, command in (
            ("acsql", {"find": "notes"}),
            ("admin", {"listDatabases": 1}),
            ("admin", {"createUser": "intruder", "pwd": "x", "roles": ["root"]}),
            ("admin", {"replSetInitiate": {}}),
            ("admin", {"shutdown": 1}),
        ):
            with pytest.raises(OperationFailure, match="requires authentication"):
                client[database].command(command)


def test_the_reader_reads_and_the_writer_writes(data_dir):
    state = server.start(data_dir)
    write(state.uri, 1)
    assert read(state.reader_uri) == [1]
    assert refused(state.reader_uri)
    for uri in (state.uri, state.reader_uri):
        with MongoClient(uri) as client, pytest.raises(OperationFailure, match="not authorized"):
            client.other.notes.insert_one({})


def test_the_annotator_adds_annotations_and_changes_nothing_else(data_dir, specs):
    state = server.start(data_dir)
    write(state.uri, 1)
    target = AnnotationTarget("j8bt05nj")
    entry = Annotation("1", Action.FLAG, target, "ann", datetime(2026, 1, 1), flag="other")
    with Store(state.annotator_uri, specs) as store:
        assert writes.add(store, [entry]) == 1
        assert writes.add(store, undone([entry], "ann", entry.when, "undo")) == 1
    assert read(state.annotator_uri) == [1]
    assert refused(state.annotator_uri)
    with MongoClient(state.annotator_uri) as client:
        annotations = client.get_default_database().annotations
        for change in (
            lambda: annotations.delete_many({}),
            lambda: annotations.update_many({}, {"$set": {"by": "bob"}}),
            lambda: annotations.drop(),
        ):
            with pytest.raises(OperationFailure, match="not authorized"):
                change()


def test_what_the_reader_may_not_write_is_not_in_the_message(data_dir, specs):
    state = server.start(data_dir)
    target = AnnotationTarget("j8bt05nj")
    entry = Annotation("1", Action.COMMENT, target, "ann", datetime(2026, 1, 1), text="secret")
    with Store(state.reader_uri, specs) as store, pytest.raises(DatabaseError) as caught:
        writes.add(store, [entry])
    assert str(caught.value).endswith(
        'not authorized on acsql to execute command { findAndModify: "annotation_numbers" ... }: '
        "its user may not do this; acsql db roles shows the rights"
    )


def test_the_server_of_an_older_acsql_gets_the_annotator_at_its_next_start(data_dir):
    state = server.start(data_dir)
    write(state.uri, 1)
    with MongoClient(replica_set.uri(state.port), **state.credentials.administrator) as client:
        client[replica_set.NAME].command("dropUser", users.ANNOTATOR)
        client[replica_set.NAME].command("dropRole", users.ANNOTATE)
    server.stop(data_dir)
    file = data_dir / "mongodb.passwords"
    passwords = json.loads(file.read_text())
    older = {user: secret for user, secret in passwords.items() if user != users.ANNOTATOR}
    file.write_text(json.dumps(older))
    state = server.start(data_dir)
    assert read(state.annotator_uri) == read(state.uri) == [1]
    assert older.items() <= json.loads(file.read_text()).items()


def test_the_rights_that_a_role_of_an_older_acsql_lacks_are_named(data_dir):
    state = server.start(data_dir)
    older = users.annotating_role(replica_set.NAME)
    older["privileges"] = [
        privilege
        for privilege in older["privileges"]
        if privilege["resource"]["collection"] != "resolved_names"
    ]
    with (
        MongoClient(state.annotator_uri) as annotator,
        MongoClient(replica_set.uri(state.port), **state.credentials.administrator) as client,
    ):
        database = annotator.get_default_database()
        assert users.missing_rights(database) == []
        client[replica_set.NAME].command("updateRole", users.ANNOTATE, **older)
        assert users.missing_rights(database) == [
            "insert in resolved_names",
            "update in resolved_names",
        ]


@pytest.mark.parametrize(
    ("user", "missing"), [("uri", False), ("reader_uri", True), ("annotator_uri", False)]
)
def test_the_reader_alone_lacks_rights_to_annotate(data_dir, user, missing):
    with MongoClient(getattr(server.start(data_dir), user)) as client:
        assert bool(users.missing_rights(client.get_default_database())) == missing


def test_a_server_without_authentication_lacks_no_rights(standalone):
    with MongoClient(standalone) as client:
        assert users.missing_rights(client["acsql"]) == []


def test_the_secrets_are_random_and_only_their_owner_reads_them(data_dir):
    umask = os.umask(0)
    try:
        server.start(data_dir)
    finally:
        os.umask(umask)
    files = [data_dir / name for name in SECRETS]
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    other = users.load_credentials(data_dir.parent)
    made = [
        secret
        for credentials in (users.load_credentials(data_dir), other)
        for secret in (credentials.key, *credentials.passwords.values())
    ]
    assert len(set(made)) == len(made) == 8
    assert min(map(len, made)) == 64
    assert not list(data_dir.glob("tmp*"))


def test_no_secret_is_in_arguments_logs_or_representations(data_dir):
    state = server.start(data_dir)
    shown = [
        repr(state),
        repr(state.credentials),
        state.address,
        *psutil.Process(state.pid).cmdline(),
        (data_dir / "mongodb" / "mongod.log").read_text(encoding="utf-8"),
        (data_dir / "mongodb.json").read_text(encoding="utf-8"),
    ]
    for secret in (state.credentials.key, *state.credentials.passwords.values()):
        assert not [text for text in shown if secret in text]


@pytest.mark.parametrize("name", SECRETS)
def test_a_lost_secret_is_replaced_at_the_next_start(data_dir, name):
    write(server.start(data_dir).uri, 1)
    server.stop(data_dir)
    (data_dir / name).unlink()
    state = server.start(data_dir)
    assert read(state.uri) == read(state.reader_uri) == [1]


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"acsql": "x"}'])
def test_damaged_passwords_are_an_error_that_names_the_file(data_dir, content):
    data_dir.mkdir()
    (data_dir / "mongodb.passwords").write_text(content)
    with pytest.raises(DatabaseError, match=r"mongodb\.passwords is damaged: remove it"):
        server.start(data_dir)


def test_secrets_that_a_copy_made_readable_are_private_again(data_dir):
    server.start(data_dir)
    server.stop(data_dir)
    for name in SECRETS:
        (data_dir / name).chmod(0o644)
    write(server.start(data_dir).uri, 1)
    assert {stat.S_IMODE((data_dir / name).stat().st_mode) for name in SECRETS} == {0o600}


@pytest.fixture
def unsecured(data_dir):
    """The server of an older acsql, with data and without users."""
    dbpath = data_dir / "mongodb"
    dbpath.mkdir(parents=True)
    port = launch.free_port(None)
    command = [
        str(launch.find_mongod()),
        "--fork",
        f"--dbpath={dbpath}",
        f"--logpath={dbpath}/mongod.log",
        "--bind_ip=127.0.0.1",
        f"--port={port}",
        f"--replSet={replica_set.NAME}",
    ]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    config = {"_id": replica_set.NAME, "members": [{"_id": 0, "host": f"127.0.0.1:{port}"}]}
    with MongoClient("127.0.0.1", port, directConnection=True) as client:
        client.admin.command("replSetInitiate", config)
    write(replica_set.uri(port), 1)
    return process.find_running(dbpath)


def test_the_folder_of_an_older_acsql_is_upgraded_in_place(data_dir, unsecured):
    process.shut_down(unsecured)
    state = server.start(data_dir)
    assert read(state.uri) == read(state.reader_uri) == [1]
    assert refused(state.address)


def test_an_unused_server_of_an_older_acsql_is_restarted_with_users(data_dir, unsecured):
    state = server.start(data_dir)
    assert (state.port, state.pid != unsecured.pid) == (unsecured.port, True)
    assert state.secured
    assert read(state.uri) == [1]
    assert refused(state.address)


@pytest.mark.usefixtures("unsecured")
def test_the_addresses_of_an_unsecured_server_work(data_dir):
    state = server.status(data_dir)
    assert not state.secured
    assert read(state.uri) == read(state.reader_uri) == [1]


def test_a_used_server_of_an_older_acsql_is_not_restarted(data_dir, unsecured):
    with server.registry.locked(data_dir) as entry:
        entry.users.append(process.identity(os.getpid()))
    with pytest.raises(DatabaseError, match=f"process {os.getpid()}: end it"):
        server.use(data_dir)
    assert read(replica_set.uri(unsecured.port)) == [1]
    server.release(data_dir)


def test_users_are_made_that_a_killed_start_did_not_make(data_dir):
    state = server.start(data_dir)
    administrator = state.credentials.administrator
    with MongoClient(state.address, **administrator) as client:
        for user in users.ROLES:
            client.acsql.command("dropUser", user)
    with python(USE, data_dir) as other:
        write(first_line(other), 1)
    assert read(state.reader_uri) == [1]
