"""A changed document makes acsql read, send, replace or remove no file outside its folders.

Each path and each name of a file in the database takes each way out, to a canary file in a
temporary folder; the fields are found in the documents, so that new ones are covered as well.
"""

import shutil
from collections.abc import Iterator, Mapping
from contextlib import suppress
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
from archive_files import SYNCHRONOUS
from flask.testing import FlaskClient

import acsql
from acsql.config import Config, load
from acsql.errors import ArchiveError
from acsql.ingest import run
from acsql.store import observation_writes
from acsql.verify import verification
from acsql.web.app import create_app

CANARY = "canary.fits"
CONTENT = b"SIMPLE  =                    T / canary"
WAYS_OUT: dict[str, Any] = {
    "upwards": f"../{CANARY}",
    "far upwards": f"x/../../{CANARY}",
    "absolute": "{outside}/" + CANARY,
    "from the root": "../" * 40 + "{outside}/" + CANARY,
    "linked folder": f"link/{CANARY}",
    "link": "link.fits",
    "the folder itself": ".",
    "empty": "",
    "zero byte": "x\0y",
    "line break": f"x\n../{CANARY}",
    "too long": "x/" * 3000,
    "number": 5,
    "list": ["..", CANARY],
    "operator": {"$ne": None},
}
# What the viewer requests of a file.
PART = "x0=0&x1=8&y0=0&y1=8"
PIXELS = [
    "",
    "overview.png",
    f"cut.png?{PART}&bin=1",
    "tile.png?level=0&column=0&row=0",
    "histogram?low=0&high=9",
    "statistics?region=circle(9,9,3)",
    "profile?region=line(9,9,20,20)",
    f"contours?{PART}&levels=10",
    f"cutout.fits?{PART}",
]


def path_fields(document: Mapping[str, Any]) -> list[list[str]]:
    """Return the fields that hold a path or the name of a file, by the first part of their name."""
    fields = sorted(_path_fields(document))
    return [list(group) for _, group in groupby(fields, lambda field: field.partition(".")[0])]


def _path_fields(value: Any, field: str = "") -> Iterator[str]:
    """Yield the fields of a document that hold a path or the name of a file."""
    if isinstance(value, Mapping):
        for name, part in value.items():
            if name not in ("headers", "layouts"):
                yield from _path_fields(part, f"{field}.{name}" if field else name)
    elif isinstance(value, str) and ("/" in value or value.endswith((".fits", ".jpg", ".thumb"))):
        yield field


@pytest.fixture(scope="module")
def config(
    database_uri: str, sample_filesystem: Path, tmp_path_factory: pytest.TempPathFactory
) -> Config:
    """The configuration of an archive of one observation, with a link out of each folder."""
    outside = tmp_path_factory.mktemp("outside")
    folders = {
        "FILESYSTEM": "archive",
        "DATA_DIR": "data",
        "JPEG_DIR": "jpegs",
        "THUMBNAIL_DIR": "thumbnails",
        "LOG_DIR": "logs",
    }
    settings = {f"ACSQL_{name}": str(outside / folder) for name, folder in folders.items()}
    uri = database_uri.replace("/acsql?", "/test_untrusted?")
    config = load(environ=settings | {"ACSQL_CONNECTION_STRING": uri})
    source = min(sample_filesystem.glob("*/*/*_flt.fits")).parent
    folder = config.filesystem / source.relative_to(sample_filesystem)
    folder.mkdir(parents=True)
    for filetype in ("raw", "flt"):
        shutil.copy(source / f"{source.name}_{filetype}.fits", folder)
    run.ingest(config, SYNCHRONOUS)
    for root in (config.filesystem, config.jpeg_dir, config.thumbnail_dir, config.log_dir):
        (root / "link").symlink_to(outside)
        (root / "link.fits").symlink_to(outside / CANARY)
    return config


@pytest.fixture
def archive(config: Config) -> Iterator[acsql.Archive]:
    """The archive, whose documents are as before after the test, with a canary beside it."""
    canary = config.filesystem.parent / CANARY
    canary.write_bytes(CONTENT)
    with acsql.connect(config) as archive:
        store = archive.store
        collections = store.observations, store.headerless, store.ingest_runs
        stored = [list(collection.find()) for collection in collections]
        yield archive
        for collection, documents in zip(collections, stored, strict=True):
            for document in documents:
                collection.replace_one({"_id": document["_id"]}, document)
    assert canary.read_bytes() == CONTENT
    beside = {path.name for path in canary.parent.iterdir()}
    assert beside <= {CANARY, "archive", "data", "jpegs", "thumbnails", "logs"}


def change(archive: acsql.Archive, way: str, fields: list[str]) -> None:
    """Let fields of the only observation lead out of their folder."""
    value = WAYS_OUT[way]
    if isinstance(value, str):
        value = value.replace("{outside}", str(archive.config.filesystem.parent))
    change = {"$set": dict.fromkeys(fields, value)}
    rootnames = archive.store.observations.distinct("_id")
    observation_writes.update(archive.store, dict.fromkeys(rootnames, change))
    archive.store.database["ingest_runs"].update_one({}, {"$set": {"log": value}})


def addresses(document: Mapping[str, Any]) -> Iterator[str]:
    """Yield the URLs that send or read a file of an observation."""
    rootname = document["_id"]
    for filetype in document["datasets"]:
        yield f"/files/{document['ipppssoot']}_{filetype}.fits"
        yield f"/previews/{rootname}/{filetype}.jpg"
        yield from (f"/pixels/{rootname}/{filetype}/{part}" for part in PIXELS)
    yield f"/thumbnails/{rootname}.jpg"
    yield from ("/files/", "/files/archive", "/files/script", "/ingest/1/", "/ingest/1/log")


def test_all_paths_and_names_in_a_document_are_found(archive: acsql.Archive) -> None:
    groups = path_fields(archive.store.observations.find_one())
    assert {field for group in groups for field in group} >= {
        "path",
        "files.flt.path",
        "datasets.flt",
        "previews.flt.jpeg",
        "previews.flt.thumbnail",
    }


def test_all_parts_of_a_file_that_the_viewer_requests_are_listed(archive: acsql.Archive) -> None:
    rules = [rule for rule in create_app(archive).url_map.iter_rules() if "GET" in rule.methods]
    prefix = "/pixels/<name>/<filetype>/"
    parts = {rule.rule.removeprefix(prefix) for rule in rules if rule.rule.startswith(prefix)}
    assert parts == {part.partition("?")[0] for part in PIXELS}


@pytest.mark.parametrize("way", WAYS_OUT)
def test_the_site_sends_nothing_from_outside(archive: acsql.Archive, way: str) -> None:
    app = create_app(archive)
    client: FlaskClient = app.test_client()
    original = archive.store.observations.find_one()
    for fields in path_fields(original):
        change(archive, way, fields)
        for address in addresses(original):
            with client.get(address) as response:
                assert response.status_code < 500, (fields, address)
                assert CONTENT not in response.data, (fields, address)
                assert b"get '../" not in response.data, (fields, address)
                assert b"acsql/../" not in response.data, (fields, address)
        archive.store.observations.replace_one({}, original)


@pytest.mark.parametrize("way", WAYS_OUT)
def test_the_library_reads_nothing_from_outside(archive: acsql.Archive, way: str) -> None:
    original = archive.store.observations.find_one()
    folders = [archive.config.filesystem, archive.config.jpeg_dir, archive.config.thumbnail_dir]
    for fields in path_fields(original):
        change(archive, way, fields)
        observation = archive.observation(original["_id"])
        for filetype in original["datasets"]:
            for locate in (observation.path, observation.jpeg):
                with suppress(ArchiveError):
                    real = locate(filetype).resolve()
                    assert any(folder in real.parents for folder in folders), (fields, real)
        with suppress(ArchiveError):
            assert folders[2] in observation.thumbnail().resolve().parents, fields
        for dataset in archive.where().files():
            with suppress(ArchiveError):
                assert folders[0] in dataset.locate(folders[0]).resolve().parents, fields
            with suppress(ArchiveError):
                assert ".." not in Path(dataset.local_path).parts, fields
        archive.store.observations.replace_one({}, original)


@pytest.mark.parametrize("way", WAYS_OUT)
def test_a_repair_changes_nothing_outside(archive: acsql.Archive, way: str) -> None:
    original = archive.store.observations.find_one()
    fields = [f for group in path_fields(original) for f in group if "." in f and "data" not in f]
    change(archive, way, fields)
    result = verification.verify(archive.config, full=True, fix=True, scheduler="synchronous")
    assert result.findings
    # The link of the fixture leads out of the archive, which no repair changes.
    assert [finding.what for finding in result.remaining] == ["link"]
    repaired = archive.store.observations.find_one()
    assert [repaired[name] for name in ("files", "previews")] == [
        original[name] for name in ("files", "previews")
    ]
    assert archive.observation(original["_id"]).jpeg("flt").is_file()
