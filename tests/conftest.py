"""Fixtures of all tests: a MongoDB server, empty and filled archives, the MongoDB shell."""

import gc
import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import pymongo.common
import pytest
import yaml
from argon2 import PasswordHasher
from astropy.io import fits
from bson import json_util
from exposure_monitor import EXPOSURE_MONITOR
from hypothesis import settings
from monitored_truth import OBSERVATIONS as MONITORED
from monitored_truth import TRUTH
from private_server import administrator_uri, drop, empty, new_database
from shared_archives import fill, once

import acsql
from acsql import keywords as keyword_specs
from acsql import sample
from acsql.accounts import passwords
from acsql.config import Config
from acsql.ingest import measure, run
from acsql.keywords import KeywordSpecs
from acsql.mongod import launch, replica_set, server
from acsql.store.client import Store
from acsql.store.columns.fold import fold_all

OBSERVATIONS = 40

# The files that take longest: with few tests each, that wait for servers, processes and browsers.
# Each belongs to one process, so one that started late would be waited for at the end.
LONGEST = (
    "docs/test_readme.py",
    "web/test_accessibility.py",
    "ingest/test_faults.py",
    "docs/test_examples.py",
    "web/test_app.py",
    "web/pages/test_viewer.py",
    "web/test_browser.py",
    "web/test_server.py",
    "web/test_annotation_tasks.py",
    "store/test_mongosh.py",
    "cli/test_process.py",
    "ingest/test_damage.py",
    "ingest/test_outages.py",
    "ingest/test_fault_matrix.py",
    "ingest/test_hanging.py",
    "ingest/test_measure.py",
    "ingest/test_read.py",
    "monitors/standard/test_dark.py",
    "test_packaging.py",
    "docs/test_structure.py",
    "web/test_writing_routes.py",
    "web/test_outage.py",
    "web/test_tasks.py",
    "web/test_behind_nginx.py",
    "web/pages/test_observation.py",
    "web/pages/test_results.py",
    "watching/test_watch.py",
    "verify/test_repair.py",
    "store/test_outage.py",
    "store/test_filters.py",
    "docs/test_monitor_example.py",
    "ingest/test_sequences.py",
)

# Seconds, 0.5 by default: how often threads of the driver look whether their client was closed.
# Every ingest waits for one of them at its end.
pymongo.common.MIN_HEARTBEAT_INTERVAL = 0.05

# Their defaults, which astropy otherwise looks up at each use of a card: half of its work.
fits.Conf.enable_record_valued_keyword_cards = fits.Conf.strip_header_whitespace = True

# Without deadlines for single examples: other processes may slow the machine down.  The same
# examples in each run, so that what fails is what was changed; ``ALL_EXAMPLES=1`` draws new ones.
settings.register_profile("same", deadline=None, derandomize=True)
settings.register_profile("new", deadline=None, print_blob=True)
settings.load_profile("new" if "ALL_EXAMPLES" in os.environ else "same")


def pytest_configure() -> None:
    """Let child processes receive the signals that tests send them.

    A shell starts background commands (``make test &`` in a script, ``nohup``) with some signals
    ignored, and children inherit that, whereas a handler is reset in a child.
    """
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, lambda *_: None)


def pytest_collection() -> None:
    """Look for no cycles of objects while tests are collected: that was a sixth of its time."""
    gc.disable()


def pytest_collection_finish() -> None:
    """Look for cycles among what tests make, and not among tests and modules.

    Those are 640,000 objects that last as long as the run, and each look at them takes 0.4 s.
    Looks at new objects are fewer, too: those of the defaults take a twelfth of the time of tests.
    """
    gc.freeze()
    gc.set_threshold(5000, 20, 20)
    gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the tests of the longest files first."""
    folder = Path(__file__).parent
    ranks = {folder / name: rank for rank, name in enumerate(LONGEST)}
    items.sort(key=lambda item: ranks.get(item.path, len(LONGEST)))


@pytest.fixture(scope="session", autouse=True)
def cheap_passwords() -> Iterator[None]:
    """Hash passwords with little work: a log-in takes 0.2 s of processor time otherwise."""
    hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_hasher", lambda: hasher)
        yield


@pytest.fixture(scope="session")
def specs() -> KeywordSpecs:
    """The keyword specs of the package."""
    return keyword_specs.load()


@pytest.fixture(scope="session")
def database_uri(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The connection string of a server for the tests, as a user with all rights."""
    state = server.start(tmp_path_factory.mktemp("server"))
    yield administrator_uri(state)
    # To shut down it would close each file, of which the databases of the tests have thousands.
    process = psutil.Process(state.pid)
    process.kill()
    process.wait()


@pytest.fixture(scope="session")
def standalone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a standalone server, which has no transactions and no change streams."""
    folder = tmp_path_factory.mktemp("standalone")
    with socket.create_server((replica_set.HOST, 0)) as free:
        port = free.getsockname()[1]
    command = [
        launch.find_mongod(),
        f"--dbpath={folder}",
        f"--logpath={folder}/mongod.log",
        f"--bind_ip={replica_set.HOST}",
        f"--port={port}",
        "--nounixsocket",
        "--wiredTigerCacheSizeGB=0.25",
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        yield f"mongodb://{replica_set.HOST}:{port}/"
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def connection_string(database_uri: str) -> str:
    """The connection string of an empty database for one test."""
    return new_database(database_uri)


@pytest.fixture
def store(connection_string: str, specs: KeywordSpecs) -> Iterator[Store]:
    """An empty database, dropped after the test."""
    with Store(connection_string, specs) as opened:
        yield opened
        drop(opened)


@pytest.fixture(scope="session")
def lasting_store(database_uri: str, specs: KeywordSpecs) -> Iterator[Store]:
    """The database of `indexed_store`, with what the test before has left in it."""
    with Store(new_database(database_uri), specs) as opened:
        yield opened


@pytest.fixture
def indexed_store(lasting_store: Store) -> Store:
    """A database with all indexes and without documents, for one test after the other.

    Indexes of a new database take longer than most tests: 0.2 s of processor time.
    """
    empty(lasting_store)
    return lasting_store


def make_config(folder: Path, connection_string: str, filesystem: Path | None = None) -> Config:
    """Return the configuration of an archive in a folder."""
    return Config(
        filesystem=filesystem or folder / "archive",
        data_dir=folder / "data",
        jpeg_dir=folder / "jpegs",
        thumbnail_dir=folder / "thumbnails",
        log_dir=folder / "logs",
        proposals_file=(filesystem or folder / "archive") / "proposals.yaml",
        ncores=2,
        connection_string=connection_string,
    )


def _write_settings(config: Config, folder: Path) -> Path:
    settings = {name: value for name, value in vars(config).items() if value is not None}
    values = {name: str(v) if isinstance(v, Path) else v for name, v in settings.items()}
    path = folder / "acsql.yaml"
    path.write_text(yaml.safe_dump(values))
    path.chmod(0o600)  # it holds a password
    return path


@pytest.fixture(scope="session")
def write_settings() -> Callable[[Config, Path], Path]:
    """Write a configuration as the file ``acsql.yaml`` of a folder, and return its path."""
    return _write_settings


@pytest.fixture
def public() -> Iterator[Path]:
    """A folder that every user can search, which those of pytest are not."""
    folder = Path(tempfile.mkdtemp(prefix="acsql-test-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def config(tmp_path: Path, connection_string: str) -> Config:
    """The configuration of an archive without files, with an empty database."""
    (tmp_path / "archive").mkdir()
    return make_config(tmp_path, connection_string)


@pytest.fixture
def empty_archive(config: Config) -> Iterator[acsql.Archive]:
    """An open archive without observations."""
    with acsql.connect(config) as archive:
        yield archive


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """The folder of what all processes that run tests have in common."""
    base = tmp_path_factory.getbasetemp()
    return base if worker_id == "master" else base.parent


@pytest.fixture(scope="session")
def sample_filesystem(shared: Path) -> Path:
    """The files of a sample archive with small frames; read-only."""
    write = partial(sample.write, observations=OBSERVATIONS, seed=1, frame="small")
    return once(shared / "sample", write)


def _fill_with_sample(shared: Path, config: Config) -> None:
    """Ingest the sample archive, or copy what another process has ingested."""

    def ingest() -> None:
        assert not run.ingest(config, run.Options(scheduler="processes")).failures

    fill(shared / "ingested", config.data_dir.parent, config.connection_string, ingest)


@pytest.fixture(scope="session")
def sample_archive(
    sample_filesystem: Path,
    database_uri: str,
    tmp_path_factory: pytest.TempPathFactory,
    shared: Path,
) -> Iterator[acsql.Archive]:
    """The sample archive, ingested and open; read-only."""
    folder = tmp_path_factory.mktemp("ingested")
    config = make_config(folder, new_database(database_uri), sample_filesystem)
    _fill_with_sample(shared, config)
    with acsql.connect(config) as archive:
        yield archive


@pytest.fixture(scope="session")
def measured_archive(
    sample_filesystem: Path,
    database_uri: str,
    tmp_path_factory: pytest.TempPathFactory,
    shared: Path,
) -> Iterator[acsql.Archive]:
    """The sample archive with its own monitor, after a run of all monitors; read-only."""
    folder = tmp_path_factory.mktemp("measured")
    config = make_config(folder, new_database(database_uri), sample_filesystem)

    def measure_sample() -> None:
        _fill_with_sample(shared, config)
        (config.data_dir / "monitors").mkdir(parents=True)
        (config.data_dir / "monitors" / "exposure.py").write_text(EXPOSURE_MONITOR)
        measure.run(config, measure.Options(scheduler="synchronous"))

    fill(shared / "measured", folder, config.connection_string, measure_sample)
    with acsql.connect(config) as archive:
        yield archive


@pytest.fixture(scope="session")
def true_archive(
    database_uri: str, tmp_path_factory: pytest.TempPathFactory, shared: Path
) -> Iterator[acsql.Archive]:
    """Exposures of an instrument whose truth is known, in columns and measured; read-only."""
    write = partial(
        sample.write, observations=MONITORED, instrument=TRUTH, visits=sample.MONITORING
    )
    folder = tmp_path_factory.mktemp("truth")
    config = make_config(folder, new_database(database_uri), once(shared / "truth", write))

    def measure_truth() -> None:
        assert not run.ingest(config, run.Options(scheduler="processes")).failures
        with Store(config.connection_string, keyword_specs.load()) as store:
            fold_all(store)
        measure.run(config, measure.Options(scheduler="synchronous"))

    fill(shared / "true", folder, config.connection_string, measure_truth)
    with acsql.connect(config) as archive:
        yield archive


@pytest.fixture(scope="session")
def colour_archive(
    database_uri: str, tmp_path_factory: pytest.TempPathFactory, shared: Path
) -> Iterator[acsql.Archive]:
    """Three exposures of one field in three filters; read-only."""
    write = partial(sample.write, observations=3, visits=sample.COLOUR)
    folder = tmp_path_factory.mktemp("colour")
    config = make_config(folder, new_database(database_uri), once(shared / "colour", write))

    def ingest() -> None:
        assert not run.ingest(config, run.Options(scheduler="synchronous")).failures

    fill(shared / "coloured", config.data_dir.parent, config.connection_string, ingest)
    with acsql.connect(config) as archive:
        yield archive


# Prints the value of a line without loss of types; of a cursor, the list of its documents.
_PRINT = """
const show = value => print(EJSON.stringify(
    value && value.toArray ? value.toArray() : value, null, 0, {relaxed: false}));
"""


@pytest.fixture(scope="session")
def mongosh(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Sequence[str]], list[Any]]:
    """Run lines in the MongoDB shell on a connection string; return the value of each."""
    command = shutil.which("mongosh")
    if command is None and "CI" not in os.environ:
        pytest.skip("mongosh is not installed")
    script = tmp_path_factory.mktemp("mongosh") / "lines.js"

    def run_lines(uri: str, lines: Sequence[str]) -> list[Any]:
        script.write_text(_PRINT + "\n".join(f"show({line})" for line in lines))
        result = subprocess.run(
            [command, uri, "--quiet", "--file", script], capture_output=True, text=True, check=False
        )
        assert result.returncode == 0, f"{result.stdout[-500:]}\n{result.stderr}"
        # JSON escapes this line end alone, so others can occur in a value.
        return [json_util.loads(answer) for answer in result.stdout.split("\n") if answer]

    return run_lines
