"""Are observations kept whole, and does a search yield every row once, page by page?"""

import copy
import threading
import time
from contextlib import contextmanager
from datetime import datetime
from functools import cmp_to_key
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from acsql import query
from acsql.errors import DatabaseError, QueryTimeout
from acsql.query import And, Between, Equals, Like, Not, Or
from acsql.query.conditions import Exists, Within
from acsql.store import fields, live_counts, observations, queries, sorting, time_limit
from acsql.store.fields import field_path
from acsql.store.filters import to_filter
from acsql.store.sorting import SortKey

DOCUMENT = {
    "_id": "j8bt05nj",
    "ipppssoot": "j8bt05njq",
    "path": "j8bt/j8bt05njq",
    "visit": "05",
    "detector": "HRC",
    "proposid": 9019,
    "targname": "NGC104",
    "exptime": 60.0,
    "subarray": False,
    "date_obs": datetime(2002, 4, 13),
    "time_obs": "18:16:35",
    "asn_id": None,
    "position": {"type": "Point", "coordinates": [6.02714833, -72.08351111]},
    "datasets": {"raw": "j8bt05njq_raw.fits", "spt": "j8bt05njq_spt.fits"},
    "headers": {
        "raw": {
            "0": {"exptime": 60.0, "history": ["first", "second"]},
            "1": {"goodmean": 5.5},
        },
        "spt": {"0": {}},
    },
    "files": {"raw": {"size": 2_255_040, "path": "j8bt/j8bt05njq/j8bt05njq_raw.fits"}},
    "previews": {"raw": {"jpeg": "9019/j8bt05njq_raw.jpg", "thumbnail": None}},
    "schema_version": 1,
}
EVERYTHING = And()

shared = settings(
    deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture
def filled(store):
    """A database with the document, and another that says hardly anything."""
    observations.replace(store, DOCUMENT)
    observations.replace(store, {"_id": "jcp001010"})
    return store


# --- one observation


def test_a_document_is_kept_as_it_is(filled):
    assert observations.document(filled, "j8bt05nj") == DOCUMENT
    assert observations.document(filled, "jcp001010") == {"_id": "jcp001010"}
    assert observations.document(filled, "jbmma2u2") is None


def test_a_document_is_replaced_whole(filled):
    newer = {"_id": "j8bt05nj", "exptime": 61.0}
    observations.replace(filled, newer)
    observations.replace(filled, newer)
    assert observations.document(filled, "j8bt05nj") == newer
    assert filled.observations.count_documents({}) == 2


def test_replacing_does_not_change_the_document_it_is_given(store):
    document = copy.deepcopy(DOCUMENT)
    observations.replace(store, document)
    assert document == DOCUMENT


def test_a_single_observation_is_served_without_its_headers(filled):
    found = observations.get(filled, "j8bt05nj")
    assert found.rootname == "j8bt05nj"
    assert found.headers == {}
    for name in DOCUMENT.keys() - {"_id", "headers"}:
        assert found[name] == DOCUMENT[name], name
    assert observations.get(filled, "jbmma2u2") is None


def test_what_is_not_known_of_an_observation_is_none(filled):
    found = observations.get(filled, "jcp001010")
    assert found.exptime is None
    assert found.datasets == {}
    assert found.position is None


@pytest.mark.parametrize("others", [{"a_field_of_later": 3}, {"exptime": "N/A"}])
def test_a_document_that_others_wrote_can_be_read(store, others):
    observations.replace(store, {"_id": "j8bt05nj", "targname": "NGC104"} | others)
    found = observations.get(store, "j8bt05nj")
    assert found.targname == "NGC104"
    assert found.exptime == others.get("exptime")


@pytest.mark.parametrize(
    ("filetype", "extension", "expected"),
    [
        ("raw", None, DOCUMENT["headers"]["raw"]),
        ("raw", 0, DOCUMENT["headers"]["raw"]["0"]),
        ("raw", 1, {"goodmean": 5.5}),
        ("spt", 0, {}),
        ("raw", 2, None),
        ("flt", None, None),
        ("flt", 0, None),
    ],
)
def test_headers_are_read_alone(filled, filetype, extension, expected):
    assert observations.headers(filled, "j8bt05nj", filetype, extension) == expected


def test_an_observation_that_is_not_there_has_no_headers(filled):
    assert observations.headers(filled, "jbmma2u2", "raw") is None
    assert observations.headers(filled, "jcp001010", "raw", 0) is None


def test_rootnames_are_found_by_their_beginning(store):
    names = [f"jcp00101{n}" for n in range(10)] + ["jcp0010", "jcp00102", "jcp00200"]
    store.observations.insert_many([{"_id": name} for name in reversed(names)])
    assert observations.rootnames_starting_with(store, "jcp00101") == names[:10]
    assert observations.rootnames_starting_with(store, "jcp00102") == ["jcp00102"]
    assert observations.rootnames_starting_with(store, "jcp0010") == ["jcp0010", *names[:9]]
    assert observations.rootnames_starting_with(store, "x") == []


def test_known_files_are_what_change_detection_compares(filled):
    everything = observations.files_by_rootname(filled)
    assert everything.keys() == {"j8bt05nj", "jcp001010"}
    assert everything["j8bt05nj"]["files"] == DOCUMENT["files"]
    assert "headers" not in everything["j8bt05nj"]
    some = observations.files_by_rootname(filled, ["j8bt05nj", "jbmma2u2"])
    assert some == {"j8bt05nj": everything["j8bt05nj"]}
    assert observations.files_by_rootname(filled, []) == {}


def test_a_document_that_mongodb_does_not_take_is_an_error_and_not_lost(store):
    with pytest.raises(DatabaseError):
        observations.replace(store, {"_id": "j8bt05nj", "position": "x" * 17_000_000})
    store.make_indexes()
    with pytest.raises(DatabaseError):
        observations.replace(store, {"_id": "j8bt05nj", "position": {"type": "Point"}})
    assert live_counts.count(store, EVERYTHING) == 0


# --- values


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("exptime", 60.0),
        ("_id", "j8bt05nj"),
        ("asn_id", None),
        ("no_such", None),
        ("headers.raw.0.exptime", 60.0),
        ("headers.raw.1.goodmean", 5.5),
        ("headers.raw.0.history", ["first", "second"]),
        ("headers.raw.7.exptime", None),
        ("headers.flt.0.exptime", None),
        ("exptime.0", None),
        ("time_obs.0", None),
        ("headers.raw.0.history.0", None),
    ],
)
def test_a_value_is_found_by_its_path(path, expected):
    assert fields.value_at(DOCUMENT, path.split(".")) == expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("headers.drz.0.dnnn.data", ["a", "b", None]),
        ("headers.drz.0.dnnn.dexp", [None, 10.0, None]),
        ("headers.drz.0.dnnn.none", [None, None, None]),
        ("headers.drz.1.dnnn.data", None),
    ],
)
def test_the_values_of_all_blocks_come_as_a_list(path, expected):
    blocks = [{"data": "a"}, {"data": "b", "dexp": 10.0}, {}]
    document = {"headers": {"drz": {"0": {"dnnn": blocks}}}}
    assert fields.value_at(document, path.split(".")) == expected


def test_a_row_has_what_was_asked_for(filled):
    addresses = ["rootname", "exptime", "date_obs", "raw.1.goodmean", "raw.0.history", "previews"]
    assert list(queries.find(filled, Equals("proposid", 9019), addresses)) == [
        {
            "rootname": "j8bt05nj",
            "exptime": 60.0,
            "date_obs": datetime(2002, 4, 13),
            "raw.1.goodmean": 5.5,
            "raw.0.history": ["first", "second"],
            "previews": DOCUMENT["previews"],
            # by which it is sorted
            "expstart": None,
        }
    ]


def test_a_row_has_what_it_is_sorted_by(filled):
    rows = list(queries.find(filled, EVERYTHING, [], [SortKey("exptime")]))
    assert [sorting.cursor_values(row, [SortKey("exptime")]) for row in rows] == [
        [None, None, "jcp001010"],
        [60.0, None, "j8bt05nj"],
    ]


# --- searches


def test_counting(filled):
    assert live_counts.count(filled, EVERYTHING) == 2
    assert live_counts.count(filled, Like("targname", "NGC*")) == 1
    assert live_counts.count(filled, Between("exptime", low=61)) == 0


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["b", "a", "b", None, "", "B"], ["B", "a", "b"]),
        ([2.5, 10, -1, None, 2.5], [-1, 2.5, 10]),
        ([True, False, True], [False, True]),
        (
            [datetime(2002, 1, 2), datetime(2002, 1, 1)],
            [datetime(2002, 1, 1), datetime(2002, 1, 2)],
        ),
        ([60.0, "N/A", datetime(2002, 1, 1), 5.0], [5.0, 60.0, datetime(2002, 1, 1), "N/A"]),
        ([None, ""], []),
        ([], []),
    ],
)
def test_the_values_that_a_keyword_takes(store, values, expected):
    for number, value in enumerate(values):
        observations.replace(store, {"_id": f"j{number:07d}", "exptime": value})
    observations.replace(store, {"_id": "j9999999"})
    assert live_counts.distinct(store, "exptime", EVERYTHING) == expected


def test_the_values_that_a_keyword_takes_where_a_condition_holds(filled):
    assert live_counts.distinct(filled, "raw.1.goodmean", EVERYTHING) == [5.5]
    assert live_counts.distinct(filled, "rootname", EVERYTHING) == ["j8bt05nj", "jcp001010"]
    assert live_counts.distinct(filled, "targname", Equals("proposid", 1)) == []


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("exptime", {1.0: 2, 2.0: 1}),
        ("rootname", {f"j{number:07d}": 1 for number in range(5)}),
        ("drz.0.dnnndata", {"a": 2, "b": 1}),
        ("drz.0.history", {"x": 1}),
        ("raw.0.mixed", {1: 2, "1": 1}),
        ("raw.1.exptime", {}),
    ],
)
def test_values_are_counted_by_observation(store, address, expected):
    blocks = [[{"data": "a"}, {"data": "b"}, {"data": "a"}], [{"data": "a"}, {}], [{"data": ""}]]
    mixed = [1, "1", True, None, ""]
    for number, exptime in enumerate([1.0, 2.0, 1.0, None, ""]):
        headers = {"raw": {"0": {"mixed": mixed[number]}}}
        if number < len(blocks):
            headers["drz"] = {"0": {"dnnn": blocks[number]}}
        if number == 0:
            headers["drz"]["0"]["history"] = ["x", "x"]
        document = {"_id": f"j{number:07d}", "exptime": exptime, "headers": headers}
        observations.replace(store, document)
    assert live_counts.value_counts(store, address, EVERYTHING) == expected
    assert live_counts.value_counts(store, address, Equals("rootname", "j9999999")) == {}


def test_values_of_an_indexed_keyword_are_counted_without_reading_documents(store):
    store.observations.create_index([("detector", 1), ("_id", 1)])
    store.observations.insert_many({"_id": f"j{n:07d}", "detector": "WFC"} for n in range(100))
    with _profiled(store) as profile:
        assert live_counts.value_counts(store, "detector", EVERYTHING) == {"WFC": 100}
    (entry,) = profile
    assert entry["docsExamined"] == 0


@contextmanager
def _profiled(store):
    """Give what the server notes of the queries within."""
    profile = []
    store.database.command("profile", 2)
    try:
        yield profile
    finally:
        store.database.command("profile", 0)
        about = {"ns": store.observations.full_name, "command.aggregate": {"$exists": True}}
        profile += store.database["system.profile"].find(about)


@pytest.mark.parametrize("number", [0, 1, 30])
def test_an_estimate_of_few_is_exact(store, number):
    if number:
        store.observations.insert_many(
            {"_id": f"j{n:07d}", "exptime": float(n % 2)} for n in range(number)
        )
    assert live_counts.estimate(store, EVERYTHING) == number
    assert live_counts.estimate(store, Equals("exptime", 1.0)) == number // 2


def test_an_estimate_of_many_is_near(store):
    store.observations.insert_many(
        ({"_id": f"j{n:07d}", "exptime": float(n % 4)} for n in range(20_000)), ordered=False
    )
    found = live_counts.estimate(store, Equals("exptime", 1.0))
    # A sample of 800: ten standard deviations.
    assert abs(found - 5000) < 10 * 20_000 * (0.25 * 0.75 / 800) ** 0.5
    assert found % (20_000 / 800) == 0


# --- time limits


SLOW = 0.001  # seconds, in which 20,000 documents cannot be read


@pytest.fixture
def many(store):
    store.observations.insert_many(
        (
            {
                "_id": f"j{n:07d}",
                "headers": {"raw": {"0": {"exptime": float(n), "text": "x" * 500}}},
            }
            for n in range(20_000)
        ),
        ordered=False,
    )
    return store


ASKED = And((Between("raw.0.exptime", low=5.0), Like("raw.0.text", "*y*")))
ASK = {
    "count": lambda store, limit: live_counts.count(store, ASKED, limit),
    "is_any": lambda store, limit: queries.any_match(store, ASKED, limit),
    "values": lambda store, limit: live_counts.value_counts(store, "raw.0.text", ASKED, limit),
    "distinct": lambda store, limit: live_counts.distinct(store, "raw.0.text", ASKED, limit),
    "estimate": lambda store, limit: live_counts.estimate(store, ASKED, limit),
    "find": lambda store, limit: list(
        queries.find(store, ASKED, ["raw.0.text"], [SortKey("raw.0.text")], time_limit=limit)
    ),
}


@pytest.mark.parametrize("ask", ASK)
def test_a_search_that_takes_too_long_says_why(many, ask):
    with pytest.raises(QueryTimeout) as caught:
        ASK[ask](many, SLOW)
    for said in ("0.001 seconds", "raw.0.exptime", "raw.0.text", "raise the time limit"):
        assert said in str(caught.value)


@pytest.mark.parametrize("ask", ASK)
def test_without_a_limit_it_takes_its_time(many, ask):
    assert not ASK[ask](many, None)


def test_what_no_index_serves_is_named(store):
    store.observations.create_index([("exptime", 1), ("_id", 1)])
    conditions = And(
        (
            Equals("exptime", 1.0),
            Or((Between("flt.1.goodmean", 1), Not(Exists("targname")))),
            Like("exptime", "*5"),
            Within(1.0, 2.0, 3.0),
        )
    )
    order = [SortKey("aperture")]
    found = time_limit.keywords_without_index(store, conditions, order)
    assert sorted(found) == ["aperture", "exptime=*5", "flt.1.goodmean", "targname"]
    assert (
        time_limit.keywords_without_index(
            store, Equals("rootname", "j8bt05nj"), [SortKey("exptime")]
        )
        == []
    )


# --- pages

MOST = 100  # rows of all pages together
KEYS = ("exptime", "targname", "flt.1.goodmean", "expstart", "rootname")

nullable = {
    "exptime": st.sampled_from([None, -1.0, 0.0, 60.0]),
    "targname": st.sampled_from([None, "", "A", "B", "a"]),
    "goodmean": st.sampled_from([None, 1.0, 2.0]),
    "expstart": st.sampled_from([None, 52000.0, 52001.0, 52002.0]),
}


@st.composite
def documents(draw, prefix: str = "j", max_size: int = 25) -> list[dict[str, Any]]:
    """Draw documents with many ties, nulls, and values that are not there at all."""
    found = []
    for number in range(draw(st.integers(0, max_size))):
        document: dict[str, Any] = {"_id": f"{prefix}{draw(st.integers(0, 99)):02d}{number:05d}"}
        for name in ("exptime", "targname", "expstart"):
            if draw(st.booleans()) or draw(st.booleans()):
                document[name] = draw(nullable[name])
        if draw(st.booleans()):
            document["headers"] = {"flt": {"1": {"goodmean": draw(nullable["goodmean"])}}}
        found.append(document)
    return found


orders = st.lists(
    st.builds(SortKey, st.sampled_from(KEYS), st.booleans()),
    max_size=3,
    unique_by=lambda key: key.address,
)


def in_order(order: list[SortKey]):
    """Return a key that sorts rows as `order` says: null first, upwards, and ties last of all."""

    def compare(one: dict[str, Any], other: dict[str, Any]) -> int:
        for key in order:
            first, second = one[key.address], other[key.address]
            if first != second:
                less = first is None or (second is not None and first < second)
                return (1 if less else -1) if key.descending else (-1 if less else 1)
        return 0

    return cmp_to_key(compare)


def pages(store, condition, order, size, between=lambda: None, most=MOST) -> list[dict[str, Any]]:
    """Return the rows of all pages of a search, doing something between any two of them."""
    rows, after = [], None
    while page := list(queries.find(store, condition, KEYS, order, size, after)):
        assert len(page) <= size
        rows += page
        assert len(rows) <= most, "pages without end"
        after = sorting.cursor_values(page[-1], order)
        between()
    return rows


def put(store, found: list[dict[str, Any]]) -> None:
    """Let these documents be all that there are."""
    store.observations.delete_many({})
    if found:
        store.observations.insert_many(found)


@shared
@given(found=documents(), order=orders, limit=st.integers(0, 30))
def test_rows_come_sorted_and_no_more_than_the_limit(store, found, order, limit):
    put(store, found)
    rows = list(queries.find(store, EVERYTHING, KEYS, order, limit))
    assert len(rows) == (min(limit, len(found)) if limit else len(found))
    assert rows == sorted(rows, key=in_order(order))
    if rows and len(rows) < len(found):
        everything = list(queries.find(store, EVERYTHING, KEYS, order))
        assert rows == everything[: len(rows)]


@shared
@given(found=documents(), order=orders, size=st.integers(1, 7))
def test_all_pages_together_are_all_rows_once(store, found, order, size):
    put(store, found)
    assert pages(store, EVERYTHING, order, size) == list(
        queries.find(store, EVERYTHING, KEYS, order)
    )


@shared
@given(found=documents(), order=orders, size=st.integers(1, 7))
def test_pages_of_a_search_are_the_rows_of_that_search(store, found, order, size):
    put(store, found)
    condition = Between("exptime", low=0.0)
    assert pages(store, condition, order, size) == list(queries.find(store, condition, KEYS, order))


@shared
@given(
    found=documents(),
    later=documents("k", 8),
    order=orders,
    size=st.integers(1, 7),
)
def test_rows_that_come_between_pages_neither_repeat_nor_displace_others(
    store, found, later, order, size
):
    put(store, found)
    before = list(queries.find(store, EVERYTHING, KEYS, order))
    waiting = list(later)
    rows = pages(
        store,
        EVERYTHING,
        order,
        size,
        lambda: waiting and store.observations.insert_one(waiting.pop()),
    )
    seen = [row["rootname"] for row in rows]
    assert len(set(seen)) == len(seen)
    assert [row for row in rows if row["rootname"].startswith("j")] == before
    assert rows == sorted(rows, key=in_order(order))


@shared
@given(found=documents(), order=orders, size=st.integers(1, 7), data=st.data())
def test_rows_that_go_between_pages_displace_no_others(store, found, order, size, data):
    put(store, found)
    before = list(queries.find(store, EVERYTHING, KEYS, order))
    going = data.draw(st.lists(st.sampled_from(found), unique_by=id)) if found else []
    gone = {document["_id"] for document in going}
    rows = pages(
        store,
        EVERYTHING,
        order,
        size,
        lambda: going and store.observations.delete_one({"_id": going.pop()["_id"]}),
    )
    assert [row for row in rows if row["rootname"] not in gone] == [
        row for row in before if row["rootname"] not in gone
    ]


@shared
@given(found=documents(), order=orders)
def test_the_order_is_turned_round_by_turning_every_key_round(store, found, order):
    put(store, found)
    turned = [SortKey(key.address, not key.descending) for key in order]
    if not order:
        turned = [SortKey("expstart", descending=True)]
    forwards = list(queries.find(store, EVERYTHING, KEYS, order))
    assert list(queries.find(store, EVERYTHING, KEYS, turned)) == forwards[::-1]


@pytest.mark.parametrize(
    ("order", "total"),
    [
        ([], ["expstart", "rootname"]),
        (["exptime"], ["exptime", "expstart", "rootname"]),
        (["-exptime"], ["-exptime", "-expstart", "-rootname"]),
        (["exptime", "-targname"], ["exptime", "-targname", "-expstart", "-rootname"]),
        (["-expstart"], ["-expstart", "-rootname"]),
        (["expstart", "-exptime"], ["expstart", "-exptime", "-rootname"]),
        (["rootname"], ["rootname"]),
        (["-rootname", "exptime"], ["-rootname", "exptime"]),
    ],
)
def test_ties_come_by_time_and_then_by_rootname(order, total):
    given = [SortKey(key.removeprefix("-"), key.startswith("-")) for key in order]
    found = sorting.total_order(given)
    assert [("-" if key.descending else "") + key.address for key in found] == total


@settings(shared, max_examples=15)
@given(found=documents(), order=orders, size=st.integers(1, 7))
def test_rows_that_stay_come_once_while_a_writer_is_at_work(store, found, order, size):
    put(store, found)
    staying = {document["_id"] for document in found}
    keys = {key.address for key in order}
    stop, rounds = threading.Event(), []

    def write() -> None:
        """Write others anew with other keys, and those that stay with another value of no key."""
        while not stop.is_set():
            number = len(rounds)
            other = {"exptime": float(number % 5), "expstart": 52000.0 + number % 3}
            observations.replace(store, {"_id": f"k{number % 9:07d}", **other})
            store.observations.delete_one({"_id": f"k{(number + 4) % 9:07d}"})
            if found:
                document = found[number % len(found)]
                observations.replace(store, document | {"aperture": f"A{number}"})
            rounds.append(number)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        # Nobody has to hope that the writer is between two pages: each waits for it.
        rows = pages(store, EVERYTHING, order, size, lambda: _wait_for_more(rounds), most=10_000)
    finally:
        stop.set()
        writer.join()
    seen = [row["rootname"] for row in rows if row["rootname"] in staying]
    assert sorted(seen) == sorted(staying), keys
    assert [row for row in rows if row["rootname"] in staying] == [
        row for row in queries.find(store, EVERYTHING, KEYS, order) if row["rootname"] in staying
    ]


def _wait_for_more(rounds: list[int]) -> None:
    before = len(rounds)
    while len(rounds) == before:
        time.sleep(0)


def explained(store, condition, order, after=None) -> dict[str, Any]:
    """Return what the server does for a page of a search."""
    filter_ = to_filter(condition)
    total = sorting.total_order(order)
    if after is not None:
        filter_ = {"$and": [filter_, sorting.rows_after(total, after)]}
    cursor = store.observations.find(filter_, limit=10)
    cursor.sort([(field_path(key.address), -1 if key.descending else 1) for key in total])
    return cursor.explain()


def stages(plan: dict[str, Any]) -> set[str]:
    inner = [plan[name] for name in ("inputStage",) if name in plan] + plan.get("inputStages", [])
    return {plan["stage"]}.union(*map(stages, inner))


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("condition", [EVERYTHING, Equals("detector", "WFC")])
def test_an_index_serves_every_page_of_an_indexed_sort(store, condition, descending):
    store.observations.create_index([("detector", 1), ("expstart", 1), ("_id", 1)])
    store.observations.insert_many(
        {"_id": f"j{n:07d}", "detector": ["WFC", "HRC", None][n % 3], "expstart": float(n % 50)}
        for n in range(900)
    )
    order = [SortKey("detector", descending)]
    for after in (None, ["WFC", 20.0, "j0000300"], ["WFC", None, "j0000300"]):
        plan = explained(store, condition, order, after)
        assert "SORT" not in stages(plan["queryPlanner"]["winningPlan"]), after
        assert plan["executionStats"]["totalDocsExamined"] <= 10, after


@pytest.mark.parametrize("descending", [False, True])
def test_values_that_do_not_fit_their_type_are_on_a_page_as_well(store, descending):
    values = [1.0, "N/A", 2.0, None, True, datetime(2002, 4, 13), "", 3.0]
    store.observations.insert_many(
        [
            {"_id": f"j{number:07d}", "headers": {"flt": {"1": {"goodmean": value}}}}
            for number, value in enumerate(values)
        ]
    )
    order = [SortKey("flt.1.goodmean", descending)]
    for size in (1, 2, 3):
        assert pages(store, EVERYTHING, order, size) == list(
            queries.find(store, EVERYTHING, KEYS, order)
        )


# --- the usual order


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("everything()", "expstart"),
        ("detector=WFC", "expstart"),
        ("detector=WFC exptime>=100", "exptime"),
        ("date_obs=2002", "date_obs"),
        ("rootname=j8*", "rootname"),
        ("exptime>=100 or exptime<1", "expstart"),
        ("flt.1.goodmean>1", "expstart"),
    ],
)
def test_the_usual_order_is_one_in_which_an_index_finds_and_sorts(specs, text, expected):
    found = sorting.default_order(query.parse(text, specs), specs)
    assert found == [SortKey(expected)]
