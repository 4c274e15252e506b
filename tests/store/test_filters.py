"""Does MongoDB find what a condition says, and never more than that?"""

import random
import re
from datetime import datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from acsql import specs as keyword_specs
from acsql.query import And, AnyOf, Between, Condition, Equals, Like, Not, Or, prepare
from acsql.store import filters, observations

SPECS = keyword_specs.load()
DOCUMENTS = 60
OPERATORS = {
    "$and",
    "$or",
    "$nor",
    "$eq",
    "$in",
    "$gt",
    "$gte",
    "$lt",
    "$lte",
    "$ne",
    "$regex",
}

# Few values of each keyword, so that conditions meet them: texts with everything that means
# something in a pattern, in a regular expression or to MongoDB.
POOL = {
    "rootname": [f"j8bt{visit}n{letter}" for visit in ("01", "02") for letter in "abc"],
    "targname": ["", "NGC104", "NGC-104", "ngc104", "N*", "N?", "N.C", "[a]", "$gt", "^N$", "é+"],
    "exptime": [-1.5, 0.0, 60.0, 60.5, 1e-300, 1e300],
    "proposid": [-1, 0, 9019, 9020, 2**31, 2**63 - 1],
    "subarray": [True, False],
    "date_obs": [datetime(2002, 4, 13), datetime(2002, 4, 14), datetime(1999, 12, 31)],
    "time_obs": ["00:00:00", "18:16:35", "18:16:36", "23:59:59"],
    "last_ingest_date": [datetime(2020, 1, 1), datetime(2020, 1, 1, 12), datetime(1970, 1, 1)],
    "flt.1.goodmean": [-1.0, 0.0, 5.5],
}
TEXTS = ["targname", "time_obs", "rootname"]

# What a test inserts once can be asked for by all its examples.
many = settings(
    deadline=None,
    max_examples=300,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
untimed = settings(deadline=None)

printable = st.characters(min_codepoint=32, max_codepoint=126)
patterns = st.text(st.sampled_from("*?N.G[]a1^$+\\é()-") | printable, max_size=8)


def documents() -> list[dict[str, Any]]:
    """Return documents in which every keyword is now known, now null, now not there."""
    chance = random.Random(1)
    found = []
    for number in range(DOCUMENTS):
        document = {"_id": f"j8bt{number % 7:02d}n{'abc'[number % 3]}{number // 21}"}
        for keyword in (name for name in POOL if name not in ("rootname", "flt.1.goodmean")):
            match chance.randrange(8):
                case 0:
                    pass
                case 1:
                    document[keyword] = None
                case _:
                    document[keyword] = chance.choice(POOL[keyword])
        if chance.random() < 0.7:
            values = {"goodmean": chance.choice([*POOL["flt.1.goodmean"], None])}
            document["headers"] = {"flt": {"1": values}}
        found.append(document)
    return found


@pytest.fixture
def filled(store):
    """A database with the documents."""
    store.observations.insert_many(documents())
    return store


def matches(text: str, pattern: str) -> bool:
    """Whether a text matches a pattern with ``*`` and ``?``, character by character."""
    if not pattern:
        return not text
    if pattern[0] == "*":
        return any(matches(text[start:], pattern[1:]) for start in range(len(text) + 1))
    return bool(text) and pattern[0] in ("?", text[0]) and matches(text[1:], pattern[1:])


def holds(condition: Condition, document: dict[str, Any]) -> bool:
    """Whether a condition holds for a document, by what conditions say of themselves."""
    match condition:
        case Not(inner):
            return not holds(inner, document)
        case And(conditions):
            return all(holds(part, document) for part in conditions)
        case Or(conditions):
            return any(holds(part, document) for part in conditions)
    if condition.keyword == "flt.1.goodmean":
        header = document.get("headers", {"flt": {"1": {}}})["flt"]["1"]
        value = header.get("goodmean")
    else:
        value = document.get("_id" if condition.keyword == "rootname" else condition.keyword)
    if value is None:
        return False
    match condition:
        case Equals(_, wanted):
            return value == wanted
        case AnyOf(_, wanted):
            return value in wanted
        case Between(_, low, high, low_inclusive, high_inclusive):
            above = low is None or value > low or (low_inclusive and value == low)
            below = high is None or value < high or (high_inclusive and value == high)
            return above and below
        case Like(_, pattern):
            return matches(value, pattern)
    raise AssertionError(condition)


@st.composite
def conditions(draw, depth: int = 2) -> Condition:
    """Draw a condition over the pool."""
    if depth and draw(st.integers(0, 2)) == 0:
        inner = conditions(depth - 1)
        some = st.lists(inner, max_size=3).map(tuple)
        return draw(st.one_of(inner.map(Not), some.map(And), some.map(Or)))
    keyword = draw(st.sampled_from(sorted(POOL)))
    values = st.sampled_from(POOL[keyword])
    kinds = [
        st.builds(Equals, st.just(keyword), values),
        st.builds(AnyOf, st.just(keyword), st.lists(values, max_size=3).map(tuple)),
    ]
    if keyword != "subarray":
        ends = st.none() | values
        kinds.append(st.builds(Between, st.just(keyword), ends, ends, st.booleans(), st.booleans()))
    if keyword in TEXTS:
        kinds.append(st.builds(Like, st.just(keyword), patterns))
    return draw(st.one_of(kinds))


@many
@given(condition=conditions())
def test_a_condition_finds_what_it_says(filled, condition):
    prepared = prepare(condition, SPECS)
    found = {row["rootname"] for row in observations.find(filled, prepared, ["rootname"])}
    assert found == {d["_id"] for d in documents() if holds(prepared, d)}
    assert observations.count(filled, prepared) == len(found)


@many
@given(text=st.sampled_from([t for t in POOL["targname"] if t]), data=st.data())
def test_a_text_is_found_by_itself_and_by_every_pattern_made_of_it(filled, text, data):
    place = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(place, len(text)))
    expected = {d["_id"] for d in documents() if d.get("targname") == text}
    assert expected
    for condition in (
        Equals("targname", text),
        Like("targname", f"{text[:place]}*{text[end:]}"),
        Like("targname", "?" * len(text)),
    ):
        found = {row["rootname"] for row in observations.find(filled, condition, ["rootname"])}
        assert expected <= found


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("N*", {"NGC104", "NGC-104", "N*", "N?", "N.C"}),
        ("N?", {"N*", "N?"}),
        ("N.C", {"N.C"}),
        ("*104", {"NGC104", "NGC-104", "ngc104"}),
        ("[a]", {"[a]"}),
        ("^N$", {"^N$"}),
        ("$*", {"$gt"}),
        (".*", set()),
        ("?+", {"é+"}),
        ("", {""}),
        ("**", set(POOL["targname"])),
    ],
)
def test_only_stars_and_question_marks_mean_something(store, pattern, expected):
    store.observations.insert_many(
        [{"_id": f"j{n:07d}", "targname": text} for n, text in enumerate(POOL["targname"])]
    )
    store.observations.insert_many([{"_id": "k0000001", "targname": None}, {"_id": "k0000002"}])
    rows = observations.find(store, Like("targname", pattern), ["targname"])
    assert {row["targname"] for row in rows} == expected


@untimed
@given(st.text(printable, max_size=10), patterns)
def test_a_pattern_is_one_regular_expression(text, pattern):
    assert bool(re.search(filters.like(pattern), text)) == matches(text, pattern)


@untimed
@given(patterns)
def test_a_run_of_stars_is_one(pattern):
    assert filters.like(pattern.replace("*", "***")) == filters.like(re.sub(r"\*+", "*", pattern))


def keys(filter_: Any) -> set[str]:
    """Return all keys in a filter."""
    if isinstance(filter_, dict):
        return set(filter_).union(*(keys(value) for value in filter_.values()))
    if isinstance(filter_, list):
        return set().union(*(keys(value) for value in filter_))
    return set()


hostile = st.sampled_from(["$gt", "$where", '{"$gt": ""}', "$ne", ".*", "(?i)"]) | st.text()


@untimed
@given(
    st.recursive(
        st.one_of(
            st.builds(Equals, st.just("targname"), hostile),
            st.builds(AnyOf, st.just("targname"), st.lists(hostile).map(tuple)),
            st.builds(Between, st.just("targname"), st.none() | hostile, st.none() | hostile),
            st.builds(Like, st.just("targname"), hostile),
        ),
        lambda inner: st.lists(inner, max_size=3).map(tuple).map(And) | inner.map(Not),
        max_leaves=4,
    )
)
def test_no_text_of_a_user_becomes_an_operator(condition):
    assert keys(filters.to_filter(condition)) <= OPERATORS | {"targname"}


@pytest.mark.parametrize("value", [{"$gt": ""}, {"$ne": None}, [{"$gt": ""}]])
def test_a_value_that_was_not_checked_is_compared_and_not_run(filled, value):
    for condition in (Equals("targname", value), Between("targname", low=value)):
        assert observations.count(filled, condition) == 0


def test_everything_meets_no_condition_and_nothing_one_of_none(filled):
    assert observations.count(filled, And()) == DOCUMENTS
    assert observations.count(filled, Or(())) == 0
    assert observations.count(filled, AnyOf("targname", ())) == 0
    assert observations.count(filled, Not(And())) == 0


def test_a_range_without_ends_is_every_known_value(filled):
    known = sum(document.get("exptime") is not None for document in documents())
    assert observations.count(filled, Between("exptime")) == known
    assert observations.count(filled, Not(Between("exptime"))) == DOCUMENTS - known


@pytest.mark.parametrize("what", [None, "exptime=1", {"exptime": 1}, Equals])
def test_what_is_no_condition_is_a_mistake_in_the_program(what):
    with pytest.raises(TypeError, match="is no condition"):
        filters.to_filter(what)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (Equals("drz.0.dnnndexp", 10.0), {"jcp001010", "jcp001020"}),
        (AnyOf("drz.0.dnnndexp", (0.0, 7.0)), {"jcp001010"}),
        (Between("drz.0.dnnndexp", low=11.0), {"jcp001020"}),
        (Not(Between("drz.0.dnnndexp", low=11.0)), {"jcp001010"}),
        (Like("drz.0.dnnndata", "j8bt01*"), {"jcp001010"}),
        (Between("drz.0.dnnndexp", 4.0, 6.0), set()),
        (Between("drz.0.dnnndexp", 4.0, 10.0), {"jcp001010", "jcp001020"}),
    ],
)
def test_a_condition_on_blocks_holds_where_it_holds_for_one(store, condition, expected):
    blocks = {
        "jcp001010": [("j8bt01naq", 0.0), ("j8bt02naq", 10.0)],
        "jcp001020": [("j8bt03naq", 10.0), ("j8bt04naq", 20.0)],
    }
    for rootname, found in blocks.items():
        listed = [{"data": data, "dexp": exptime} for data, exptime in found]
        store.observations.insert_one(
            {"_id": rootname, "headers": {"drz": {"0": {"dnnn": listed}}}}
        )
    rows = observations.find(store, prepare(condition, SPECS), ["rootname"])
    assert {row["rootname"] for row in rows} == expected
