"""The server answers, reports why it cannot start, and returns after a signal."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import psutil
import pymongo
import pytest
from astropy.io.fits.verify import VerifyWarning
from click.testing import CliRunner
from web_pages import put_file

import acsql
from acsql import cli
from acsql.errors import ArchiveError, DatabaseError
from acsql.ingest import run
from acsql.mongod import launch
from acsql.store import observation_writes
from acsql.web import server

# What a caller does: serve, then clean up.
SERVE = """
import sys
from pathlib import Path
from acsql import config
from acsql.store import observation_writes
from acsql.web import server, worker

path, port, workers, changed = sys.argv[1:]
if changed == "broken":
    server.create_app = None
elif changed:
    worker.MAX_REQUESTS = int(changed)
try:
    server.serve(
        config.load(path),
        port=int(port),
        workers=int(workers),
        on_ready=lambda: print("ready", flush=True),
    )
except Exception as error:
    print(type(error).__name__, error, flush=True)
finally:
    print("cleaned up", flush=True)
"""


@pytest.fixture
def port(free_port: Callable[[], int]) -> int:
    """A free port."""
    return free_port()


@pytest.fixture
def config_path(sample_archive: acsql.Archive, write_settings, tmp_path: Path) -> Path:
    """The configuration of the sample archive, as a file."""
    return write_settings(sample_archive.config, tmp_path)


def serving(
    config_path: Path, port: int, workers: int = 1, changed: str = ""
) -> subprocess.Popen[str]:
    """Start a process that serves."""
    return subprocess.Popen(
        [sys.executable, "-c", SERVE, config_path, str(port), str(workers), changed],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
def running(config_path: Path, port: int) -> Iterator[subprocess.Popen[str]]:
    """A process that serves with two workers, and accepts connections."""
    with serving(config_path, port, workers=2) as process:
        assert process.stdout.readline() == "ready\n"
        yield process
        process.kill()


@pytest.fixture(scope="module")
def lasting(
    sample_archive: acsql.Archive,
    write_settings,
    free_port: Callable[[], int],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A process that serves as `running`, until no test needs it, and its port."""
    config_path = write_settings(sample_archive.config, tmp_path_factory.mktemp("lasting"))
    port = free_port()
    with serving(config_path, port, workers=2) as process:
        assert process.stdout.readline() == "ready\n"
        yield process, port
        process.kill()


@pytest.fixture
def served(lasting: tuple[subprocess.Popen[str], int]) -> Iterator[int]:
    """The port of a process that serves, also after the test."""
    process, port = lasting
    yield port
    assert process.poll() is None


def get(port: int, path: str = "/") -> bytes:
    """Return what the server sends."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=60) as response:
        return response.read()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_it_and_the_caller_cleans_up_once(
    running: subprocess.Popen[str], port: int, number: signal.Signals
) -> None:
    assert b"ACS Quicklook" in get(port)
    os.kill(running.pid, number)
    output, errors = running.communicate(timeout=60)
    assert output == "cleaned up\n"
    assert errors == ""
    assert running.returncode == 0
    with socket.create_server(("127.0.0.1", port)):
        """The port is free again."""


def test_many_requests_are_answered_at_once(served: int, sample_archive: acsql.Archive) -> None:
    names = [row["ipppssoot"] for row in sample_archive.where().columns("ipppssoot").rows()]
    with ThreadPoolExecutor(8) as pool:
        pages = list(pool.map(lambda name: get(served, f"/go?name={name}"), names))
    assert all(name.encode() in page for name, page in zip(names, pages, strict=True))


def test_a_long_url_is_accepted(served: int) -> None:
    address = "/api/count?q=detector%3D" + ",".join(["WFC"] * 1_900)
    assert json.loads(get(served, address))["observations"] > 0


@pytest.fixture
def slow_site(
    empty_archive: acsql.Archive,
    write_settings,
    tmp_path: Path,
    port: int,
    request: pytest.FixtureRequest,
) -> Iterator[subprocess.Popen[str]]:
    """A process that serves one file, which is larger than the buffers of any connection."""
    put_file(empty_archive, "large.fits", b"")
    os.truncate(empty_archive.config.filesystem / "large.fits", 64 * 2**20)
    config_path = write_settings(empty_archive.config, tmp_path)
    with serving(config_path, port, changed=getattr(request, "param", "")) as process:
        assert process.stdout.readline() == "ready\n"
        yield process
        process.kill()


@pytest.mark.parametrize("slow_site", ["3"], indirect=True)
def test_a_worker_is_replaced_after_many_requests_but_not_during_a_download(
    slow_site: subprocess.Popen[str], port: int
) -> None:
    get(port)
    (process,) = psutil.Process(slow_site.pid).children()
    address = f"http://127.0.0.1:{port}/files/j8bt05njq_raw.fits"
    with urllib.request.urlopen(address, timeout=60) as download:
        begin = len(download.read(1))
        for _ in range(5):
            get(port)
            time.sleep(0.5)
        assert process.is_running()
        assert begin + len(download.read()) == 64 * 2**20
    process.wait(60)
    assert b"ACS Quicklook" in get(port)


HALF_A_REQUEST = "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n"


@pytest.mark.usefixtures("slow_site")
def test_pages_are_answered_while_many_clients_are_slow(port: int) -> None:
    downloads = [
        f"GET {address} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
        for address in ("/files/j8bt05njq_raw.fits", "/files/archive")
    ]
    with ExitStack() as clients:
        for sent in [HALF_A_REQUEST, *downloads] * 20:
            client = clients.enter_context(socket.create_connection(("127.0.0.1", port)))
            client.sendall(sent.encode())
        for _ in range(20):
            assert b"ACS Quicklook" in get(port)


@pytest.mark.usefixtures("slow_site")
def test_a_request_that_is_not_finished_is_closed(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=60) as client:
        client.sendall(HALF_A_REQUEST.encode())
        assert client.recv(1) == b""


def test_a_port_in_use_is_an_error_that_names_it(sample_archive: acsql.Archive) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ArchiveError, match=rf"127\.0\.0\.1, port {port}.*in use"):
            server.serve(sample_archive.config, port=port)


def test_a_foreign_host_is_an_error_that_names_it(sample_archive: acsql.Archive, port: int) -> None:
    # An address for documentation (RFC 5737).
    with pytest.raises(ArchiveError, match=r"203\.0\.113\.1"):
        server.serve(sample_archive.config, host="203.0.113.1", port=port)


def test_a_database_that_does_not_answer_is_an_error_before_the_start(
    sample_archive: acsql.Archive, port: int
) -> None:
    nowhere = sample_archive.config.at("mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=100")
    with pytest.raises(DatabaseError, match=r"127\.0\.0\.1:1"):
        server.serve(nowhere, port=port)
    with socket.create_server(("127.0.0.1", port)):
        """The port is free again."""


def test_workers_that_cannot_start_are_an_error(config_path: Path, port: int) -> None:
    with serving(config_path, port, changed="broken") as process:
        output, errors = process.communicate(timeout=60)
    assert output.splitlines()[0] == "ready"
    assert output.splitlines()[1].startswith("ArchiveError the site cannot be served")
    assert output.splitlines()[2:] == ["cleaned up"]
    assert "TypeError" in errors


def test_gunicorn_refuses_a_url_that_is_too_long_with_414(served: int) -> None:
    for length in (8_050, 20_000):
        with pytest.raises(urllib.error.HTTPError) as caught:
            get(served, f"/api/count?q={'x' * length}")
        with caught.value as response:
            assert response.code == 414


def test_every_request_is_a_line_of_the_log(served: int, sample_archive: acsql.Archive) -> None:
    request = urllib.request.Request(
        f"http://127.0.0.1:{served}/api/count?q=exptime%3E0%0Aforged",
        headers={"X-Request-ID": "one"},
    )
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(request, timeout=60)
    caught.value.close()
    lines = (sample_archive.config.log_dir / "site.log").read_text().splitlines()
    records = [json.loads(line) for line in lines]
    (line,) = [line for line in records if line.get("request_id") == "one"]
    assert line["address"].startswith("/api/count?q=")
    assert (line["status"], line["method"], line["level"]) == (400, "GET", "INFO")
    assert line["seconds"] >= 0


@pytest.fixture
def create_users(mongosh) -> Callable[[str], object]:
    """Run what ``acsql db roles`` prints, on the address of an administrator."""
    printed = CliRunner().invoke(cli.acsql, ["db", "roles"], catch_exceptions=False).stdout
    prompt = "globalThis.passwordPrompt = () => 'two'"
    return lambda administrator: mongosh(administrator, [prompt, *printed.splitlines()])


def test_ingest_and_site_need_no_more_rights_than_the_users_of_db_roles(
    sample_archive: acsql.Archive, tmp_path: Path, write_settings, port: int, create_users
) -> None:
    with own_mongod(tmp_path, create_users) as (writer, reader):
        config = replace(
            sample_archive.config,
            connection_string=writer,
            read_connection_string=reader,
            **{name: tmp_path / name for name in ("data_dir", "log_dir", "jpeg_dir")},
            thumbnail_dir=tmp_path / "thumbnails",
        )
        name = next(sample_archive.where().columns("rootname").limit(1).rows())["rootname"]
        run.ingest(config, run.Options(rootnames=(name,), scheduler="synchronous"))
        with acsql.connect(config.for_reading) as archive, pytest.raises(DatabaseError):
            observation_writes.update(archive.store, {name: {"$set": {"proposal_type": "GO"}}})
        with serving(write_settings(config, tmp_path), port) as process:
            assert process.stdout.readline() == "ready\n"
            for page in ("/", "/archive/", "/ingest/", "/statistics/", f"/go?name={name}"):
                assert get(port, page)
            assert b"ACS Quicklook" in get(port)
            assert json.loads(get(port, "/api/count"))["observations"] == 1
            process.send_signal(signal.SIGTERM)
            assert process.wait(60) == 0


@contextmanager
def own_mongod(folder: Path, create_users: Callable[[str], object]) -> Iterator[tuple[str, str]]:
    """Run a mongod with authentication; yield the addresses of the users that acsql needs."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]
    (folder / "mongod").mkdir()
    command = [launch.find_mongod(), "--dbpath", folder / "mongod", "--port", str(port)]
    with subprocess.Popen(
        [*command, "--bind_ip", "127.0.0.1", "--auth", "--quiet"], stdout=subprocess.DEVNULL
    ) as process:
        try:
            where = f"127.0.0.1:{port}"
            # Without any user yet, one from this machine may make the first.
            with pymongo.MongoClient(f"mongodb://{where}/", timeoutMS=60_000) as client:
                client.admin.command("createUser", "owner", pwd="one", roles=["root"])
            for _ in range(2):  # the second time, on what exists
                create_users(f"mongodb://owner:one@{where}/?authSource=admin")
            yield (
                f"mongodb://acsql:two@{where}/acsql",
                f"mongodb://acsql_reader:two@{where}/acsql",
            )
        finally:
            process.terminate()


def test_no_thread_restores_warnings_of_astropy_that_another_one_ignores():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        server.ignore_astropy()
        one, other = warnings.catch_warnings(), warnings.catch_warnings()
        one.__enter__()
        warnings.simplefilter("ignore", VerifyWarning)
        other.__enter__()
        one.__exit__(None, None, None)
        # As in the other thread, whose filters these should be.
        warnings.warn("a card that is not standard", VerifyWarning, stacklevel=1)
        other.__exit__(None, None, None)
    assert not caught
