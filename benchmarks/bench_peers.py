"""The same questions put to acsql, MariaDB, SQLite and DuckDB on Parquet files.

    pip install pyarrow duckdb pymysql
    python benchmarks/bench_peers.py mongodb://127.0.0.1:27017/mission FOLDER [--without-mariadb]

The peers have the observations in the tables of the original ACS Quicklook: ``master`` with the
promoted keywords and one table for each header (here of three headers), with the rootname as
primary key and an index on the detector.  The tables are made in FOLDER unless they are there;
MariaDB is run as `mariadb` describes.  A line of the output names the fastest of each question.
"""

import argparse
import sqlite3
import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import Any

import duckdb
import mariadb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet
import pymysql
from bench_answers import exchange, process

from acsql import keywords as keyword_specs
from acsql.store.client import Store

REPEATS = 15
HEADERS = ("flt.0", "flt.1", "raw.0")
BATCH = 10_000
# Questions of bench_answers.py in SQL.
QUESTIONS = {
    "count detector=WFC": "SELECT count(*) FROM master WHERE detector = 'WFC'",
    "count exptime>100 filter1=F606W": (
        "SELECT count(*) FROM master WHERE exptime > 100 AND filter1 = 'F606W'"
    ),
    "count flt.1.goodmean>5": "SELECT count(*) FROM flt_1 WHERE goodmean > 5",
    "count flt.1.goodmean>5 raw.0.ccdgain=2": (
        "SELECT count(*) FROM flt_1 JOIN raw_0 USING (rootname) "
        "WHERE flt_1.goodmean > 5 AND raw_0.ccdgain = 2"
    ),
    "facets filter1, detector=WFC": (
        "SELECT filter1, count(*) FROM master WHERE detector = 'WFC' GROUP BY filter1"
    ),
    "facets flt.0.biasfile": "SELECT biasfile, count(*) FROM flt_0 GROUP BY biasfile",
    "page flt.1.goodmean>33500": (
        "SELECT master.* FROM master JOIN flt_1 USING (rootname) "
        "WHERE flt_1.goodmean > 33500 ORDER BY master.expstart LIMIT 50"
    ),
    "rows flt.1.goodmean, all": "SELECT goodmean FROM flt_1",
}


def main() -> None:
    """Make the tables, put the questions, and print milliseconds."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("connection_string")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--without-mariadb", action="store_true")
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    with Store(given.connection_string, keyword_specs.load()) as store:
        for name in ("master", *(header.replace(".", "_") for header in HEADERS)):
            write_parquet(store, name, given.folder / f"{name}.parquet")
    peers = {"DuckDB on Parquet": duckdb_on_parquet(given.folder), "SQLite": sqlite(given.folder)}
    with ExitStack() as stack:
        if not given.without_mariadb:
            socket, _ = stack.enter_context(mariadb.server(given.folder))
            peers["MariaDB"] = in_mariadb(given.folder, socket)
        compare(given.connection_string, peers)


def compare(connection_string: str, peers: Mapping[str, Callable[[str], Any]]) -> None:
    """Put the questions to acsql and its peers, and print the medians."""
    own = Path(__file__).parent.parent
    with process("answer", own, connection_string) as asked:
        exchange(asked, None)
        print("".join(f"{name:>20}" for name in ("acsql", *peers)), " median ms")
        for question, sql in QUESTIONS.items():
            medians = [statistics.median(exchange(asked, question)[1:])]
            medians += [statistics.median(times(ask, sql)) for ask in peers.values()]
            fastest = ("acsql", *peers)[medians.index(min(medians))]
            print("".join(f"{ms:20.1f}" for ms in medians), f" {question}: {fastest}", flush=True)


def times(ask: Callable[[str], Any], sql: str) -> list[float]:
    """Return the milliseconds that a query takes, without the first time."""
    found = []
    for _ in range(REPEATS + 1):
        started = time.perf_counter()
        ask(sql)
        found.append(1e3 * (time.perf_counter() - started))
    return found[1:]


def write_parquet(store: Store, name: str, path: Path) -> None:
    """Write a table of the original from the observations, if the file does not exist."""
    if path.exists():
        return
    field = "" if name == "master" else f"headers.{name.replace('_', '.')}"
    rows = list(table_rows(store, field))
    names = sorted({key for batch in rows for key in batch.column_names})
    pa.parquet.write_table(
        pa.table({key: whole_column(rows, key) for key in names}), path, compression="zstd"
    )


def table_rows(store: Store, field: str) -> Iterator[pa.Table]:
    """Yield the rows of a header, or of the top level, without lists and documents."""
    project: dict[str, Any] = {field: 1} if field else {"headers": 0, "files": 0, "previews": 0}
    documents = store.observations.find({}, project)
    while batch := list(islice(documents, BATCH)):
        rows = [dict(scalars(document, field)) for document in batch]
        names = {name for row in rows for name in row}
        yield pa.table({name: column([row.get(name) for row in rows]) for name in names})


def scalars(document: Mapping[str, Any], field: str) -> Iterator[tuple[str, Any]]:
    """Yield the columns of a row."""
    yield "rootname", document["_id"]
    part: Any = document
    for key in filter(None, field.split(".")):
        part = part.get(key, {})
    for name, value in part.items():
        if name not in ("_id", "rootname") and not isinstance(value, list | dict):
            yield name, value


def column(values: list[Any]) -> pa.Array:
    """Return values as an array, as texts if they are of several types."""
    try:
        return pa.array(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        return pa.array([None if value is None else str(value) for value in values])


def whole_column(tables: list[pa.Table], name: str) -> pa.ChunkedArray:
    """Return a column of all batches, null where a batch lacks it."""
    parts = [
        table[name] if name in table.column_names else pa.nulls(len(table)) for table in tables
    ]
    types = {part.type for part in parts} - {pa.null()}
    type_ = pa.string() if len(types) > 1 else types.pop() if types else pa.string()
    return pa.chunked_array(chunk for part in parts for chunk in part.cast(type_).chunks)


def duckdb_on_parquet(folder: Path) -> Callable[[str], Any]:
    """Return a function that runs a query on the Parquet files."""
    connection = duckdb.connect()
    for path in folder.glob("*.parquet"):
        connection.execute(f"CREATE VIEW {path.stem} AS FROM '{path}'")
    return lambda sql: connection.sql(sql).fetchall()


def sqlite(folder: Path) -> Callable[[str], Any]:
    """Return a function that runs a query in SQLite."""
    path = folder / "peers.sqlite"
    new = not path.exists()
    connection = sqlite3.connect(path)
    for parquet in folder.glob("*.parquet") if new else ():
        table = pa.parquet.read_table(parquet)
        columns = ", ".join(f'"{name}"' for name in table.column_names)
        connection.execute(f"CREATE TABLE {parquet.stem} ({columns}, PRIMARY KEY (rootname))")
        holes = ", ".join("?" * table.num_columns)
        for batch in table.to_batches(BATCH):
            rows = zip(*(part.to_pylist() for part in batch.columns), strict=True)
            connection.executemany(f"INSERT INTO {parquet.stem} VALUES ({holes})", rows)
        if parquet.stem == "master":
            connection.execute("CREATE INDEX by_detector ON master (detector)")
        connection.commit()
    return lambda sql: connection.execute(sql).fetchall()


def in_mariadb(folder: Path, socket: str) -> Callable[[str], Any]:
    """Return a function that runs a query in MariaDB."""
    connection = pymysql.connect(unix_socket=socket, user="root", autocommit=True)
    cursor = connection.cursor()

    def ask(sql: str) -> Any:
        cursor.execute(sql)
        return cursor.fetchall()

    new = not ask("SHOW DATABASES LIKE 'acsql'")
    ask("CREATE DATABASE IF NOT EXISTS acsql CHARACTER SET latin1")
    ask("USE acsql")
    for parquet in folder.glob("*.parquet") if new else ():
        table = pa.parquet.read_table(parquet)
        columns = ", ".join(f"`{name}` {sql_type(table[name])}" for name in table.column_names)
        ask(f"CREATE TABLE {parquet.stem} ({columns}, PRIMARY KEY (rootname))")
        path = parquet.with_suffix(".csv")
        pa.csv.write_csv(table, path, pa.csv.WriteOptions(include_header=False))
        ask(
            f"LOAD DATA INFILE '{path.resolve()}' INTO TABLE {parquet.stem} "
            "FIELDS TERMINATED BY ',' OPTIONALLY ENCLOSED BY '\"' ("
            + ", ".join(f"@{number}" for number in range(table.num_columns))
            + ") SET "
            + ", ".join(
                f"`{name}` = NULLIF(@{number}, '')"
                for number, name in enumerate(table.column_names)
            )
        )
        path.unlink()
        if parquet.stem == "master":
            ask("CREATE INDEX by_detector ON master (detector)")
    return ask


def sql_type(values: pa.ChunkedArray) -> str:
    """Return the type of a column of MariaDB."""
    if pa.types.is_integer(values.type):
        return "BIGINT"
    if pa.types.is_floating(values.type):
        return "DOUBLE"
    # As the CSV file has them: dates have fractions of seconds there.
    longest = pc.max(pc.utf8_length(values.cast(pa.string()))).as_py()
    return f"VARCHAR({longest or 1})"


if __name__ == "__main__":
    main()
