"""The ingest of the original ACS Quicklook, written anew from its paper as a baseline.

    apt-get install --no-install-recommends mariadb-server-core mariadb-client-core
    pip install sqlalchemy pymysql
    python benchmarks/original.py ARCHIVE PICTURES SOCKET [--workers 2] [--keep-connection]

The paper is M. Bourque and others, "The Hubble Space Telescope (HST) Advanced Camera for Surveys
(ACS) Quicklook Project".  What is done here, and what the paper says of it:

workers      a `multiprocessing.Pool` that takes one rootname at a time: "the calls to the ingestion
             module can be parallelized over many CPUs" (3.7, step 2)
new files    "comparing the list of rootnames in the filesystem with the list of rootnames in the
             master table" (step 1)
tables       ``master``, ``datasets`` and "109 'header' tables [...], one for each
             detector/filetype/extension combination" (3.5), classes of SQLAlchemy made by a factory
             with the column types of figure 14.  Their keywords are those of the keyword specs,
             which are as many lists; keywords without a column are left out.
headers      "read into a python dictionary via the astropy.io.fits module", for each extension of
             each file (step 6)
writes       `insert_or_update` of figure 17: a connection for each row, which asks whether the row
             exists, reads the table's columns from the server, inserts and commits.  With
             ``--keep-connection``, which the paper does not do, each worker keeps one connection,
             knows the columns and commits once for a file.
pictures     of raw, flt and flc: the SCI extensions, "clipping the top and bottom 1% of the values"
             (3.4) by `numpy.percentile`, and Pillow's JPEG
thumbnails   of flt: "simply opening up the corresponding flt JPEG and resizing it to 128x128
             pixels" (step 9)
log          a line for each table that was updated and each picture (3.8)

Left out, which favours it: the type of the proposal, which it reads from a page of MAST for each
rootname.  The server should have the defaults of MySQL 5.6, which the paper names (`OPTIONS`).
A rootname has nine characters where the ninth is a digit, as acsql has it, because the paper's
eight mix up the products of an association.
"""

import argparse
import logging
import multiprocessing
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits
from PIL import Image
from sqlalchemy import (
    Column,
    Date,
    DateTime,
    Engine,
    Enum,
    Float,
    ForeignKey,
    Integer,
    MetaData,
    String,
    Table,
    Time,
    create_engine,
)
from sqlalchemy.dialects.mysql import TINYINT
from sqlalchemy.exc import DataError, IntegrityError, InternalError
from sqlalchemy.orm import Session, declarative_base

from acsql import keywords as keyword_specs
from acsql import names

# Values that do not fit are cut, and rows may have many columns of text.
OPTIONS = ("--sql-mode=NO_ENGINE_SUBSTITUTION", "--innodb-strict-mode=OFF")
DATABASE = "acsql"
PICTURES = ("raw", "flt", "flc")
THUMBNAILS = ("flt",)
SIDE = 128  # pixels of a thumbnail
PERCENT = (1, 99)

Base: Any = declarative_base()
Row = dict[str, Any]
# Keywords whose text is longer than 50 characters (figure 14).
LONG = {"rulefile", "fwerror", "fw2error", "propttl1", "tardescr", "qualcom2"}
COLUMN_TYPES: dict[str, Any] = {
    "int": Integer(),
    "float": Float(precision=32),
    "str": String(50),
    "bool": TINYINT(),
    "date": Date(),
    "time": Time(),
    "datetime": DateTime(),
}


class Master(Base):  # type: ignore[misc]
    """The table of observations (figure 11)."""

    __tablename__ = "master"
    rootname = Column(String(9), primary_key=True, index=True, nullable=False)
    path = Column(String(15), unique=True, nullable=False)
    first_ingest_date = Column(Date, nullable=False)
    last_ingest_date = Column(Date, nullable=False)
    detector: Column[str] = Column(Enum("WFC", "HRC", "SBC"), nullable=False)
    proposal_type = Column(String(8), nullable=True)


def key_column() -> Column[Any]:
    """Return the primary key of a table that belongs to `Master`."""
    key = ForeignKey("master.rootname")
    return Column(String(9), key, primary_key=True, index=True, nullable=False)


@cache
def tables() -> dict[str, Any]:
    """Return the classes of all tables by their names."""
    specs = keyword_specs.load()
    files: Row = {name: Column(String(18), nullable=True) for name in specs.filetypes}
    files |= {"__tablename__": "datasets", "rootname": key_column()}
    made = {"master": Master, "datasets": type("Datasets", (Base,), files)}
    for (detector, filetype, extension), listed in specs.lists.items():
        name = f"{detector}_{filetype}_{extension}".lower()
        columns: Row = {each: keyword_column(each, spec.type) for each, spec in listed.items()}
        columns |= {"__tablename__": name, "rootname": key_column()}
        columns["filename"] = Column(String(18), nullable=False, unique=True)
        columns["__table_args__"] = {"mysql_row_format": "DYNAMIC"}
        made[name] = type(name.upper(), (Base,), columns)
    return made


def keyword_column(name: str, type_: str) -> Column[Any]:
    """Return the column of a keyword."""
    return Column(
        String(500) if name in LONG else COLUMN_TYPES[type_],
        index=True if name == "aperture" else None,
    )


def connect(socket: str, database: str = DATABASE) -> Engine:
    """Return an engine for the server behind a socket."""
    return create_engine(f"mysql+pymysql://root@/{database}?unix_socket={socket}")


def create_tables(socket: str) -> None:
    """Make the database anew, without rows."""
    tables()
    engine = connect(socket, "")
    with engine.begin() as connection:
        connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {DATABASE}")
        connection.exec_driver_sql(f"CREATE DATABASE {DATABASE} CHARACTER SET latin1")
    engine.dispose()
    engine = connect(socket)
    Base.metadata.create_all(engine)
    engine.dispose()


def count_observations(socket: str) -> int:
    """Return the number of rows of ``master``."""
    engine = connect(socket)
    with Session(engine) as session:
        number: int = session.query(Master).count()
    engine.dispose()
    return number


class Published:
    """Writes of rows as in figure 17.

    Parameters
    ----------
    socket : str
        That of the server.
    classes : mapping
        The tables.
    """

    def __init__(self, socket: str, classes: Mapping[str, Any]) -> None:
        self._socket, self.classes = socket, classes

    def save(self, table: str, row: Row) -> None:
        """Insert a row, or update the one of its rootname."""
        engine = connect(self._socket)
        with Session(engine) as session:
            query = same_rootname(session, self.classes[table], row)
            if query.count():
                query.update(row)
            else:
                columns = Table(table, MetaData(), autoload_with=engine)
                try:
                    with engine.begin() as connection:
                        connection.execute(columns.insert(), row)
                except (DataError, IntegrityError, InternalError) as error:
                    logging.warning(
                        "Unable to insert %s into %s: %s", row["rootname"], table, error
                    )
            session.commit()
        engine.dispose()
        logging.info("%s: Updated %s table.", row["rootname"], table)

    def commit(self) -> None:
        """Do nothing: each row is committed already."""


class Kept(Published):
    """Writes of rows through one connection, committed file by file."""

    def __init__(self, socket: str, classes: Mapping[str, Any]) -> None:
        super().__init__(socket, classes)
        self._session = Session(connect(socket))

    def save(self, table: str, row: Row) -> None:
        """Insert a row, or update the one of its rootname."""
        query = same_rootname(self._session, self.classes[table], row)
        if query.count():
            query.update(row)
        else:
            self._session.execute(self.classes[table].__table__.insert(), row)
        logging.info("%s: Updated %s table.", row["rootname"], table)

    def commit(self) -> None:
        """Commit what was saved."""
        self._session.commit()


def same_rootname(session: Session, table: Any, row: Row) -> Any:
    """Return the query for the row of a rootname."""
    return session.query(table).filter(table.rootname == row["rootname"])


@dataclass(frozen=True)
class Worker:
    """What a worker process has: its connection to the tables, and the folder of pictures."""

    database: Published
    pictures: Path

    def ingest(self, folder: Path) -> None:
        """Ingest the files of one rootname."""
        rootname = names.rootname(folder.name)
        logging.info("%s: Begin ingestion", rootname)
        columns = self.database.classes["datasets"].__table__.columns
        files = [path for path in sorted(folder.glob("*.fits")) if filetype_of(path) in columns]
        detector = detector_of(files)
        today = datetime.now(UTC).date()
        row: Row = {"rootname": rootname, "path": "/".join(folder.parts[-2:]), "detector": detector}
        row |= {"first_ingest_date": today, "last_ingest_date": today}
        self.database.save("master", row)
        for path in files:
            try:
                self.ingest_file(path, rootname, detector)
            except Exception:
                logging.exception("%s: Unable to ingest %s", rootname, path.name)
            self.database.commit()
        logging.info("%s: End ingestion", rootname)

    def ingest_file(self, path: Path, rootname: str, detector: str) -> None:
        """Ingest one file: its headers, its entry in ``datasets`` and its pictures."""
        filetype = filetype_of(path)
        with fits.open(path) as hdus:
            extensions, proposid = range(len(hdus)), hdus[0].header.get("PROPOSID")
        key = {"rootname": rootname, "filename": path.name}
        for extension in extensions:
            table = f"{detector}_{filetype}_{extension}".lower()
            if table in self.database.classes:
                columns = self.database.classes[table].__table__.columns
                header = fits.getheader(path, extension)
                self.database.save(table, header_row(header, columns) | key)
        self.database.save("datasets", {"rootname": rootname, filetype: path.name})
        if filetype in PICTURES:
            jpeg = self.pictures / "jpegs" / str(proposid) / f"{path.stem}.jpg"
            logging.info("%s: Creating JPEG", rootname)
            write_jpeg(path, jpeg)
        if filetype in THUMBNAILS:
            thumbnail = self.pictures / "thumbnails" / str(proposid) / f"{path.stem}.thumb"
            logging.info("%s: Creating Thumbnail", rootname)
            write_thumbnail(jpeg, thumbnail)


# The one of this process.
_worker: list[Worker] = []


def begin_worker(database: Callable[[], Published], pictures: Path) -> None:
    """Connect a worker process."""
    _worker.append(Worker(database(), pictures))


def ingest_rootname(folder: Path) -> None:
    """Ingest one rootname in a worker process."""
    _worker[0].ingest(folder)


def filetype_of(path: Path) -> str:
    """Return the filetype of a file."""
    return path.stem.partition("_")[2]


def detector_of(files: Iterable[Path]) -> str:
    """Return the detector, from the first file that has it."""
    for path in files:
        header = fits.getheader(path, 0)
        for value in (header.get("DETECTOR"), header.get("CONFIG", "").partition("/")[2]):
            if value in ("WFC", "HRC", "SBC"):
                return str(value)
    return "WFC"


def header_row(header: Mapping[str, Any], columns: Any) -> Row:
    """Return the values of a header that have a column."""
    row = {}
    for keyword, value in header.items():
        name = names.field(keyword)
        if name in columns:
            row[name] = None if isinstance(value, fits.card.Undefined) else value
    return row


# Pixels can be NaN.
@np.errstate(invalid="ignore")
def write_jpeg(path: Path, jpeg: Path) -> None:
    """Write the picture of a file."""
    with fits.open(path) as hdus:
        image = np.concatenate([hdu.data for hdu in hdus if hdu.name == "SCI"])
    low, high = np.percentile(image, PERCENT)
    grey = (np.clip(image, low, high) - low) * (255 / max(high - low, 1e-30))
    jpeg.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(grey.astype(np.uint8)).save(jpeg)


def write_thumbnail(jpeg: Path, thumbnail: Path) -> None:
    """Write the thumbnail of a picture."""
    thumbnail.parent.mkdir(parents=True, exist_ok=True)
    with Image.open(jpeg) as image:
        image.resize((SIDE, SIDE)).save(thumbnail, "JPEG")


def new_folders(archive: Path, classes: Mapping[str, Any], socket: str) -> list[Path]:
    """Return the folders of the rootnames that are not in ``master``."""
    engine = connect(socket)
    with Session(engine) as session:
        known = {row.rootname for row in session.query(classes["master"].rootname)}
    engine.dispose()
    return [each for each in sorted(archive.glob("*/*")) if names.rootname(each.name) not in known]


def main() -> None:
    """Ingest an archive."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("archive", type=Path)
    parser.add_argument("pictures", type=Path)
    parser.add_argument("socket")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--keep-connection", action="store_true")
    given = parser.parse_args()
    given.pictures.mkdir(parents=True, exist_ok=True)
    logging.basicConfig(
        filename=given.pictures / f"ingest_{datetime.now(UTC):%Y-%m-%d-%H-%M}.log",
        level=logging.INFO,
        format="%(asctime)s %(levelname)s: %(message)s",
    )
    logging.info("Gathering files to ingest")
    classes = tables()
    folders = new_folders(given.archive, classes, given.socket)
    database = partial(Kept if given.keep_connection else Published, given.socket, classes)
    # Forked, so that workers have the classes of the tables.
    processes = multiprocessing.get_context("fork")
    with processes.Pool(given.workers, begin_worker, (database, given.pictures)) as pool:
        for _ in pool.imap_unordered(ingest_rootname, folders):
            pass


if __name__ == "__main__":
    main()
