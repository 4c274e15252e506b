"""Other processes that use a private server, and notes in its database."""

import secrets
import socket
import subprocess
import sys
import uuid
from contextlib import contextmanager, suppress

from pymongo import MongoClient

from acsql.mongod.replica_set import uri

# In short waits: a signal that arrives just before a system call is handled only after it.
USE = """
import select, sys
from acsql.mongod import server
print(server.use(sys.argv[1]).uri, flush=True)
while not select.select([sys.stdin], [], [], 0.05)[0]:
    pass
"""
START = USE.replace("server.use(", "server.start(")
USE_AND_FORK = """
import os, sys
from acsql.mongod import server
server.use(sys.argv[1])
child = os.fork()
if not child:
    sys.exit()
os.waitpid(child, 0)
print(server.status(sys.argv[1]).uri, flush=True)
sys.stdin.read()
"""


@contextmanager
def python(program, data_dir, **options):
    """Run a program in another process, whose standard input ends with the block."""
    with subprocess.Popen(
        [sys.executable, "-W", "error", "-c", program, str(data_dir)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    ) as process:
        yield process
        _, errors = process.communicate()
    assert errors == "", errors


def first_line(process):
    return process.stdout.readline().strip()


def administrator_uri(state):
    """Create a user with all rights on all databases, and return its connection string.

    Its password is hashed as few times as MongoDB allows: tests connect thousands of times.
    """
    password = state.credentials.key
    with MongoClient(state.address, **state.credentials.administrator) as client:
        client.admin.command("setParameter", 1, scramSHA256IterationCount=5000)
        client.admin.command("createUser", "administrator", pwd=password, roles=["root"])
    return f"{uri(state.port, f'administrator:{password}@')}&authSource=admin"


def new_database(uri):
    """Return the connection string of a new database on the same server."""
    base, _, options = uri.partition("?")
    return f"{base.rpartition('/')[0]}/test_{uuid.uuid4().hex}?{options}"


def drop(store):
    """Drop the collections of a database: to drop it as one waits for 0.1 s."""
    for name in store.database.list_collection_names():
        store.database.drop_collection(name)


def empty(store):
    """Delete the documents of a database, and make the indexes that it lacks."""
    for name in store.database.list_collection_names():
        store.database[name].delete_many({})
    store.make_indexes()


def write(uri, _id):
    with MongoClient(uri) as client:
        client.get_default_database().notes.insert_one({"_id": _id})


def read(uri):
    with MongoClient(uri) as client:
        return [note["_id"] for note in client.get_default_database().notes.find()]


def free_port():
    """Return a free port that Linux gives to no program that asks for any port (32768 to 60999)."""
    while True:
        port = secrets.choice(range(20_000, 32_000))
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
