"""Files and archives that are made once in a run of the tests, and copied by its other processes.

Each process has its own server and folders, so the tests of one process do not see what those of
another write to an archive (an account, a comment).
"""

import shutil
from collections.abc import Callable
from pathlib import Path

import bson
import filelock
from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument
from pymongo import MongoClient
from pymongo.database import Database

# Documents as they are stored: no type is lost.
RAW = CodecOptions(document_class=RawBSONDocument)


def once(folder: Path, make: Callable[[Path], object]) -> Path:
    """Return a folder, which the first process that needs it makes."""
    with filelock.FileLock(f"{folder}.lock"):
        if not folder.exists():
            _make_whole(folder, make)
    return folder


def fill(model: Path, folder: Path, uri: str, make: Callable[[], object]) -> None:
    """Fill a folder and a database by a function, or as the first process filled its own.

    Parameters
    ----------
    model : Path
        The folder that keeps what the first process made.
    folder : Path
        The folder of this process.
    uri : str
        The connection string of the database of this process.
    make : callable
        Fills both.
    """
    with filelock.FileLock(f"{model}.lock"), MongoClient(uri) as client:
        database = client.get_default_database()

        def keep(new: Path) -> None:
            shutil.copytree(folder, new / "files")
            dump(database, new / "collections")

        if model.exists():
            shutil.copytree(model / "files", folder, dirs_exist_ok=True)
            restore(database, model / "collections")
        else:
            make()
            _make_whole(model, keep)


def _make_whole(folder: Path, make: Callable[[Path], object]) -> None:
    """Make a folder under another name, so that a process that is killed leaves no part of it."""
    new = folder.with_name(f"{folder.name}.new")
    shutil.rmtree(new, ignore_errors=True)
    make(new)
    new.rename(folder)


def dump(database: Database, folder: Path) -> None:
    """Write the documents and the indexes of all collections to files."""
    folder.mkdir()
    for name in database.list_collection_names():
        (folder / f"{name}.bson").write_bytes(b"".join(database[name].find_raw_batches()))
        indexes = [index.to_dict() for index in database[name].list_indexes()]
        (folder / f"{name}.indexes").write_bytes(
            bson.encode({"createIndexes": name, "indexes": indexes})
        )


def restore(database: Database, folder: Path) -> None:
    """Read the documents and the indexes of all collections from files."""
    for path in folder.glob("*.indexes"):
        database.command(bson.decode(path.read_bytes()))
        documents = bson.decode_all(path.with_suffix(".bson").read_bytes(), RAW)
        if documents:
            database[path.stem].insert_many(documents)
