"""What a whole mission costs: the price of each file and document, and what saturates first.

    python benchmarks/scale.py mongodb://127.0.0.1:27017/mission [--observations 24]

The prices are measured here, in processor time, which other work on the machine changes little:
of a file of each detector and filetype at full frame, of a document in a worker and in each member
of a replica set of three, and of a result in the process that runs the ingest.  The numbers of
files are those of the given database, such as `benchmarks/mission.py` writes.  The rest is
arithmetic: what each resource has to do, and how many workers saturate it.
"""

import argparse
import math
import statistics
import subprocess
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import astuple, dataclass, fields, replace
from pathlib import Path

import psutil
from pymongo import MongoClient

from acsql import keywords as keyword_specs
from acsql import sample
from acsql.config import Config
from acsql.ingest import workers
from acsql.ingest.on_disk import FileOnDisk
from acsql.ingest.plan import Task
from acsql.ingest.read import read_file
from acsql.ingest.scan import scan
from acsql.ingest.tasks import ingest_tasks
from acsql.keywords import KeywordSpecs
from acsql.migrations import runner
from acsql.mongod.launch import find_mongod, free_port
from acsql.store.client import Store
from acsql.store.columns.fold import fold_all

SMALL = 240  # observations with small pictures and whole headers, for the price of a document
WORKERS = 2
MEMBERS = 3
HOUR = 3600

Kind = tuple[str, str]  # detector and filetype


@dataclass(frozen=True)
class FilePrice:
    """Processor seconds of a worker, and the bytes that it reads."""

    seconds: float
    read: float


@dataclass(frozen=True)
class Load:
    """What an archive, or one document of it, takes of each resource.

    Processor seconds of all workers, of the primary, of one secondary and of the process that
    runs the ingest; bytes from the file system.
    """

    workers: float
    primary: float
    secondary: float
    ingest: float
    read: float = 0.0

    def times(self, number: float) -> "Load":
        """Return the load of a number of archives or documents."""
        return Load(*(number * each for each in astuple(self)))


@dataclass(frozen=True)
class Site:
    """The machines that ingest an archive of some times the mission."""

    name: str
    missions: int
    workers: int
    primary_cores: int  # of all shards together
    storage: float  # bytes a second

    def hours(self, mission: Load) -> dict[str, float]:
        """Return how long each resource takes; an ingest runs in one process."""
        load, width = mission.times(self.missions), self.primary_cores
        width_of = {"workers": self.workers, "primary": width, "secondary": width}
        width_of |= {"ingest": 1, "read": self.storage}
        return {name: getattr(load, name) / width / HOUR for name, width in width_of.items()}


# Storage of 1 GB/s is a good network file system.
SITES = (
    Site("the mission, 2 cores for everything", 1, WORKERS, 2, 1e9),
    Site("the mission, 32 workers, replica set of three with 4 cores each", 1, 32, 4, 1e9),
    Site("ten missions, 320 workers, 4 shards with 4 cores each, 10 GB/s", 10, 320, 16, 10e9),
)


def main() -> None:
    """Measure the prices, and print them with what follows from them."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("connection_string")
    parser.add_argument("--observations", type=int, default=24, help="full frames to measure")
    given = parser.parse_args()
    specs = keyword_specs.load()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        files, observations = mission(given.connection_string, specs)
        headers, whole = file_prices(root / "true", given.observations, specs)
        print_files(headers, whole, files)
        document = document_price(root / "small", specs)
    with_pictures = load(files, whole, document.times(observations))
    print_limits("with pictures", with_pictures)
    print_limits("headers alone", load(files, headers, document.times(observations)))
    for site in SITES:
        hours = site.hours(with_pictures)
        first = max(hours, key=hours.__getitem__)
        each = ", ".join(f"{name} {value:.1f}" for name, value in hours.items())
        print(f"{site.name}: {max(hours.values()):.1f} h, bound by {first} (hours: {each})")


def mission(uri: str, specs: KeywordSpecs) -> tuple[dict[Kind, int], int]:
    """Return the numbers of files and of observations of the mission."""
    kind = {"detector": "$detector", "filetype": "$file.k"}
    stages = [
        {"$project": {"detector": 1, "file": {"$objectToArray": "$datasets"}}},
        {"$unwind": "$file"},
        {"$group": {"_id": kind, "files": {"$sum": 1}}},
    ]
    with Store(uri, specs) as store:
        rows = list(store.headerless.aggregate(stages))
        files = {(row["_id"]["detector"], row["_id"]["filetype"]): row["files"] for row in rows}
        order = sorted(files, key=lambda kind: (list(specs.filetypes).index(kind[1]), kind[0]))
        return {kind: files[kind] for kind in order}, store.headerless.estimated_document_count()


def configured(folder: Path, uri: str | None = None) -> Config:
    """Return the configuration of an archive in a folder."""
    names = ("data_dir", "jpeg_dir", "thumbnail_dir", "log_dir")
    folders = {name: folder / name for name in names}
    folders["proposals_file"] = folder / "archive" / "proposals.yaml"
    return Config(filesystem=folder / "archive", connection_string=uri, ncores=WORKERS, **folders)


def file_prices(
    folder: Path, observations: int, specs: KeywordSpecs
) -> tuple[dict[Kind, FilePrice], dict[Kind, FilePrice]]:
    """Return the prices of full-frame files: of the headers alone, and with the picture."""
    sample.write(folder / "archive", observations, 1, "full")
    config = configured(folder)
    kinds = specs.filetypes.items()
    plain = replace(specs, filetypes={name: replace(k, preview=False) for name, k in kinds})
    headers: dict[Kind, list[FilePrice]] = {}
    whole: dict[Kind, list[FilePrice]] = {}
    for observation in scan(config.filesystem, specs.filetypes):
        for filetype, file in observation.files.items():
            for prices, these in ((headers, plain), (whole, specs)):
                detector, price = file_price(file, these, config)
                prices.setdefault((detector, filetype), []).append(price)
    return median_prices(headers), median_prices(whole)


def file_price(file: FileOnDisk, specs: KeywordSpecs, config: Config) -> tuple[str, FilePrice]:
    """Read a file as a worker does, and return its detector and price."""
    counters = psutil.Process().io_counters
    before, began = counters().read_chars, time.process_time()
    content = read_file(file, specs, config)
    seconds, read = time.process_time() - began, counters().read_chars - before
    primary = dict(content.headers[0])
    detector = primary.get("DETECTOR") or primary.get("CONFIG", "ACS/WFC").partition("/")[2]
    return detector.strip(), FilePrice(seconds, read)


def median_prices(prices: dict[Kind, list[FilePrice]]) -> dict[Kind, FilePrice]:
    """Return one price for each kind."""
    return {
        kind: FilePrice(*map(statistics.median, zip(*map(astuple, several), strict=True)))
        for kind, several in prices.items()
    }


def document_price(folder: Path, specs: KeywordSpecs) -> Load:
    """Return what one document takes beside its files, and print each measurement."""
    sample.write(folder / "archive", SMALL, 1, "small")
    found = list(scan(folder / "archive", specs.filetypes))
    tasks = [Task(observation, tuple(observation.files)) for observation in found]
    with replica_set(folder / "set") as (uri, servers):
        config = configured(folder, uri)
        with Store(uri, specs) as store:
            runner.migrate_if_empty(store, specs)
            store.make_indexes()
            reading = processor_seconds(
                lambda: [read_all(each.files, specs, config) for each in found]
            )
            began = [cpu(server) for server in servers]
            worker = processor_seconds(lambda: ingested(tasks, store, config, workers.SYNCHRONOUS))
            folding = processor_seconds(lambda: fold_all(store))
            used = [cpu(server) - before for server, before in zip(servers, began, strict=True)]
            ingest = processor_seconds(lambda: ingested(tasks, store, config, workers.PROCESSES))
            with cluster() as address:
                spread = processor_seconds(lambda: ingested(tasks, store, config, address))
    secondary = statistics.mean(used[1:])
    measured = (worker - reading, used[0], secondary, max(ingest, spread) + folding)
    price = Load(*(seconds / SMALL for seconds in measured))
    print("\nprocessor milliseconds of one document")
    for field, value in zip(fields(price), astuple(price), strict=True):
        if field.name != "read":
            print(f"  {field.name:10} {1000 * value:6.2f}")
    print(f"  ingest: {1000 * ingest / SMALL:.2f} with processes, ", end="")
    print(f"{1000 * spread / SMALL:.2f} with dask.distributed and its scheduler, ", end="")
    print(f"and {1000 * folding / SMALL:.2f} to fold it into columns")
    return price


def read_all(files: dict[str, FileOnDisk], specs: KeywordSpecs, config: Config) -> None:
    """Read the files of an observation."""
    for file in files.values():
        read_file(file, specs, config)


def ingested(tasks: list[Task], store: Store, config: Config, scheduler: str) -> None:
    """Ingest observations, and keep nothing."""
    deque(ingest_tasks(tasks, store, config, scheduler, WORKERS), maxlen=0)


def processor_seconds(do: Callable[[], object]) -> float:
    """Return the processor time that this process takes to do something."""
    began = time.process_time()
    do()
    return time.process_time() - began


def cpu(process: psutil.Process) -> float:
    """Return the processor time of another process until now."""
    times = process.cpu_times()
    return times.user + times.system


@contextmanager
def replica_set(folder: Path) -> Iterator[tuple[str, list[psutil.Process]]]:
    """Run a replica set; yields its connection string and its processes, the primary first."""
    hosts = [f"127.0.0.1:{free_port(None)}" for _ in range(MEMBERS)]
    with ExitStack() as stack:
        servers = [stack.enter_context(mongod(folder / str(n), h)) for n, h in enumerate(hosts)]
        members = [
            {"_id": n, "host": host, "priority": MEMBERS - n} for n, host in enumerate(hosts)
        ]
        for host in reversed(hosts):
            client = stack.enter_context(MongoClient(f"mongodb://{host}/?directConnection=true"))
            client.admin.command("ping")
        client.admin.command("replSetInitiate", {"_id": "scale", "members": members})
        uri = f"mongodb://{','.join(hosts)}/scale?replicaSet=scale"
        with MongoClient(uri) as client:
            client.scale.ready.insert_one({})
            while client.primary != ("127.0.0.1", int(hosts[0].rpartition(":")[2])):
                time.sleep(0.5)
        yield uri, servers


@contextmanager
def mongod(folder: Path, host: str) -> Iterator[psutil.Process]:
    """Run one member."""
    folder.mkdir(parents=True)
    options = [f"--dbpath={folder}", f"--port={host.rpartition(':')[2]}", "--bind_ip=127.0.0.1"]
    options += ["--replSet=scale", "--wiredTigerCacheSizeGB=0.5", f"--logpath={folder}/log"]
    with subprocess.Popen([find_mongod(), *options]) as process:
        try:
            yield psutil.Process(process.pid)
        finally:
            process.kill()  # a secondary that ends in order waits for 15 seconds


@contextmanager
def cluster() -> Iterator[str]:
    """Run a dask.distributed cluster, whose scheduler is in this process."""
    from distributed import LocalCluster

    options = {"n_workers": WORKERS, "threads_per_worker": 1, "dashboard_address": None}
    with LocalCluster(processes=True, **options) as local:
        yield local.scheduler_address


def load(files: dict[Kind, int], prices: dict[Kind, FilePrice], documents: Load) -> Load:
    """Return what the files of an archive take, with its documents."""
    missing = files.keys() - prices.keys()
    if missing:
        raise SystemExit(f"the sample has no files of {sorted(missing)}")
    seconds = sum(number * prices[kind].seconds for kind, number in files.items())
    read = sum(number * prices[kind].read for kind, number in files.items())
    return replace(documents, workers=documents.workers + seconds, read=read)


def print_files(
    headers: dict[Kind, FilePrice], whole: dict[Kind, FilePrice], files: dict[Kind, int]
) -> None:
    """Print the price of a file of each kind."""
    print(f"{'':8} {'files':>8} {'headers':>10} {'picture':>10} {'read':>10}")
    for kind, number in files.items():
        alone, price = headers[kind], whole[kind]
        milliseconds = 1000 * alone.seconds, 1000 * max(0, price.seconds - alone.seconds)
        times = " ".join(f"{value:7.1f} ms" for value in milliseconds)
        print(f"{' '.join(kind):8} {number:8} {times} {price.read / 1e6:7.2f} MB")


def print_limits(name: str, mission: Load) -> None:
    """Print what the mission takes, and how many workers saturate each resource."""
    hours = f"{mission.workers / HOUR:.1f} h of processors, {mission.read / 1e12:.2f} TB read"
    print(f"\nthe mission {name}: {hours}; saturated by")
    for resource, seconds in (
        ("storage of 1 GB/s", mission.read / 1e9),
        ("each core of the primary", mission.primary),
        ("each core of a secondary", mission.secondary),
        ("the process of the ingest", mission.ingest),
    ):
        number = mission.workers / seconds if seconds else math.inf
        print(f"  {resource:26} {number:7.1f} workers")


if __name__ == "__main__":
    main()
