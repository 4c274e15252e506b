"""The private server is a replica set of one member, on any port."""

import socketserver
import threading

import pytest
from private_server import administrator_uri, free_port, read, write
from pymongo import MongoClient
from pymongo.errors import OperationFailure

from acsql.mongod import server


def test_another_port_keeps_the_data(data_dir):
    first = server.start(data_dir)
    write(first.uri, 1)
    server.stop(data_dir)
    port = free_port()
    second = server.start(data_dir, port=port)
    assert second.port == port
    write(second.uri, 2)
    assert read(second.uri) == [1, 2]


class Silent(socketserver.BaseRequestHandler):
    """A program that lets clients wait, and then closes the connection."""

    def handle(self):
        threading.Event().wait(1)


def test_another_port_is_chosen_if_a_program_uses_the_last_one(data_dir):
    first = server.start(data_dir)
    write(first.uri, 1)
    server.stop(data_dir)
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Silent, False) as program:
        program.allow_reuse_address = True
        program.server_address = ("127.0.0.1", first.port)
        program.server_bind()
        program.server_activate()
        threading.Thread(target=program.serve_forever, daemon=True).start()
        second = server.start(data_dir)
        program.shutdown()
    assert second.port != first.port
    write(second.uri, 2)
    assert read(second.uri) == [1, 2]


def test_transactions_and_change_streams(data_dir):
    with MongoClient(server.use(data_dir).uri) as client:
        notes = client.acsql.notes
        with notes.watch() as changes:
            with client.start_session() as session:
                session.start_transaction()
                notes.insert_one({"_id": "aborted"}, session=session)
                session.abort_transaction()
                with session.start_transaction():
                    notes.insert_one({"_id": "committed"}, session=session)
            assert next(changes)["documentKey"] == {"_id": "committed"}
            assert notes.distinct("_id") == ["committed"]


def test_it_is_a_replica_set_of_one_with_a_journal(data_dir):
    with MongoClient(administrator_uri(server.use(data_dir))) as client:
        config = client.admin.command("replSetGetConfig")["config"]
        assert [m["host"] for m in config["members"]] == ["{}:{}".format(*client.address)]
        assert config["writeConcernMajorityJournalDefault"]
        with pytest.raises(OperationFailure, match="already initialized"):
            client.admin.command("replSetInitiate")
