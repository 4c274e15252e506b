"""How long pages take while slow clients hold connections: half-sent requests, slow downloads.

    python benchmarks/bench_slow_clients.py

The real server serves a synthetic archive in which one file is large enough that no buffer of the
kernel holds it.  The same pages are requested at the same rate without slow clients and with them,
in one run.  The slow clients are another process, so that they do not delay the measurement.
"""

import argparse
import asyncio
import multiprocessing
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import quote

import psutil
import yaml

import acsql
from acsql import config as configuration

ACSQL = Path(sys.executable).with_name("acsql")
# Bytes; a sparse file, which costs no space on disk.
LARGE_FILE = 400_000_000
# What a slow reader takes each second, in bytes.
READ_PER_S = 10_000
# Seconds within which the slow clients start, each at a random time.
START_S = 5
# Seconds after which a client gives up.
PATIENCE_S = 10


def main() -> None:
    """Measure, and print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--half-open", type=int, default=500)
    parser.add_argument("--readers", type=int, default=200)
    parser.add_argument("--rate", type=float, default=20, help="pages a second")
    parser.add_argument("--seconds", type=float, default=20)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder), given) as (port, server):
        pages, files = addresses(Path(folder) / "acsql.yaml")
        for page in pages:
            get(port, page)
        report("without slow clients", measure(port, pages, given), server)
        with slow_clients(port, files, given):
            report(
                f"{given.half_open} half-open connections, {given.readers} slow readers",
                measure(port, pages, given),
                server,
            )


@contextmanager
def serving(folder: Path, given: argparse.Namespace) -> Iterator[tuple[int, psutil.Process]]:
    """Run the site of a synthetic archive."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]
    settings = {"filesystem": str(folder / "archive"), "data_dir": str(folder / "data")}
    (folder / "acsql.yaml").write_text(yaml.safe_dump(settings | {"rate_limit": 100_000_000}))
    run = [ACSQL, "--config", folder / "acsql.yaml"]
    subprocess.run([ACSQL, "sample", "-q", folder / "archive"], check=True, capture_output=True)
    subprocess.run([*run, "ingest", "-q"], check=False, capture_output=True)
    command = [*run, "serve", "--port", str(port), "--workers", str(given.workers)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        process.stdout.readline()
        try:
            yield port, psutil.Process(process.pid)
        finally:
            os.kill(process.pid, signal.SIGTERM)


def addresses(settings: Path) -> tuple[list[str], list[str]]:
    """Return the addresses of pages, and of downloads of a file that is made large."""
    config = configuration.load(settings)
    with acsql.connect(config) as archive:
        rows = archive.where().thumbnails().rows
        images = [f"/archive/{row['proposid']}/{row['ipppssoot']}/" for row in rows[:20]]
        dataset = next(archive.where(detector="WFC").files(["flt"]))
        os.truncate(dataset.locate(config.filesystem), LARGE_FILE)
        chosen = quote(f"rootname={dataset.ipppssoot[:8]}")
        downloads = [f"/files/{dataset.filename}", f"/files/archive?q={chosen}&filetype=flt"]
        fixed = ["/", "/health", "/archive/", "/database/results?q=detector%3DWFC", "/statistics/"]
        return [*fixed, *images], downloads


def get(port: int, address: str) -> int:
    """Request a page on a new connection and return its status."""
    connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
    try:
        connection.request("GET", address)
        response = connection.getresponse()
        response.read()
        return response.status
    finally:
        connection.close()


def measure(port: int, pages: list[str], given: argparse.Namespace) -> tuple[list[float], Counter]:
    """Request pages at a steady rate; return how long each took, in ms, and what was answered."""
    chance = random.Random(1)
    chosen = chance.choices(pages, k=round(given.rate * given.seconds))
    began = time.perf_counter()
    times: list[float] = []
    answers: Counter = Counter()

    def ask(number: int, page: str) -> None:
        due = began + number / given.rate
        time.sleep(max(0, due - time.perf_counter()))
        try:
            answers[get(port, page)] += 1
        except (OSError, HTTPException) as error:
            answers[type(error).__name__] += 1
        times.append(1000 * (time.perf_counter() - due))

    with ThreadPoolExecutor(len(chosen)) as pool:
        list(pool.map(ask, range(len(chosen)), chosen))
    return sorted(times), answers


def report(name: str, measured: tuple[list[float], Counter], server: psutil.Process) -> None:
    """Print one row of figures."""
    times, answers = measured
    memory = sum(worker.memory_full_info().uss for worker in server.children()) / 1e6
    print(name)
    print(
        f"    median {times[len(times) // 2]:.0f} ms, p99 {times[int(0.99 * len(times))]:.0f} ms,"
    )
    print(f"    answers {dict(answers)}, workers {memory:.0f} MB", flush=True)


@contextmanager
def slow_clients(port: int, files: list[str], given: argparse.Namespace) -> Iterator[None]:
    """Hold connections open from another process."""
    context = multiprocessing.get_context("spawn")
    received = context.Value("q", 0)
    process = context.Process(
        target=hold, args=(port, files, given.half_open, given.readers, received), daemon=True
    )
    process.start()
    # Two seconds for the process itself.
    time.sleep(START_S + 2)
    before = received.value
    yield
    print(f"    slow readers received {(received.value - before) / 1e6:.0f} MB meanwhile")
    process.terminate()
    process.join()


def hold(port: int, files: list[str], half_open: int, readers: int, received: object) -> None:
    """Hold connections until the process is ended."""

    async def clients() -> None:
        async with asyncio.TaskGroup() as group:
            for _ in range(half_open):
                group.create_task(send_half(port))
            for number in range(readers):
                group.create_task(read_slowly(port, files[number % len(files)], received))

    asyncio.run(clients())


async def send_half(port: int) -> None:
    """Send half of a request, and again on a new connection whenever the server closes it."""
    await asyncio.sleep(random.uniform(0, START_S))
    while True:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n")
            await reader.read()
            writer.close()
        except OSError:
            await asyncio.sleep(1)


async def read_slowly(port: int, address: str, received: object) -> None:
    """Download a file slowly, and again whenever it is refused or broken off."""
    await asyncio.sleep(random.uniform(0, START_S))
    while True:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=READ_PER_S)
            writer.write(f"GET {address} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
            while piece := await reader.read(READ_PER_S):
                received.value += len(piece)
                await asyncio.sleep(1)
            writer.close()
        except OSError:
            await asyncio.sleep(1)


if __name__ == "__main__":
    main()
