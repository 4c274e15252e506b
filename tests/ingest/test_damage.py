"""Damaged files of every kind among good ones: each is reported or ingested, alone."""

import io
import json
import os
import pickle
import random
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bson
import damage
import numpy as np
import pytest
from astropy.io import fits
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from acsql import export, sample
from acsql.config import Config
from acsql.errors import InvalidName
from acsql.fits.astropy_header import to_fits
from acsql.ingest import on_disk, run
from acsql.ingest.fallback_thumbnail import lacks_thumbnail
from acsql.ingest.observation_result import Failure
from acsql.ingest.read import FileContent, read_or_fail
from acsql.ingest.typing import type_header
from acsql.keywords import HeaderKey, KeywordSpecs
from acsql.names import Filename
from acsql.store import runs
from acsql.store.client import Store

SEED = 20260101
OBSERVATIONS = 120
DAMAGED = 520
# Bytes that a process may address, and may use; damaged headers describe 10**15 bytes and more.
ADDRESS_SPACE = 4 << 30
MOST_MEMORY = 400e6
# Ends a run that hangs; a slow one takes less.
GUARD_SECONDS = 550

# An ingest in a separate process, which gets the memory of its largest worker from the system.
INGEST = """
import json, pickle, resource, sys
from acsql.ingest import run
config, limit = pickle.loads(bytes.fromhex(sys.argv[1])), int(sys.argv[2])
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
report = run.ingest(config, run.Options(scheduler="processes", workers=2))
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
print(json.dumps({
    "state": report.state,
    "failures": [[f.filename, f.stage, f.reason] for f in report.failures],
    "observations": report.observations,
    "known_failures": report.known_failures,
    "read": report.filenames,
    "log": report.log.read_text(),
    "peak": peak,
}))
"""

pytestmark = pytest.mark.filterwarnings(
    "ignore::astropy.utils.exceptions.AstropyWarning",
)


@dataclass
class Corpus:
    """Good and damaged files, and the results of ingesting all and the good ones alone.

    `damaged` maps the names of damaged files to what was done to them.
    """

    good: set[str]
    damaged: dict[str, str]
    extensions: dict[str, int]
    first: dict[str, Any]
    second: dict[str, Any]
    documents: dict[str, dict]
    clean: dict[str, dict]


def config_at(folder: Path, filesystem: Path, database_uri: str) -> Config:
    base, _, options = database_uri.partition("?")
    address = f"{base.rpartition('/')[0]}/damage_{folder.name}?{options}"
    return Config(
        filesystem=filesystem,
        data_dir=folder,
        jpeg_dir=folder / "jpegs",
        thumbnail_dir=folder / "thumbnails",
        log_dir=folder / "logs",
        proposals_file=filesystem / "proposals.yaml",
        ncores=2,
        connection_string=address,
    )


def ingest_apart(config: Config) -> dict[str, Any]:
    """Ingest in another process with limited memory; return its report."""
    done = subprocess.run(
        [sys.executable, "-c", INGEST, pickle.dumps(config).hex(), str(ADDRESS_SPACE)],
        capture_output=True,
        text=True,
        timeout=GUARD_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)


def datasets(filesystem: Path, specs: KeywordSpecs) -> list[Path]:
    paths = []
    for path in sorted(filesystem.glob("*/*/*.fits")):
        try:
            name = Filename.parse(path.name)
        except InvalidName:
            continue
        if name.filetype in specs.filetypes:
            paths.append(path)
    return paths


def chosen(paths: list[Path]) -> list[Path]:
    """Return the files to damage: every observation keeps at least one good file."""
    rng = random.Random(SEED)
    folders = sorted({path.parent for path in paths})
    kept = {rng.choice([path for path in paths if path.parent == folder]) for folder in folders}
    return rng.sample(sorted(set(paths) - kept), DAMAGED)


def stored(config: Config, specs: KeywordSpecs) -> dict[str, dict]:
    with Store(config.connection_string, specs) as store:
        documents = {document["_id"]: document for document in store.observations.find()}
        store.client.drop_database(store.database.name)
    return documents


def header_count(path: Path) -> int:
    """Return the number of headers of a good file; a headerlet has more of them in its data."""
    with fits.open(path) as hdus:
        return len(hdus)


@pytest.fixture(scope="module")
def corpus(
    tmp_path_factory: pytest.TempPathFactory, database_uri: str, specs: KeywordSpecs
) -> Iterator[Corpus]:
    """An archive with more damaged than good files, ingested twice; and the good ones alone."""
    folder = tmp_path_factory.mktemp("damage")
    archive, clean = folder / "archive", folder / "clean"
    sample.write(archive, OBSERVATIONS, seed=SEED, frame="small")
    every = datasets(archive, specs)
    extensions = {path.name: header_count(path) for path in every}
    to_damage = chosen(every)
    good = [path for path in every if path not in set(to_damage)]
    for path in good:
        link = clean / path.relative_to(archive)
        link.parent.mkdir(parents=True, exist_ok=True)
        link.hardlink_to(path)
    done = damage.damage_files(to_damage, SEED)
    for path in every:
        os.utime(path, (1_300_000_000, 1_300_000_000), follow_symlinks=False)
    config = config_at(folder / "all", archive, database_uri)
    clean_config = config_at(folder / "good", clean, database_uri)
    report = run.ingest(clean_config, run.Options(scheduler="processes", workers=2))
    assert not report.failures
    first, second = ingest_apart(config), ingest_apart(config)
    yield Corpus(
        {path.name for path in good},
        {path.name: kind for path, kind in done.items()},
        extensions,
        first,
        second,
        stored(config, specs),
        stored(clean_config, specs),
    )


def ingested(corpus: Corpus) -> dict[str, tuple[dict, str]]:
    """Return the document and filetype of every ingested file, by name."""
    return {
        name: (document, filetype)
        for document in corpus.documents.values()
        for filetype, name in document["datasets"].items()
    }


def test_the_run_completes(corpus: Corpus) -> None:
    assert len(corpus.damaged) >= 500
    assert corpus.first["state"] == runs.SUCCEEDED_WITH_FAILURES


def test_no_observation_is_lost(corpus: Corpus) -> None:
    assert corpus.documents.keys() == corpus.clean.keys()
    assert corpus.first["observations"] == {"new": len(corpus.clean)}


def test_good_files_are_ingested_as_without_damaged_ones(
    corpus: Corpus, specs: KeywordSpecs
) -> None:
    files = ingested(corpus)
    assert corpus.good <= files.keys()
    for name in corpus.good:
        document, filetype = files[name]
        alone = corpus.clean[document["_id"]]
        assert document["headers"][filetype] == alone["headers"][filetype], name
        assert document["files"][filetype] == alone["files"][filetype]
        preview, expected = document["previews"].get(filetype), alone["previews"].get(filetype)
        if expected and filetype in specs.thumbnail_fallbacks:
            # It has a thumbnail only if no other file, such as a damaged one, has a better picture.
            others = {**document["previews"], filetype: {**expected, "thumbnail": None}}
            if not lacks_thumbnail(filetype, others, specs):
                expected = {**expected, "thumbnail": None}
        assert preview == expected


def test_every_damaged_file_is_reported_or_ingested(corpus: Corpus) -> None:
    reported = {filename for filename, _, _ in corpus.first["failures"]}
    there = reported | ingested(corpus).keys()
    assert {n: kind for n, kind in corpus.damaged.items() if n not in there} == {}
    assert reported <= corpus.damaged.keys()


def test_missing_extensions_are_reported(corpus: Corpus) -> None:
    log, files = corpus.first["log"], ingested(corpus)
    silent = {}
    for name, kind in corpus.damaged.items():
        document, filetype = files.get(name, (None, None))
        if document is None or kind in damage.PLACES:
            continue
        fewer = len(document["headers"][filetype]) < corpus.extensions[name]
        if fewer and name not in log:
            silent[name] = kind
    assert silent == {}


@pytest.mark.parametrize("word", ["MemoryError", "worker", "OverflowError", "MongoDB"])
def test_no_failure_is_a_lack_of_checks(corpus: Corpus, word: str) -> None:
    """No damaged header exhausts memory or keeps a whole observation from being stored."""
    reasons = [[corpus.damaged[name], reason] for name, _, reason in corpus.first["failures"]]
    assert [entry for entry in reasons if word in entry[1]] == []


def test_memory_is_bounded(corpus: Corpus) -> None:
    assert 0 < corpus.first["peak"] < MOST_MEMORY


def test_a_second_run_skips_known_failures(corpus: Corpus) -> None:
    """Only problems that the scan finds are reported again."""
    of_content = {filename for filename, stage, _ in corpus.first["failures"] if stage != "scan"}
    failed_again = {(stage, filename) for filename, stage, _ in corpus.second["failures"]}
    assert {stage for stage, _ in failed_again} <= {"scan"}
    assert corpus.second["known_failures"] == len(of_content)
    assert corpus.second["read"] == []


def test_every_document_can_be_json_and_bson(corpus: Corpus, specs: KeywordSpecs) -> None:
    for document in corpus.documents.values():
        assert bson.decode(bson.encode(document)).keys() == document.keys()
        json.dumps(export.plain(document), allow_nan=False)
    # Headers of good files are the same as without damage, as another test has it.
    for name, (document, filetype) in ingested(corpus).items():
        if name in corpus.damaged:
            for header in document["headers"][filetype].values():
                json.dumps(export.header_record(header, specs), allow_nan=False)
                list(export.header_lines(to_fits(header, specs)))


def test_every_kind_of_damage_is_tested(corpus: Corpus) -> None:
    kinds = {*damage.CONTENT, *damage.PLACES, *damage.HEAVY, damage.SWAPPED, damage.COMBINED}
    assert kinds <= set(corpus.damaged.values())


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is forbidden to root")
def test_a_file_without_permission_is_reported(corpus: Corpus) -> None:
    (name,) = [n for n, kind in corpus.damaged.items() if kind == damage.FORBIDDEN]
    assert name in {filename for filename, _, _ in corpus.first["failures"]}


NAME = Filename("j8bt05njq", "raw")
# Keywords that describe the structure of a file, and some that an ingest or a preview reads.
STRUCTURAL = (
    *("SIMPLE", "XTENSION", "BITPIX", "NAXIS", "NAXIS1", "NAXIS2", "PCOUNT", "GCOUNT", "EXTEND"),
    *("GROUPS", "TFIELDS", "TFORM1", "EXTNAME", "EXTVER", "CCDCHIP", "BSCALE", "BZERO", "BLANK"),
    *("INSTRUME", "ROOTNAME", "PROPOSID", "NEXTEND", "CONTINUE", "HIERARCH", "END", "D001DATA"),
)
ROUNDS = settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def read(path: Path, content: bytes, specs: KeywordSpecs) -> FileContent | Failure | None:
    """Write a file and read it as an ingest does."""
    path.write_bytes(content)
    return read_at(path, specs)


def read_at(path: Path, specs: KeywordSpecs) -> FileContent | Failure | None:
    folder = path.parent.with_name(f"{path.parent.name}-out")
    config = config_at(folder, path.parent, "mongodb://nowhere/none?")
    file = on_disk.FileOnDisk(NAME, path.name, *on_disk.size_and_mtime(path))
    return read_or_fail(file, specs, config)


def small_file() -> bytes:
    """Return the bytes of a minimal image with every keyword that an ingest reads."""
    primary = fits.PrimaryHDU()
    facts = {"INSTRUME": "ACS", "ROOTNAME": NAME.ipppssoot, "DETECTOR": "HRC", "NEXTEND": 2}
    facts |= {"PROPOSID": 9019, "DATE-OBS": "2002-04-13", "EXPTIME": 60.0, "TARGNAME": "NGC104"}
    primary.header.update(facts)
    primary.header["LONG"] = "a text that goes on and on " * 6
    primary.header["HISTORY"] = "made for a test"
    pixels = np.arange(64, dtype=np.uint16).reshape(8, 8)
    image = fits.ImageHDU(pixels, name="SCI")
    image.header["CCDCHIP"] = 1
    table = fits.BinTableHDU.from_columns([fits.Column("A", "J", array=np.arange(3))])
    content = io.BytesIO()
    fits.HDUList([primary, image, table]).writeto(content)
    return content.getvalue()


SMALL = small_file()


def assert_readable_or_reported(content: FileContent | Failure | None, specs: KeywordSpecs) -> None:
    """Assert that what was read can be stored and shown, or that the failure names the file."""
    if isinstance(content, Failure):
        assert content.filename == str(NAME)
        return
    assert content is not None
    for extension, cards in enumerate(content.headers):
        key = HeaderKey("HRC", NAME.filetype, extension)
        values = type_header(cards, key, specs).values
        assert bson.decode(bson.encode(values)).keys() == values.keys()
        json.dumps(export.header_record(values, specs), allow_nan=False)


def test_the_minimal_file_is_valid(tmp_path: Path, specs: KeywordSpecs) -> None:
    content = read(tmp_path / str(NAME), SMALL, specs)
    assert len(content.headers) == 3
    assert content.has_preview
    assert not content.failures


@ROUNDS
@given(st.lists(st.tuples(st.integers(0, len(SMALL) - 1), st.integers(1, 255)), min_size=1))
def test_flipped_bits_are_read_or_reported(
    tmp_path: Path, specs: KeywordSpecs, flips: list
) -> None:
    content = bytearray(SMALL)
    for at, bits in flips:
        content[at] ^= bits
    assert_readable_or_reported(read(tmp_path / str(NAME), bytes(content), specs), specs)


@ROUNDS
@given(
    st.integers(1, 25),
    st.sampled_from([0, 1, 2]),
    st.text(st.characters(max_codepoint=255), max_size=80)
    | st.builds("{:8}={}".format, st.sampled_from(STRUCTURAL), st.text(max_size=20))
    | st.builds("{:8}= {:>20}".format, st.sampled_from(STRUCTURAL), st.integers() | st.floats()),
)
def test_any_card_is_read_or_reported(
    tmp_path: Path, specs: KeywordSpecs, number: int, header: int, card: str
) -> None:
    start, end = damage.headers(SMALL)[header]
    at = min(start + number * damage.CARD, end)
    image = card.encode("latin-1", "replace").ljust(damage.CARD)[: damage.CARD]
    content = SMALL[:at] + image + SMALL[at + damage.CARD :]
    assert_readable_or_reported(read(tmp_path / str(NAME), content, specs), specs)


@pytest.mark.parametrize(
    ("card", "reason"),
    [
        ("NAXIS   =           2000000000", "NAXIS beyond 999"),
        ("  naxis = +0002000000000", "NAXIS beyond 999"),
        ("HIERARCH NAXIS = 2000000000", "NAXIS beyond 999"),
        ("NAXIS1  =                 -999", "gives its data an impossible position"),
        ("PCOUNT  =                -3008", "data of a negative size"),
        ("GCOUNT  =                  -45", "data of a negative size"),
        # A file system of larger files than this has such a position.
        ("NAXIS2  =     1000000000000000", "impossible position|is truncated"),
    ],
)
@pytest.mark.parametrize("extend", ["T", "F"])
def test_impossible_headers_are_refused(
    tmp_path: Path, specs: KeywordSpecs, card: str, reason: str, extend: str
) -> None:
    rng, (primary, image, _) = random.Random(SEED), damage.headers(SMALL)
    damaged = damage.put_card(SMALL, rng, card, [image])
    damaged = damage.put_card(damaged, rng, f"EXTEND  = {extend:>20}", [primary])
    failure = read(tmp_path / str(NAME), damaged, specs)
    assert isinstance(failure, Failure)
    assert re.search(reason, failure.reason)
    assert failure.stage == "headers"


def test_an_extension_type_without_its_closing_quote_is_read_as_if_it_had_one(
    tmp_path: Path, specs: KeywordSpecs
) -> None:
    image = damage.headers(SMALL)[1]
    damaged = damage.put_card(SMALL, random.Random(SEED), "XTENSION= 'IMAGE", [image])
    assert damaged != SMALL
    content = read(tmp_path / str(NAME), damaged, specs)
    intact = read(tmp_path / str(NAME), SMALL, specs)
    assert isinstance(content, FileContent)
    assert isinstance(intact, FileContent)
    assert content.headers == intact.headers
    assert content.preview == intact.preview
    assert not content.failures


def test_keywords_named_like_fields_of_acsql_do_not_replace_them(specs: KeywordSpecs) -> None:
    cards = [("DNNN", "a"), ("D001DATA", "b"), ("_REPEATED", 1), ("EXPTIME", 2.0), ("EXPTIME", 3.0)]
    assert type_header(cards, None, specs).values == {
        "_repeated": {"dnnn": ["a"], "_repeated": [1], "exptime": [3.0]},
        "exptime": 2.0,
        "dnnn": [{"block": 1, "data": "b"}],
    }


def test_a_preview_larger_than_memory_is_not_rendered(tmp_path: Path, specs: KeywordSpecs) -> None:
    path = tmp_path / str(NAME)
    damage.hole(path)
    content = read_at(path, specs)
    assert len(content.headers) == 2
    (failure,) = content.failures
    assert "60000 x 60000 pixels are too many" in failure.reason
