"""How fast the services of the Virtual Observatory answer, beside DuckDB on the same columns.

    python benchmarks/bench_vo.py mongodb://127.0.0.1:27017/mission

``benchmarks/mission.py`` writes the database.  Each request is made to the application in this
process, in turn with a plain query of a table of DuckDB that has the same columns of ObsCore.  A
ratio compares their medians.  The first request of a kind reads columns, or makes the map.
"""

import argparse
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode

import duckdb
import yaml
from flask.testing import FlaskClient

import acsql
from acsql import config as configuration
from acsql.vo import obscore_facts
from acsql.vo.obscore import ObsCore
from acsql.web.app import create_app

ROUNDS = 60
# Degrees: five arcminutes.
RADIUS = 5 / 60
COLUMNS = ("obs_id", "s_ra", "s_dec", "t_min", "target_name", "instrument_name")
DISTANCE = """
    degrees(2 * asin(least(1, sqrt(pow(sin(radians(s_dec - {dec}) / 2), 2) + cos(radians({dec}))
    * cos(radians(s_dec)) * pow(sin(radians(s_ra - {ra}) / 2), 2)))))
"""
SORTED = "SELECT obs_id, t_min FROM {table} ORDER BY t_min DESC LIMIT 50"
GROUPS = "SELECT instrument_name, count(*) AS n FROM {table} GROUP BY instrument_name"
POSITIONS = "SELECT count(*) FROM (SELECT DISTINCT s_ra, s_dec FROM {table})"
CONE = (
    "SELECT obs_id, s_ra, s_dec FROM {table} WHERE s_dec BETWEEN {south} AND {north} "
    "AND " + DISTANCE + " <= {radius}"
)


class Request(NamedTuple):
    """A kind of request.

    Attributes
    ----------
    name : str
        What it asks for.
    address : callable
        Returns the address for a right ascension and a declination.
    sql : str
        The plain query.
    limit : float or None
        The milliseconds that the median should not exceed.
    """

    name: str
    address: Callable[[float, float], str]
    sql: str
    limit: float | None = None


def tap(text: str) -> Callable[[float, float], str]:
    """Return the address of a query in ADQL."""

    def address(ra: float, dec: float) -> str:
        query = text.format(ra=ra, dec=dec, radius=RADIUS)
        return "/vo/tap/sync?" + urlencode({"LANG": "ADQL", "QUERY": query})

    return address


REQUESTS = (
    Request(
        "TAP: cone of 5 arcmin",
        tap(
            "SELECT obs_id, s_ra, s_dec FROM ivoa.obscore WHERE "
            "1 = CONTAINS(POINT('ICRS', s_ra, s_dec), CIRCLE('ICRS', {ra}, {dec}, {radius}))"
        ),
        CONE,
        20,
    ),
    Request(
        "TAP: top 50 by time",
        tap("SELECT TOP 50 obs_id, t_min FROM ivoa.obscore ORDER BY t_min DESC"),
        SORTED,
        50,
    ),
    Request(
        "TAP: count by instrument",
        tap("SELECT instrument_name, COUNT(*) AS n FROM ivoa.obscore GROUP BY instrument_name"),
        GROUPS,
        200,
    ),
    Request("SCS of 5 arcmin", lambda ra, dec: f"/vo/scs?RA={ra}&DEC={dec}&SR={RADIUS}", CONE),
    Request(
        "SIA2 of 5 arcmin",
        lambda ra, dec: f"/vo/sia2/query?{urlencode({'POS': f'CIRCLE {ra} {dec} {RADIUS}'})}",
        CONE,
    ),
    Request("MOC of all", lambda *_: "/vo/moc", POSITIONS),
)


def milliseconds(call: Callable[[], object]) -> float:
    """Return how long a call takes."""
    began = time.perf_counter()
    call()
    return 1e3 * (time.perf_counter() - began)


def get(client: FlaskClient, address: str) -> None:
    """Ask for an address, again for as long as a map is being made."""
    while (response := client.get(address)).status_code == 503:
        print(f"    {address}: not yet", flush=True)
    if response.status_code != 200:
        raise SystemExit(f"{address}: {response.text}")


def plain(connection: duckdb.DuckDBPyConnection, sql: str, ra: float, dec: float) -> None:
    """Run the plain query."""
    ends = {"south": dec - RADIUS, "north": dec + RADIUS, "radius": RADIUS}
    connection.sql(sql.format(table="obscore", ra=ra, dec=dec, **ends)).fetchall()


def measure(archive: acsql.Archive, rounds: int) -> None:
    """Print the first time, medians and the ratio of each kind of request."""
    client = create_app(archive).test_client()
    table = ObsCore(archive.store, archive.specs, obscore_facts.load()).table(COLUMNS)
    connection = duckdb.connect()
    connection.execute("SET threads = 2")
    connection.register("arrow", table)
    connection.execute("CREATE TABLE obscore AS SELECT * FROM arrow")
    positions = connection.sql("SELECT DISTINCT s_ra, s_dec FROM obscore WHERE s_ra >= 0")
    places = random.Random(1).sample(sorted(positions.fetchall()), rounds)
    print(f"{table.num_rows} rows of ObsCore; ms of {rounds} requests")
    print(f"{'':26}{'first':>9}{'median':>9}{'p95':>9}{'plain':>9}{'ratio':>9}{'limit':>9}")
    for kind in REQUESTS:
        first = milliseconds(partial(get, client, kind.address(*places[0])))
        times, base = [], []
        for place in places:
            times.append(milliseconds(partial(get, client, kind.address(*place))))
            base.append(milliseconds(partial(plain, connection, kind.sql, *place)))
        median, least = statistics.median(times), statistics.median(base)
        late = sorted(times)[int(0.95 * len(times))]
        figures = "".join(f"{each:9.1f}" for each in (first, median, late, least, median / least))
        print(f"{kind.name:26}{figures}{kind.limit or '':>9}", flush=True)


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("uri", help="connection string of a database of benchmarks/mission.py")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "archive").mkdir()
        settings = {
            "filesystem": str(Path(folder) / "archive"),
            "data_dir": str(Path(folder) / "data"),
            "connection_string": arguments.uri,
            "rate_limit": 10**8,
        }
        file = Path(folder) / "acsql.yaml"
        file.write_text(yaml.safe_dump(settings))
        with acsql.connect(configuration.load(file)) as archive:
            measure(archive, arguments.rounds)


if __name__ == "__main__":
    main()
