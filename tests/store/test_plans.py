"""The server uses the declared indexes, for every kind of query of the archive.

No index serves, and the time limit ends: conditions on header keywords other than reference files,
on promoted keywords that are not indexed, patterns with a leading wildcard (of an indexed keyword,
all keys are read and only matching documents), and sorting by any of these.  Of conditions and a
sort on several keywords, the server takes the index of one and reads the documents that it finds.
Facets of all observations are counted ahead.
"""

import random
import re
from collections.abc import Iterator
from datetime import datetime

import pytest

import acsql
from acsql import keywords as keyword_specs
from acsql import named_queries
from acsql.config import Config
from acsql.proposals import in_proposal
from acsql.query import And, AnyOf, Between, Covers, Equals, Like, Not, Overlaps, Within
from acsql.store import (
    aggregations,
    change_feed,
    live_counts,
    observations,
    queries,
    sorting,
)
from acsql.store.client import Store
from acsql.store.derived import headerless
from acsql.store.sorting import SortKey
from acsql.store.spellings import with_spellings
from acsql.store.summaries.proposal_summaries import proposal_summary

SPECS = keyword_specs.load()
DOCUMENTS = 3000
PAGE = 10
CHOICES = 10
MIDDLE = 1500  # the number of an observation with values in the middle of all
PROPOSALS = 60
VALUES = {
    "int": lambda n: n,
    "float": float,
    "str": "x{}".format,
    "bool": bool,
    "date": lambda n: datetime(2002, 1 + n, 1),
    "datetime": lambda n: datetime(2002, 1, 1, n),
}
TIE_BREAKERS = ("expstart", "_id")
ORDERED = [n for n in SPECS.indexed if SPECS.top_level[n].type not in ("str", "bool", "time")]
KINDS = [n for n in (*SPECS.facets, "targname") if n in SPECS.indexed]
USUAL = (SortKey("expstart"),)
# The number of bias images with which the observations are calibrated.
BIASES = 100
IN_NO_ASSOCIATION = (None, "", "NONE")


def value(name: str, number: int = 3):
    """Return one of the values that the keyword has in the test's documents."""
    return VALUES[SPECS.top_level[name].type](number)


def index_for(name: str) -> tuple[str, ...]:
    """Return the fields of the index of a keyword."""
    return tuple(dict.fromkeys((name, *TIE_BREAKERS)))


def exposures_of(name: str) -> tuple[str, ...]:
    """Return the fields of the index of exposures of a kind."""
    return (name, "exptime", *TIE_BREAKERS)


def documents() -> Iterator[dict]:
    """Yield documents in which nearly every indexed keyword has one of ten values.

    Each keyword has its own random numbers, so another indexed keyword changes no other value.
    """
    names = (*SPECS.indexed, "bias", "association")
    chances = {name: random.Random(name) for name in names}
    for number in range(DOCUMENTS):
        choices = {name: chances[name].randrange(CHOICES) for name in SPECS.indexed}
        if number == MIDDLE:
            choices = dict.fromkeys(choices, CHOICES // 2)
        indexed = {name: value(name, choice) for name, choice in choices.items()}
        association = chances["association"].choice(IN_NO_ASSOCIATION)
        yield {
            "_id": f"j{number:07d}",
            **indexed,
            "proposid": chances["proposid"].randrange(PROPOSALS),
            "expstart": 52000 + chances["expstart"].random() * 8000,
            "position": {"type": "Point", "coordinates": list(position(number))},
            "footprint": footprint(number),
            **files(number, chances["bias"].randrange(BIASES)),
        } | ({"asn_id": association} if number % CHOICES == 3 else {})


def position(number: int) -> tuple[float, float]:
    """Return longitude and latitude of an observation in degrees."""
    return number * 0.06 - 180, (number % 160) - 80


def footprint(number: int) -> dict:
    """Return the footprint of an observation, a square of 3 arcmin."""
    ra, dec = position(number)
    square = [[ra, dec], [ra + 0.05, dec], [ra + 0.05, dec + 0.05], [ra, dec + 0.05], [ra, dec]]
    return {"type": "Polygon", "coordinates": [square]}


def files(number: int, bias: int) -> dict:
    """Return what a document has of its files; one in two has been calibrated."""
    filetypes = ["raw", "flt"][: 1 + number % 2]
    primary = {"biasfile": f"jref$x{bias:02d}_bia.fits", "idctab": "N/A"}
    science = {"extname": "SCI", "extver": 1, "goodmean": 5.5}
    return {
        "datasets": {name: f"j{number:07d}q_{name}.fits" for name in filetypes},
        "headers": {name: {"0": primary, "1": science} for name in filetypes},
    }


@pytest.fixture(scope="module", params=["observations", "headerless"])
def filled(database_uri, request):
    """A database with its indexes and 3000 documents, of which one collection is searched."""
    server, _, options = database_uri.partition("?")
    with Store(f"{server.rpartition('/')[0]}/test_plans_{request.param}?{options}", SPECS) as store:
        store.make_indexes()
        store.observations.insert_many(documents())
        if request.param == "headerless":
            headerless.make_all(store)
        yield store
        store.client.drop_database(store.database.name)


def profiled(store, run) -> list[dict]:
    """Run queries, and return the profile that the server records of each."""
    store.database.command("profile", 2)
    try:
        run()
    finally:
        store.database.command("profile", 0)
    collections = (store.observations, store.headerless)
    recorded = {
        "op": {"$in": ["query", "command", "getmore"]},
        "ns": {"$in": [collection.full_name for collection in collections]},
    }
    entries = list(store.database["system.profile"].find(recorded))
    store.database["system.profile"].drop()
    return entries


def found(store, condition, order=USUAL, after=None, limit=PAGE) -> dict:
    """Find a page, and return its profile; no plan reads all documents."""
    rows = []
    condition = with_spellings(condition, store)
    where = (["rootname"], order, limit, after)
    (entry,) = profiled(store, lambda: rows.extend(queries.find(store, condition, *where)))
    assert entry["nreturned"] == len(rows) > 0
    assert "COLLSCAN" not in entry["planSummary"]
    return entry


def indexes_of(entry: dict) -> set[tuple[str, ...]]:
    """Return the fields of the indexes that the server used."""
    summaries = re.findall(r"(?:IXSCAN|COUNT_SCAN|DISTINCT_SCAN) \{ (.*?) \}", entry["planSummary"])
    taken = {tuple(re.findall(r'"?([\w$.]+)"?: ', fields)) for fields in summaries}
    # The server reports a look-up by the key of the collection like this.
    return taken | ({("_id",)} if entry["planSummary"] == "IDHACK" else set())


def row(store) -> dict:
    """Return an observation with others before and after it in every order."""
    key = f"j{MIDDLE:07d}"
    return store.observations.find_one({"_id": key}) | {"rootname": key}


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("name", SPECS.indexed)
def test_an_equality_in_order_of_time_is_not_sorted(filled, name, descending):
    wanted = row(filled)[name]
    entry = found(filled, Equals(name, wanted), [SortKey("expstart", descending)])
    assert indexes_of(entry) == {index_for(name)}
    assert not entry.get("hasSortStage")
    assert entry["docsExamined"] <= PAGE


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("name", SPECS.indexed)
def test_all_observations_by_an_indexed_keyword_are_not_sorted(filled, name, descending):
    entry = found(filled, And(), [SortKey(name, descending)])
    assert indexes_of(entry) == {index_for(name)}
    assert not entry.get("hasSortStage")
    assert entry["keysExamined"] <= PAGE


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("name", ORDERED)
def test_a_range_by_its_own_keyword_is_not_sorted(filled, name, descending):
    low = row(filled)["expstart"] if name == "expstart" else value(name)
    entry = found(filled, Between(name, low=low), [SortKey(name, descending)])
    assert indexes_of(entry) == {index_for(name)}
    assert not entry.get("hasSortStage")
    assert entry["docsExamined"] <= PAGE


@pytest.mark.parametrize("name", [name for name in ORDERED if name != "expstart"])
def test_a_range_in_order_of_time_reads_the_documents_of_an_index(filled, name):
    entry = found(filled, Between(name, value(name, 2), value(name, 4)))
    assert indexes_of(entry) <= {index_for(name), index_for("expstart")}
    assert entry["docsExamined"] < DOCUMENTS / 10


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("name", SPECS.indexed)
def test_a_later_page_of_all_observations_is_not_sorted(filled, name, descending):
    order = [SortKey(name, descending)]
    entry = found(filled, And(), order, sorting.cursor_values(row(filled), order))
    assert indexes_of(entry) == {index_for(name)}
    assert not entry.get("hasSortStage")
    assert entry["docsExamined"] <= 4 * PAGE


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("name", [name for name in SPECS.indexed if name != "expstart"])
def test_a_later_page_of_an_equality_is_not_sorted(filled, name, descending):
    last, order = row(filled), [SortKey("expstart", descending)]
    entry = found(filled, Equals(name, last[name]), order, sorting.cursor_values(last, order))
    assert indexes_of(entry) == {index_for(name)}
    assert not entry.get("hasSortStage")
    assert entry["docsExamined"] <= 4 * PAGE


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("name", ["visit", "targname", "proposid", "filter1"])
def test_a_later_page_of_a_list_is_not_sorted(filled, name, descending):
    last, order = row(filled), [SortKey("expstart", descending)]
    values = (last[name], *(value(name, number) for number in (1, 2)))
    entry = found(filled, AnyOf(name, values), order, sorting.cursor_values(last, order))
    assert indexes_of(entry) <= {index_for(name), index_for("expstart")}
    assert not entry.get("hasSortStage")
    assert entry["docsExamined"] <= 4 * PAGE


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("by", ["expstart", "exptime"])
def test_pages_and_neighbours_in_a_proposal_are_not_sorted(filled, by, after, descending):
    last, order = row(filled), [SortKey(by, descending)]
    mark = sorting.cursor_values(last, order) if after else None
    entry = found(filled, in_proposal(last["proposid"]), order, mark, 1 if after else PAGE)
    in_order = {tuple(dict.fromkeys((*name, by, *TIE_BREAKERS))) for name in (["proposid"], [])}
    assert indexes_of(entry) <= in_order
    assert not entry.get("hasSortStage")
    assert entry["docsExamined"] <= 4 * PAGE


def test_observations_without_proposal_are_found_by_an_index(filled):
    lacking = {"_id": "j9999999", "expstart": 52000.0, "proposid": None}
    collection = headerless.copies_if_made(filled)
    collection.insert_one(lacking)
    entry = found(filled, in_proposal(None), limit=0)
    collection.delete_one({"_id": lacking["_id"]})
    assert all(index[0] == "proposid" for index in indexes_of(entry))
    assert entry["docsExamined"] <= 1


@pytest.mark.parametrize("name", ["targname", "pr_inv_l", "aperture"])
def test_a_prefix_is_found_by_an_index(filled, name):
    entry = found(filled, Like(name, "x3*"))
    assert indexes_of(entry) <= {index_for(name), index_for("expstart")}


def test_rootnames_and_their_prefixes_are_found_by_the_key(filled):
    names = ("j0000001", "j0000002")
    assert indexes_of(found(filled, AnyOf("rootname", names))) == {("_id",)}
    assert indexes_of(found(filled, Like("rootname", "j000010*"))) == {("_id",)}
    (entry,) = profiled(filled, lambda: observations.rootnames_starting_with(filled, "j000010"))
    assert indexes_of(entry) == {("_id",)}


def test_two_conditions_use_the_index_of_one(filled):
    wanted = row(filled)
    names = ("detector", "filter1")
    entry = found(filled, And(tuple(Equals(name, wanted[name]) for name in names)))
    assert indexes_of(entry) <= {index_for(name) for name in names}
    assert not entry.get("hasSortStage")


@pytest.mark.parametrize(
    ("condition", "index"),
    [
        (Within(6.0, -72.0, 5.0), "position"),
        (Covers(270.02, -19.98), "footprint"),
        (Overlaps("j0001500", footprint(1500)), "footprint"),
    ],
)
def test_conditions_on_the_sky_use_its_indexes(filled, condition, index):
    entry = found(filled, condition)
    assert index in entry["planSummary"]
    assert entry["docsExamined"] < DOCUMENTS / 10


@pytest.mark.parametrize("name", SPECS.indexed)
def test_counting_reads_no_documents(filled, name):
    condition = with_spellings(Equals(name, row(filled)[name]), filled)
    (entry,) = profiled(filled, lambda: live_counts.count(filled, condition))
    assert indexes_of(entry) == {index_for(name)}
    assert entry["docsExamined"] == 0


@pytest.mark.parametrize("name", SPECS.indexed)
def test_distinct_values_of_an_indexed_keyword_are_read_from_its_index(filled, name):
    entries = profiled(filled, lambda: live_counts.distinct(filled, name, And()))
    assert all(index[0] == name for entry in entries for index in indexes_of(entry))
    assert sum(entry["docsExamined"] for entry in entries) == 0


def test_every_declared_index_is_used(filled):
    wanted = row(filled)
    pages = [found(filled, And(), [SortKey(name)]) for name in SPECS.indexed]
    pages.append(found(filled, Equals("proposid", wanted["proposid"]), [SortKey("exptime")]))
    used = {index for entry in pages for index in indexes_of(entry)}
    collection = headerless.copies_if_made(filled)
    declared = {
        tuple(index["key"])
        for index in collection.list_indexes()
        if index["name"] != "_id_" and "2dsphere" not in index["key"].values()
    }
    # Indexes of named queries, and of exposures of a kind, have tests below.
    of_copies = {("type_mismatches",), *map(exposures_of, KINDS)}
    others = {("$**",)} if collection == filled.observations else of_copies
    assert declared - used == {("_id", "datasets"), *others}
    assert used <= declared
    assert len(collection.index_information()) <= 64


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("name", KINDS)
def test_exposures_of_a_kind_and_an_exposure_time_are_read_from_an_index(filled, name, descending):
    parts = (Equals(name, row(filled)[name]), Between("exptime", value("exptime", 4)))
    entry = found(filled, And(parts), [SortKey("exptime", descending)])
    if headerless.copies_if_made(filled) == filled.headerless:
        assert indexes_of(entry) == {exposures_of(name)}
        assert not entry.get("hasSortStage")
        assert entry["docsExamined"] <= PAGE


def test_a_negation_reads_no_more_than_a_page(filled):
    entry = found(filled, Not(Equals("detector", "x3")))
    assert entry["docsExamined"] <= 4 * PAGE
    assert not entry.get("hasSortStage")


@pytest.mark.parametrize("name", SPECS.indexed)
def test_value_counts_of_an_indexed_keyword_are_read_from_its_index(filled, name):
    entries = profiled(filled, lambda: live_counts.value_counts(filled, name, And()))
    assert {index[0] for entry in entries for index in indexes_of(entry)} == {name}
    assert sum(entry["docsExamined"] for entry in entries) == 0


def among(condition) -> dict:
    """Return what counts values among the observations that meet a condition."""
    year = {"detector": "str", "date_obs": "date"}
    return {
        "values": lambda store: live_counts.value_counts(store, "detector", condition),
        "distinct": lambda store: live_counts.distinct(store, "detector", condition),
        "facets": lambda store: list(aggregations.facet_rows(store, year, condition, None)),
        "any": lambda store: queries.any_match(store, condition),
        "count": lambda store: live_counts.count(store, condition),
        "sample": lambda store: queries.sample(store, condition, ["exptime"], PAGE),
    }


@pytest.mark.parametrize("kind", among(And()))
def test_counting_with_a_condition_reads_the_documents_of_its_index_only(filled, kind):
    condition = Equals("targname", row(filled)["targname"])
    condition = with_spellings(condition, filled)
    entries = profiled(filled, lambda: among(condition)[kind](filled))
    assert {index[0] for entry in entries for index in indexes_of(entry)} == {"targname"}
    number = live_counts.count(filled, condition)
    assert sum(entry["docsExamined"] for entry in entries) <= number < DOCUMENTS / 5


def test_a_proposal_summary_reads_the_observations_of_the_proposal_only(filled):
    (entry,) = profiled(filled, lambda: proposal_summary(filled, ("flt",), 7))
    assert {index[0] for index in indexes_of(entry)} == {"proposid"}
    assert entry["docsExamined"] == filled.headerless.count_documents({"proposid": 7})


def test_observations_ingested_since_a_moment_are_found_by_an_index(filled):
    seen, moment = [], value("last_ingest_date", CHOICES - 1)
    entries = profiled(filled, lambda: seen.extend(change_feed.ingested_since(filled, moment)))
    assert {index[0] for entry in entries for index in indexes_of(entry)} == {"last_ingest_date"}
    assert not [entry for entry in entries if entry.get("hasSortStage")]
    assert sum(entry["docsExamined"] for entry in entries) == len(seen) > 0


@pytest.fixture(scope="module")
def archive(filled, tmp_path_factory):
    """The archive of the documents, without counts made ahead."""
    folder = tmp_path_factory.mktemp("plans")
    places = ("filesystem", "data_dir", "jpeg_dir", "thumbnail_dir", "log_dir", "proposals_file")
    config = Config(
        **{place: folder / place for place in places},
        ncores=1,
        connection_string=filled.connection_string,
    )
    with acsql.connect(config) as opened:
        yield opened


# Arguments of each, the index that serves it, and the documents that it may read for each
# observation found.  filter_distribution is missing: it is counted ahead, and while that is stale
# (during an ingest) it reads the observations of the detector.
NAMED_QUERIES = {
    "all_filenames": ((), ("_id", "datasets"), 0),
    "filenames_in_date_range": (("2002-03", "2002-04"), index_for("date_obs"), 1),
    "filenames_for_calibration": (("BIASFILE", "jref$x07_bia.fits"), "biasfile", 1),
    "filters_for_rootname": (("j0001500",), ("_id",), 2),
    "goodmean_for_dataset": (("j0001500",), ("_id",), 2),
    "non_asn_rootnames": ((), index_for("asn_id"), 1),
    "rootnames_for_target": (("x3*",), index_for("targname"), 1),
    "rootnames_with_postflash": ((), index_for("flashdur"), 1),
}
# One observation, or the files with a reference file: no index both finds and sorts them.
SORTED_AFTERWARDS = ("filters_for_rootname", "goodmean_for_dataset", "filenames_for_calibration")


def test_the_plan_of_every_named_query_is_tested():
    assert {*NAMED_QUERIES, "filter_distribution"} == named_queries.QUERIES.keys()


@pytest.mark.parametrize("name", NAMED_QUERIES)
def test_a_named_query_reads_only_what_it_returns(archive, name):
    arguments, index, reads = NAMED_QUERIES[name]
    found = []
    result = named_queries.QUERIES[name].query(archive, *arguments)
    with archive.one_moment():
        list(result.rows())  # looks the spellings of its texts up, once in the block
        entries = profiled(archive.store, lambda: found.extend(result.rows()))
    assert len(found) > 0
    taken = {index for entry in entries for index in indexes_of(entry)}
    if index == "biasfile":
        assert taken == {("$_path", path) for path in paths(index)}
    else:
        assert taken == {index}
    number = archive.count(result.condition)
    assert sum(entry["docsExamined"] for entry in entries) <= reads * number
    # A prefix takes one key more, and an observation is looked up first.
    assert sum(entry["keysExamined"] for entry in entries) <= 2 * number + 1
    sorts = [entry for entry in entries if entry.get("hasSortStage")]
    assert not sorts or name in SORTED_AFTERWARDS


def paths(name: str) -> list[str]:
    """Return the paths of a keyword in primary headers."""
    return [
        f"headers.{ft}.{number}.{name}" for ft, number in SPECS.headers_with(name) if number == 0
    ]


@pytest.mark.parametrize("pattern", ["jref$x0*", "jref$x?7*", "*7_bia.fits"])
def test_a_pattern_of_a_reference_file_reads_matching_documents_only(archive, pattern):
    result = named_queries.filenames_for_calibration.query(archive, "BIASFILE", pattern)
    entries = profiled(archive.store, lambda: list(result.rows()))
    assert {i for entry in entries for i in indexes_of(entry)} == {
        ("$_path", path) for path in paths("biasfile")
    }
    number = archive.count(result.condition)
    assert sum(entry["docsExamined"] for entry in entries) == number < DOCUMENTS / 5


@pytest.mark.parametrize("name", SPECS.reference_files)
def test_every_keyword_of_a_reference_file_has_an_index(archive, name):
    result = named_queries.filenames_for_calibration.query(archive, name, "jref$x07_bia.fits")
    (entry,) = profiled(archive.store, lambda: list(result.rows()))
    assert indexes_of(entry) == {("$_path", path) for path in paths(name)}
    assert entry["docsExamined"] == live_counts.count(archive.store, result.condition)
