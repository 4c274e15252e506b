"""How fast the site is: each kind of page, a minute of mixed pages, and the memory meanwhile.

    python benchmarks/bench_site.py mongodb://127.0.0.1:27017/mission [--while-ingesting]

The real server uses an existing database; `benchmarks/mission.py` writes one of the size of the
whole mission.  Many different pages of each kind are requested, so that no response comes from a
cache that the previous one filled.  ``--while-ingesting`` repeats them while another process writes
observations as they are, so that the database has the same ones afterwards.
"""

import argparse
import os
import random
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

import psutil
import yaml
from bench_answers import exchange, process

import acsql
from acsql import config as configuration

REPEATS = 100
MEMORY_EVERY_S = 10
_local = threading.local()


def main() -> None:
    """Measure, and print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("connection_string")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=REPEATS)
    parser.add_argument("--seconds", type=float, default=60, help="of mixed pages")
    parser.add_argument("--while-ingesting", action="store_true")
    parser.add_argument("--rate", type=float, default=100, help="requests a second")
    parser.add_argument("--threads", type=int, default=16)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder), given) as (port, server):
        kinds = addresses(Path(folder) / "acsql.yaml")
        print_times("at rest", port, kinds, given.repeats)
        if given.while_ingesting:
            checkout = Path(__file__).parent.parent
            with process("write", checkout, given.connection_string) as writer:
                print_times("while observations are written", port, kinds, given.repeats)
                print(f"{exchange(writer, None)} observations were written meanwhile")
        if given.seconds:
            load(port, server, kinds, given)


def print_times(title: str, port: int, kinds: dict[str, list[str]], repeats: int) -> None:
    """Ask for pages of each kind, and print how long they take."""
    print(f"\n{title:32} {'first':>8} {'median':>8} {'p99':>8}  ms, of {repeats} each")
    for kind, choice in kinds.items():
        first, *times = (timed(port, choice[n % len(choice)]) for n in range(repeats))
        times.sort()
        p99 = times[min(len(times) - 1, round(0.99 * len(times)))]
        print(f"{kind:32} {first:8.1f} {statistics.median(times):8.1f} {p99:8.1f}", flush=True)


@contextmanager
def serving(folder: Path, given: argparse.Namespace) -> Iterator[tuple[int, psutil.Process]]:
    """Run the site."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]
    (folder / "archive").mkdir()
    settings = {
        "filesystem": str(folder / "archive"),
        "data_dir": str(folder / "data"),
        "connection_string": given.connection_string,
        "rate_limit": 100_000_000,
    }
    (folder / "acsql.yaml").write_text(yaml.safe_dump(settings))
    command = [Path(sys.executable).with_name("acsql"), "--config", folder / "acsql.yaml"]
    with subprocess.Popen(
        [*command, "serve", "--port", str(port), "--workers", str(given.workers)],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        process.stdout.readline()
        try:
            yield port, psutil.Process(process.pid)
        finally:
            os.kill(process.pid, signal.SIGINT)


def addresses(settings: Path) -> dict[str, list[str]]:
    """Return addresses of each kind of page, at random but always the same."""
    chance = random.Random(1)
    with acsql.connect(configuration.load(settings)) as archive:
        proposals = archive.proposals()
        largest = max(proposals, key=lambda proposal: proposal.observations)
        chosen = chance.sample(proposals, min(50, len(proposals)))
        columns = ["rootname", "ipppssoot", "proposid", "datasets"]
        four = archive.where().columns(*columns[:3]).limit(4)
        rows = [row for proposal in chosen for row in four.where(proposid=proposal.proposid).rows()]
        images = [f"/archive/{row['proposid']}/{row['ipppssoot']}/" for row in rows]
        headers = []
        for row in chance.sample(rows, min(40, len(rows))):
            filetype = next(iter(archive.observation(row["rootname"]).datasets))
            headers.append(f"/archive/{row['proposid']}/{row['ipppssoot']}/headers/{filetype}/0/")
    searches = ["detector%3DWFC", "filter1%3DF606W+exptime%3E%3D500", "targname%3DNGC*",
                "exptime%3D100..500", "date_obs%3D2005", "imagetyp%3DDARK"]  # fmt: skip
    return {
        "home": ["/"],
        "archive": ["/archive/"],
        "proposal": [f"/archive/{proposal.proposid}/" for proposal in chosen],
        "proposal, the largest": [f"/archive/{largest.proposid}/"],
        "image": images,
        "header": headers,
        "first results": [f"/database/results?q={search}" for search in searches],
        "statistics": ["/statistics/", "/statistics/?by=month"],
        "a plot": ["/statistics/observations/plot"],
        "ingests": ["/ingest/"],
        "API: a search": [f"/api/observations?q={search}" for search in searches],
        "API: an observation": [f"/api/observations/{row['rootname']}" for row in rows],
        "API: the summary": ["/api/summary"],
    }


def get(port: int, address: str) -> int:
    """Ask for a page on a connection of this thread's own; return the status."""
    if not hasattr(_local, "connection"):
        _local.connection = HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        _local.connection.request("GET", address)
        response = _local.connection.getresponse()
        response.read()
    except OSError:
        del _local.connection
        raise
    return response.status


def timed(port: int, address: str) -> float:
    """Return the milliseconds that a page takes."""
    began = time.perf_counter()
    status = get(port, address)
    if status != 200:
        raise SystemExit(f"{address}: {status}")
    return 1000 * (time.perf_counter() - began)


def load(
    port: int, server: psutil.Process, kinds: dict[str, list[str]], given: argparse.Namespace
) -> None:
    """Ask for mixed pages at a steady rate, and print what came of it."""
    chance = random.Random(2)
    mixed = [address for choice in kinds.values() for address in choice[:20]]
    total = round(given.rate * given.seconds)
    began = time.perf_counter()
    found: Counter = Counter()
    waits: list[float] = []

    def ask(number: int) -> None:
        due = began + number / given.rate
        time.sleep(max(0, due - time.perf_counter()))
        try:
            found[get(port, chance.choice(mixed))] += 1
        except OSError as error:
            found[type(error).__name__] += 1
        waits.append(1000 * (time.perf_counter() - due))

    print(f"\nworkers before: {memory(server)}", flush=True)
    with ThreadPoolExecutor(given.threads) as pool:
        responses = pool.map(ask, range(total))
        while len(waits) < total:
            time.sleep(min(MEMORY_EVERY_S, given.seconds))
            print(f"{time.perf_counter() - began:6.0f} s: {memory(server)}", flush=True)
        list(responses)
    seconds = time.perf_counter() - began
    waits.sort()
    errors = sum(number for status, number in found.items() if status != 200)
    print(f"{total} requests in {seconds:.1f} s: {total / seconds:.1f} a second, {errors} errors")
    print(f"answers: {dict(found)}")
    print(f"from when it was due: median {waits[len(waits) // 2]:.0f} ms,", end=" ")
    print(f"p99 {waits[int(0.99 * len(waits))]:.0f} ms")


def memory(server: psutil.Process) -> str:
    """Return the memory of the workers: what is resident, and what is theirs alone."""
    sizes = []
    for worker in server.children():
        used = worker.memory_full_info()
        sizes.append(f"{used.rss / 1e6:.0f} MB ({used.uss / 1e6:.0f} MB unique)")
    return ", ".join(sizes)


if __name__ == "__main__":
    main()
