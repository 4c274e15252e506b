"""After any sequence of ingests, changes on disk and kills, what is derived is what it should be.

Everything derived is compared with what the documents of the observations alone give: headerless
copies, columns, counts, values, totals, statistics and summaries.  Where the server has
transactions that is so after each step, killed or not; a standalone server needs the next ingest.
Folds and merges are small, so that each ingest has some.

By default few sequences are tried; with ``ALL_KILLS=1`` more, and a kill before each write.
"""

import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from uuid import uuid4

import expected_summaries as expected
import pytest
from astropy.io import fits
from hypothesis import given, settings
from hypothesis import strategies as st
from killed import ingest_until_write
from private_server import drop

from acsql.config import Config
from acsql.keywords import KeywordSpecs
from acsql.query import And, Equals
from acsql.search import counting
from acsql.store import recorded_files as recorded_files_module
from acsql.store.client import Store
from acsql.store.columns import check
from acsql.store.columns.select import select
from acsql.store.derived import headerless
from acsql.store.recorded_files import recorded_files
from acsql.store.summaries.proposal_summaries import proposal_summaries
from acsql.store.summaries.statistics import statistics
from acsql.store.summaries.totals import totals
from acsql.verify.verification import verify

OBSERVATIONS = 4
EXAMPLES = 60 if "ALL_KILLS" in os.environ else 4
# Commands that change documents, of which an ingest of all of them has some fifty.
MOST_WRITES = 60

some_observation = st.integers(0, OBSERVATIONS - 1)
changes = st.one_of(
    st.tuples(st.just("deliver"), some_observation),
    st.tuples(st.just("reprocess"), some_observation),
    st.tuples(st.just("lose"), some_observation),
    st.tuples(st.just("kill"), st.integers(0, MOST_WRITES)),
    st.tuples(st.just("ingest"), st.just(0)),
)
sequences = st.lists(changes, min_size=3, max_size=8)


@dataclass
class Site:
    """An archive of a few observations, and the database as a site that runs all the time sees it.

    Attributes
    ----------
    source : list of Path
        The folders of the observations.
    """

    config: Config
    settings: Path
    source: list[Path]
    store: Store
    specs: KeywordSpecs

    def __post_init__(self) -> None:
        self._exptimes = count(1000)
        self._totals = totals(self.store, self.specs)
        self._statistics = statistics(self.store, self.specs)
        self._proposals = proposal_summaries(self.store, self.specs.thumbnail_filetypes)
        # An archive without any observation is refused as not mounted.
        self.take("deliver", 0)

    def take(self, step: str, number: int) -> None:
        """Change the disk, or ingest."""
        if step in ("ingest", "kill"):
            ingest_until_write(self.settings, number if step == "kill" else None)
            return
        source = self.source[number]
        folder = self.config.filesystem / source.parent.name / source.name
        raw = folder / f"{source.name}_raw.fits"
        if step == "deliver":
            shutil.copytree(source, folder, dirs_exist_ok=True)
        elif step == "reprocess" and raw.exists():
            fits.setval(raw, "EXPTIME", value=float(next(self._exptimes)))
        elif step == "lose" and number:
            (folder / f"{source.name}_spt.fits").unlink(missing_ok=True)

    def assert_derived_is_right(self) -> None:
        """Compare all that is derived with what the observations alone give."""
        store, specs = self.store, self.specs
        documents = list(store.observations.find().sort("_id", 1))
        copies = list(store.headerless.find().sort("_id", 1))
        assert copies == [headerless.copy(document) for document in documents]
        assert check.differences(store, values=True) == {}
        assert self._totals() == expected.totals(documents, specs.detectors, specs.filetypes)
        summaries = expected.proposals(documents, specs.thumbnail_filetypes)
        assert list(map(_rounded, self._proposals())) == list(map(_rounded, summaries))
        rows = self._statistics()["headers"]
        keys = ("detector", "filetype", "extension")
        headers = {tuple(row[key] for key in keys): row["headers"] for row in rows}
        assert headers == expected.headers(documents)
        self._assert_values_are_right(documents)
        self._assert_files_are_right(documents)

    def _assert_values_are_right(self, documents: list[dict]) -> None:
        """Compare counts, values and rows by a promoted keyword and one of a header."""
        for address, get in (("exptime", _promoted), ("raw.0.exptime", _of_header)):
            values = Counter(value for each in documents if (value := get(each)) is not None)
            selection = select(self.store, And(), [address])
            # Before the first fold there are none.
            assert selection is None or selection.value_counts(address) == values
            for value, number in values.items():
                assert counting.count(self.store, Equals(address, value), None) == number

    def _assert_files_are_right(self, documents: list[dict]) -> None:
        """Compare what an ingest would compare with the files on disk."""
        recorded = recorded_files(self.store)
        files = [file for document in documents for file in document["files"].values()]
        assert sorted(recorded.rootnames) == [document["_id"] for document in documents]
        assert recorded.number_of_files == sum("vanished" not in file for file in files)


def _rounded(summary: dict) -> dict:
    # A sum depends on the order of its terms.
    return summary | {"exptime": round(summary["exptime"], 6)}


def _promoted(document: dict) -> float | None:
    return document.get("exptime")


def _of_header(document: dict) -> float | None:
    return document["headers"].get("raw", {}).get("0", {}).get("exptime")


@pytest.fixture(scope="module")
def source(sample_filesystem: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Folders of observations with a raw and an spt file."""
    root = tmp_path_factory.mktemp("source")
    folders = sorted(path.parent for path in sample_filesystem.glob("*/*/*_raw.fits"))
    for folder in folders[:: len(folders) // OBSERVATIONS][:OBSERVATIONS]:
        (root / folder.parent.name / folder.name).mkdir(parents=True)
        for filetype in ("raw", "spt"):
            name = f"{folder.name}_{filetype}.fits"
            shutil.copy(folder / name, root / folder.parent.name / folder.name / name)
    return sorted(root.glob("*/*"))


@pytest.fixture(scope="module")
def new_site(
    source: list[Path],
    specs: KeywordSpecs,
    write_settings: Callable[[Config, Path], Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> Callable[[str], AbstractContextManager[Site]]:
    """Make a site on a server, which gives it its own database while it is open."""

    @contextmanager
    def make(server: str) -> Iterator[Site]:
        folder = tmp_path_factory.mktemp("site")
        base, _, options = server.partition("?")
        config = Config(
            filesystem=folder / "archive",
            data_dir=folder / "data",
            jpeg_dir=folder / "jpegs",
            thumbnail_dir=folder / "thumbnails",
            log_dir=folder / "logs",
            connection_string=f"{base.rpartition('/')[0]}/{folder.name}_{uuid4().hex}?{options}",
            proposals_file=None,
            ncores=1,
            vanish_limit=100,
        )
        with Store(config.connection_string, specs) as store:
            yield Site(config, write_settings(config, folder), source, store, specs)
            drop(store)

    return make


@pytest.fixture(scope="module")
def short_transactions(database_uri: str, specs: KeywordSpecs) -> Iterator[None]:
    """Let the server end the transaction of a killed process after a second, not after ten."""
    name = "transactionLifetimeLimitSeconds"
    with Store(database_uri, specs) as store:
        admin = store.client.admin
        before = admin.command({"getParameter": 1, name: 1})[name]
        admin.command({"setParameter": 1, name: 1})
        yield
        admin.command({"setParameter": 1, name: before})


@pytest.fixture(scope="module", autouse=True)
def files_from_columns() -> Iterator[None]:
    """Find changed files in columns, as in an archive of more observations."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(recorded_files_module, "_FEW", -1)
        yield


@pytest.mark.usefixtures("short_transactions")
@settings(max_examples=EXAMPLES)
@given(steps=sequences)
def test_derived_is_right_after_each_step(
    new_site: Callable[[str], AbstractContextManager[Site]],
    database_uri: str,
    steps: list[tuple[str, int]],
) -> None:
    with new_site(database_uri) as site:
        for step in (*steps, ("ingest", 0)):
            site.take(*step)
            site.assert_derived_is_right()
        assert verify(site.config).findings == ()


@settings(max_examples=EXAMPLES)
@given(steps=sequences)
def test_derived_is_right_on_a_standalone_server_after_each_whole_ingest(
    new_site: Callable[[str], AbstractContextManager[Site]],
    standalone: str,
    steps: list[tuple[str, int]],
) -> None:
    with new_site(standalone) as site:
        for step in (*steps, ("ingest", 0)):
            site.take(*step)
            if step[0] == "ingest":
                site.assert_derived_is_right()


@pytest.mark.skipif("ALL_KILLS" not in os.environ, reason="two ingests for each of some 60 writes")
@pytest.mark.usefixtures("short_transactions")
def test_derived_is_right_after_a_kill_before_each_write(
    new_site: Callable[[str], AbstractContextManager[Site]], database_uri: str
) -> None:
    killed = True
    for number in count():
        with new_site(database_uri) as site:
            site.take("ingest", 0)
            for observation in range(1, OBSERVATIONS):
                site.take("deliver", observation)
            site.take("reprocess", 0)
            killed = ingest_until_write(site.settings, number)
            site.assert_derived_is_right()
            site.take("ingest", 0)
            site.assert_derived_is_right()
        if not killed:
            break
    print(f"{number} writes")
    assert number > 3 * OBSERVATIONS
