"""A filter finds exactly the documents that meet its condition."""

import math
import operator
import random
import re
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from typing import Any

import numpy as np
import pytest
from astropy import units
from astropy.coordinates import SkyCoord, angular_separation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from acsql import keywords as keyword_specs
from acsql.query import (
    And,
    AnyOf,
    Between,
    Condition,
    Covers,
    Equals,
    Exists,
    Like,
    Not,
    Or,
    Overlaps,
    Within,
    prepare,
)
from acsql.query.texts import Exact, stated_number
from acsql.store import filters, live_counts, queries
from acsql.store.spellings import with_spellings

SPECS = keyword_specs.load()
DOCUMENTS = 200
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
    "$options",
    "$nin",
    "$not",
}

# Few values of each keyword, so that conditions meet them: texts with everything that means
# something in a pattern, in a regular expression or to MongoDB.
POOL = {
    "rootname": [
        f"j0{n}t{visit}n{letter}" for n in "12" for visit in ("01", "02") for letter in "abc"
    ],
    "targname": ["", "NGC104", "NGC-104", "ngc104", "N*", "N?", "N.C", "[a]", "$gt", "^N$", "é+"],
    "exptime": [-1.5, 0.0, 60.0, 60.5, 1e-300, 1e300],
    "proposid": [-1, 0, 9019, 9020, 2**31, 2**63 - 1],
    "subarray": [True, False],
    "date_obs": [datetime(2002, 4, 13), datetime(2002, 4, 14), datetime(1999, 12, 31)],
    "time_obs": ["00:00:00", "18:16:35", "18:16:36", "23:59:59"],
    "last_ingest_date": [datetime(2020, 1, 1), datetime(2020, 1, 1, 12), datetime(1970, 1, 1)],
    "flt.1.goodmean": [-1.0, 0.0, 5.5],
    # Text by its spec, of which files also hold numbers.
    "flt.1.radesys": ["", "IDC", "idc", "0.5", "5e-1", 0.5, 7, -2.5],
    "drz.0.dnnndata": ["", "j8bt01naq_flt", "j8bt02naq_flt"],
    "flt.0.history": ["", "CALACS", "BIASCORR complete ...", "  reference table N*"],
}
TEXTS = ["flt.1.radesys", "targname", "time_obs", "rootname", "drz.0.dnnndata", "flt.0.history"]

# The documents of a test are inserted once for all its examples.
many = settings(
    deadline=None,
    max_examples=200,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
untimed = settings(deadline=None)

printable = st.characters(min_codepoint=32, max_codepoint=126)
patterns = st.text(st.sampled_from("*?N.G[]a1^$+\\é()-") | printable, max_size=8)


@cache
def documents() -> list[dict[str, Any]]:
    """Return documents in which every keyword is now known, now null, now not there."""
    chance = random.Random(1)
    found = []
    for number in range(DOCUMENTS):
        document = {"_id": f"j{number // 21:02d}t{number % 7:02d}n{'abc'[number % 3]}"}
        for keyword in (name for name in POOL if name != "rootname" and "." not in name):
            match chance.randrange(8):
                case 0:
                    pass
                case 1:
                    document[keyword] = None
                case _:
                    document[keyword] = chance.choice(POOL[keyword])
        if chance.random() < 0.7:
            header = {
                name: chance.choice([*POOL[f"flt.1.{name}"], None])
                for name in ("goodmean", "radesys")
            }
            document["headers"] = {"flt": {"1": header}}
        if chance.random() < 0.7:
            names = [chance.choice([*POOL["drz.0.dnnndata"], None]) for _ in range(2)]
            blocks = [{"data": name} if chance.random() < 0.8 else {} for name in names]
            document.setdefault("headers", {})["drz"] = {"0": {"dnnn": blocks}}
        if chance.random() < 0.7:
            lines = chance.choices(POOL["flt.0.history"], k=chance.randrange(1, 4))
            headers = document.setdefault("headers", {})
            headers.setdefault("flt", {})["0"] = {"history": lines}
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


def alike(text: Any, pattern: str) -> bool:
    """Whether a value matches a pattern, in any case unless that is exact."""
    if not isinstance(text, str):
        return False
    return matches(text, pattern) if isinstance(pattern, Exact) else matches(*folded(text, pattern))


def folded(*texts: str) -> list[str]:
    """Return texts with the letters of ASCII in lower case."""
    return [text.encode().lower().decode() for text in texts]


def equal(value: Any, wanted: Any) -> bool:
    """Whether a value equals the value of a condition."""
    if isinstance(wanted, Exact):
        return isinstance(value, str) and str(wanted) == value
    if isinstance(wanted, str) and not isinstance(value, str):
        return value == stated_number(wanted)
    if isinstance(wanted, str):
        return operator.eq(*folded(value, wanted))
    return value == wanted


def ordered(value: Any, end: Any, others: tuple[Any, ...]) -> Any:
    """Return the end of a range as a value compares with it, None if it does not."""
    if isinstance(end, str) and not isinstance(value, str):
        numbers = [stated_number(other) for other in others if other is not None]
        return None if None in numbers else stated_number(end)
    if isinstance(value, str) != isinstance(end, str):
        return None
    return str(end) if isinstance(end, str) else end


def holds(condition: Condition, document: dict[str, Any]) -> bool:
    """Whether a condition holds for a document, by what conditions say of themselves."""
    match condition:
        case Not(inner):
            return not holds(inner, document)
        case And(conditions):
            return all(holds(part, document) for part in conditions)
        case Or(conditions):
            return any(holds(part, document) for part in conditions)
    return any(holds_for(condition, value) for value in values(document, condition.keyword))


def values(document: dict[str, Any], keyword: str) -> list[Any]:
    """Return the values of a keyword in a document: at most one, but of blocks and lines many."""
    headers = document.get("headers", {})
    match keyword:
        case "flt.1.goodmean":
            return [headers.get("flt", {}).get("1", {}).get("goodmean")]
        case "flt.0.history":
            return headers.get("flt", {}).get("0", {}).get("history", [])
        case "drz.0.dnnndata":
            blocks = headers.get("drz", {"0": {"dnnn": []}})["0"]["dnnn"]
            return [block.get("data") for block in blocks]
    if keyword == "flt.1.radesys":
        return [headers.get("flt", {}).get("1", {}).get("radesys")]
    return [document.get("_id" if keyword == "rootname" else keyword)]


def holds_for(condition: Condition, value: Any) -> bool:
    """Whether a condition on a keyword holds for a value."""
    if value is None:
        return False
    match condition:
        case Equals(_, wanted):
            return equal(value, wanted)
        case AnyOf(_, wanted):
            return any(equal(value, each) for each in wanted)
        case Between(_, None, None):
            return value != ""
        case Between(_, low, high, low_inclusive, high_inclusive):
            ends = [None if e is None else ordered(value, e, (low, high)) for e in (low, high)]
            if (ends[0] is None) != (low is None) or (ends[1] is None) != (high is None):
                return False
            low, high = ends
            above = low is None or value > low or (low_inclusive and value == low)
            below = high is None or value < high or (high_inclusive and value == high)
            return above and below
        case Like(keyword, pattern):
            return alike(value, str(pattern) if keyword == "rootname" else pattern)
        case Exists():
            return value != ""
    raise AssertionError(condition)


in_any_case = patterns.flatmap(lambda text: st.sampled_from([text + "*", Exact(text + "*")]))


@cache
def about(keyword: str) -> st.SearchStrategy[Condition]:
    """Return the conditions on a keyword of the pool."""
    values = st.sampled_from(POOL[keyword])
    if keyword in TEXTS and keyword not in ("rootname", "time_obs"):
        texts = [each for each in POOL[keyword] if isinstance(each, str)]
        values = st.sampled_from([*texts, *map(str.swapcase, texts), *map(Exact, texts)])
    kinds = [
        st.builds(Equals, st.just(keyword), values),
        st.builds(AnyOf, st.just(keyword), st.lists(values, max_size=3).map(tuple)),
        st.just(Exists(keyword)),
    ]
    if keyword != "subarray":
        ends = st.none() | values
        kinds.append(st.builds(Between, st.just(keyword), ends, ends, st.booleans(), st.booleans()))
    if keyword in TEXTS:
        kinds.append(st.builds(Like, st.just(keyword), in_any_case))
    return st.one_of(kinds)


def combined(inner: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
    """Return negations and combinations of conditions."""
    some = st.lists(inner, max_size=3).map(tuple)
    return st.one_of(inner.map(Not), some.map(And), some.map(Or))


# Made once: to make strategies for each example took most of the time of the test.
conditions = st.recursive(st.sampled_from(sorted(POOL)).flatmap(about), combined, max_leaves=6)


@settings(many, max_examples=1000)
@given(condition=conditions, looked_up=st.booleans())
def test_a_filter_finds_the_documents_that_meet_the_condition(filled, condition, looked_up):
    prepared = prepare(condition, SPECS)
    if looked_up:
        prepared = with_spellings(prepared, filled)
    found = {d["_id"] for d in filled.observations.find(filters.to_filter(prepared), {"_id": 1})}
    assert found == {d["_id"] for d in documents() if holds(condition, d)}


@many
@given(text=st.sampled_from([t for t in POOL["targname"] if t]), data=st.data())
def test_a_text_matches_itself_and_patterns_made_from_it(filled, text, data):
    place = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(place, len(text)))
    expected = {d["_id"] for d in documents() if d.get("targname") == text}
    assert expected
    for condition in (
        Equals("targname", text),
        Like("targname", f"{text[:place]}*{text[end:]}"),
        Like("targname", "?" * len(text)),
    ):
        found = {row["rootname"] for row in queries.find(filled, condition, ["rootname"])}
        assert expected <= found


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("N*", {"NGC104", "NGC-104", "ngc104", "N*", "N?", "N.C"}),
        (Exact("N*"), {"NGC104", "NGC-104", "N*", "N?", "N.C"}),
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
def test_only_stars_and_question_marks_are_wildcards(store, pattern, expected):
    store.observations.insert_many(
        [{"_id": f"j{n:07d}", "targname": text} for n, text in enumerate(POOL["targname"])]
    )
    store.observations.insert_many([{"_id": "k0000001", "targname": None}, {"_id": "k0000002"}])
    rows = queries.find(store, Like("targname", pattern), ["targname"])
    assert {row["targname"] for row in rows} == expected


@untimed
@given(st.text(printable, max_size=10), patterns)
def test_a_pattern_is_one_regular_expression(text, pattern):
    assert bool(re.search(filters.like(pattern), text)) == alike(text, pattern)
    exact = Exact(pattern)
    assert bool(re.search(filters.like(exact), text)) == alike(text, exact)


@untimed
@given(patterns)
def test_several_stars_are_one_wildcard(pattern):
    assert filters.like(pattern.replace("*", "***")) == filters.like(re.sub(r"\*+", "*", pattern))


def keys(filter_: Any) -> set[str]:
    """Return all keys in a filter."""
    if isinstance(filter_, dict):
        return set(filter_).union(*(keys(value) for value in filter_.values()))
    if isinstance(filter_, list):
        return set().union(*(keys(value) for value in filter_))
    return set()


operators = st.sampled_from(["$gt", "$where", '{"$gt": ""}', "$ne", ".*", "(?i)"]) | st.text()


@untimed
@given(
    st.recursive(
        st.one_of(
            st.builds(Equals, st.just("targname"), operators),
            st.builds(AnyOf, st.just("targname"), st.lists(operators).map(tuple)),
            st.builds(Between, st.just("targname"), st.none() | operators, st.none() | operators),
            st.builds(Like, st.just("targname"), operators),
        ),
        lambda inner: st.lists(inner, max_size=3).map(tuple).map(And) | inner.map(Not),
        max_leaves=4,
    )
)
def test_user_input_never_becomes_an_operator(condition):
    assert keys(filters.to_filter(condition)) <= OPERATORS | {"targname"}


@pytest.mark.parametrize("value", [{"$gt": ""}, {"$ne": None}, [{"$gt": ""}]])
def test_an_unchecked_value_is_compared_not_evaluated(filled, value):
    for condition in (Equals("targname", value), Between("targname", low=value)):
        assert live_counts.count(filled, condition) == 0


def test_an_empty_and_matches_everything_and_an_empty_or_nothing(filled):
    assert live_counts.count(filled, And()) == DOCUMENTS
    assert live_counts.count(filled, Or(())) == 0
    assert live_counts.count(filled, AnyOf("targname", ())) == 0
    assert live_counts.count(filled, Not(And())) == 0


def test_a_range_without_ends_is_every_known_value(filled):
    known = sum(document.get("exptime") is not None for document in documents())
    assert live_counts.count(filled, Between("exptime")) == known
    assert live_counts.count(filled, Not(Between("exptime"))) == DOCUMENTS - known


@pytest.mark.parametrize("what", [None, "exptime=1", {"exptime": 1}, Equals])
def test_anything_but_a_condition_is_a_type_error(what):
    with pytest.raises(TypeError, match="is not a condition"):
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
def test_a_condition_on_blocks_holds_if_one_block_meets_it(store, condition, expected):
    blocks = {
        "jcp001010": [("j8bt01naq", 0.0), ("j8bt02naq", 10.0)],
        "jcp001020": [("j8bt03naq", 10.0), ("j8bt04naq", 20.0)],
    }
    for rootname, found in blocks.items():
        listed = [{"data": data, "dexp": exptime} for data, exptime in found]
        store.observations.insert_one(
            {"_id": rootname, "headers": {"drz": {"0": {"dnnn": listed}}}}
        )
    rows = queries.find(store, prepare(condition, SPECS), ["rootname"])
    assert {row["rootname"] for row in rows} == expected


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (Equals("flt.0.history", "b"), {"two", "blank"}),
        (Not(Equals("flt.0.history", "b")), {"apart", "nothing", "absent"}),
        (AnyOf("flt.0.history", ("a", "c")), {"apart", "two"}),
        (Not(AnyOf("flt.0.history", ("a", "c"))), {"blank", "nothing", "absent"}),
        (Like("flt.0.history", "b*"), {"two", "blank"}),
        (Not(Like("flt.0.history", "b*")), {"apart", "nothing", "absent"}),
        # Of a and c neither lies between the ends, though each is on the right side of one.
        (Between("flt.0.history", "b", "bz"), {"two", "blank"}),
        (Not(Between("flt.0.history", "b", "bz")), {"apart", "nothing", "absent"}),
        (Between("flt.0.history", low="b"), {"apart", "two", "blank"}),
        (Exists("flt.0.history"), {"apart", "two", "blank"}),
        (Not(Exists("flt.0.history")), {"nothing", "absent"}),
        (Not(Between("flt.0.history")), {"nothing", "absent"}),
    ],
)
def test_a_condition_on_lines_holds_if_one_line_meets_it(store, condition, expected):
    lines = {"apart": ["a", "c"], "two": ["a", "b"], "blank": ["", "b"], "nothing": ["", ""]}
    store.observations.insert_many(
        {"_id": name, "headers": {"flt": {"0": {"history": found}}}}
        for name, found in lines.items()
    )
    store.observations.insert_one({"_id": "absent"})
    rows = queries.find(store, prepare(condition, SPECS), ["rootname"])
    assert {row["rootname"] for row in rows} == expected


# --- slow patterns


def test_no_pattern_causes_catastrophic_backtracking(store):
    texts = ["a" * 68, "a" * 5000, "ab" * 2500 + "c"]
    store.observations.insert_many(
        [{"_id": f"j{n:07d}", "targname": text} for n, text in enumerate(texts)]
    )
    for pattern in ("*a" * 499 + "*b", "*?a" * 333 + "b", "*a" * 400 + "*bc?", "*ab" * 300 + "*cc"):
        prepared = prepare(Like("targname", pattern), SPECS)
        wanted = filters.to_filter(prepared)
        # With as many `.*` as there are stars, PCRE gives up here or never ends.
        assert list(store.observations.find(wanted).max_time_ms(5000)) == []
    prepared = prepare(Like("targname", "*ab" * 300 + "*c"), SPECS)
    assert store.observations.count_documents(filters.to_filter(prepared)) == 1


def stages(plan: Any) -> Iterator[str]:
    """Yield the stages of a plan."""
    if isinstance(plan, dict):
        if "stage" in plan:
            yield plan["stage"]
        for part in plan.values():
            yield from stages(part)
    if isinstance(plan, list):
        for part in plan:
            yield from stages(part)


@pytest.mark.parametrize(
    "condition",
    [
        Equals("targname", "NGC104"),
        AnyOf("targname", ("NGC104", "N.C")),
        Between("targname", "N", "O"),
        Like("targname", "NGC*1*4"),
        Exists("targname"),
        Not(Equals("targname", "NGC104")),
        Not(AnyOf("targname", ("NGC104", "N.C"))),
        Not(Between("targname", low="N")),
        Not(Exists("targname")),
        Not(Or((Equals("targname", "NGC104"), Exists("targname")))),
        Within(6, -72, 1),
        Covers(6, -72),
    ],
)
def test_an_index_serves_every_condition_that_it_can(filled, condition):
    filled.observations.create_index("targname")
    filled.observations.create_index([("position", "2dsphere")])
    filled.observations.create_index([("footprint", "2dsphere")])
    prepared = with_spellings(prepare(condition, SPECS), filled)
    cursor = filled.observations.find(filters.to_filter(prepared))
    found = set(stages(cursor.explain()["queryPlanner"]["winningPlan"]))
    assert "IXSCAN" in found
    assert "COLLSCAN" not in found


# --- the sky

# What rounding leaves of an angle, in radians: two thousand-millionths of an arc second.
ROUNDING = 1e-14
ARCSEC = 1 / 3600


def geojson(ra: float, dec: float) -> dict[str, Any]:
    """Return a position as a document has it."""
    return {"type": "Point", "coordinates": [ra - 360 if ra > 180 else ra, dec]}


def around(ra: float, dec: float, radius: float, chance: np.random.Generator) -> SkyCoord:
    """Return positions inside of a circle, outside of it and close to its edge."""
    close = [1e-3, 1e-6, 1e-9, 1e-12]
    factors = [0, 0.3, 0.99, *(1 - e for e in close), *(1 + e for e in close), 1.01, 1.5, 2]
    angles = chance.uniform(0, 360, len(factors)) * units.deg
    centre = SkyCoord(ra, dec, unit="deg")
    return centre.directional_offset_by(angles, np.array(factors) * radius * units.deg)


def agrees_with_astropy(store, ra: float, dec: float, radius: float, positions: SkyCoord) -> bool:
    """Whether the server and astropy agree on what lies within a circle."""
    places = [(float(p.ra.deg), float(p.dec.deg)) for p in positions]
    store.observations.delete_many({})
    store.observations.insert_many(
        [{"_id": n, "position": geojson(*place)} for n, place in enumerate(places)]
    )
    wanted = prepare(Within(ra, dec, radius), SPECS)
    found = {d["_id"] for d in store.observations.find(filters.to_filter(wanted))}
    there = np.radians(places).T
    distance = angular_separation(math.radians(ra), math.radians(dec), *there)
    edge = np.abs(distance - math.radians(radius)) < ROUNDING
    inside = {n for n, near in enumerate(distance <= math.radians(radius)) if near}
    return not (found ^ inside) - {n for n, near in enumerate(edge) if near}


@pytest.mark.parametrize("indexed", [True, False], ids=["index", "no index"])
@pytest.mark.parametrize("dec", [-90, -89.99999, -72, 0, 45.5, 89.9999, 90])
def test_a_circle_has_the_positions_that_astropy_finds(store, indexed, dec):
    if indexed:
        store.observations.create_index([("position", "2dsphere")])
    chance = np.random.default_rng(1)
    for ra in (0, 1e-9, 90, 180, 180.000001, 359.999999, 360):
        for radius in (0.1 * ARCSEC, 30 * ARCSEC, 5 / 60, 1, 30, 89.999, 90, 120):
            assert agrees_with_astropy(store, ra, dec, radius, around(ra, dec, radius, chance))


@settings(many, max_examples=150)
@given(
    st.floats(0, 360) | st.sampled_from([0.0, 1e-9, 180.0, 360 - 1e-9]),
    st.floats(-90, 90) | st.sampled_from([-90.0, 0.0, 90 - 1e-9, 90.0]),
    st.floats(math.log10(0.1 * ARCSEC), math.log10(179)).map(lambda power: 10**power),
    st.integers(0, 2**32),
)
def test_a_circle_anywhere_has_the_positions_that_astropy_finds(store, ra, dec, radius, seed):
    positions = around(ra, dec, radius, np.random.default_rng(seed))
    assert agrees_with_astropy(store, ra, dec, radius, positions)


@pytest.mark.parametrize(
    ("circle", "inside"),
    [
        (Within(6, -72, 1), [2]),
        (Within(186, 72, 1), []),
        (Within(186, 72, 179), []),
        (Within(186, 72, 180), [2]),
    ],
)
def test_an_observation_without_position_is_outside_every_circle(store, circle, inside):
    def found(condition):
        return [d["_id"] for d in store.observations.find(filters.to_filter(condition))]

    store.observations.insert_many([{"_id": 1}, {"_id": 2, "position": geojson(6, -72)}])
    prepared = prepare(circle, SPECS)
    assert found(prepared) == inside
    assert sorted(found(Not(prepared)) + inside) == [1, 2]


def square(ra: float, dec: float, half: float) -> dict[str, Any]:
    """Return a square on the sky as GeoJSON."""
    corners = [(ra - half, dec - half), (ra + half, dec - half), (ra + half, dec + half)]
    corners += [(ra - half, dec + half), (ra - half, dec - half)]
    ring = [[lon - 360 if lon > 180 else lon, lat] for lon, lat in corners]
    return {"type": "Polygon", "coordinates": [ring]}


@pytest.fixture
def images(store):
    """A database of four images: two that overlap across RA = 0, one apart, one without."""
    footprints = {
        "j8bt01na": square(0.0, 10, 0.03),
        "j8bt01nb": square(359.95, 10, 0.03),
        "j8bt01nc": square(120, 10, 0.03),
        "j8bt01nd": None,
    }
    store.observations.create_index([("footprint", "2dsphere")])
    store.observations.insert_many(
        [{"_id": name, "footprint": f} if f else {"_id": name} for name, f in footprints.items()]
    )
    return store, footprints


@pytest.mark.parametrize(
    ("ra", "dec", "expected"),
    [
        (0, 10, {"j8bt01na"}),
        (359.975, 10, {"j8bt01na", "j8bt01nb"}),
        (-0.025, 10, {"j8bt01na", "j8bt01nb"}),
        (120.02, 9.98, {"j8bt01nc"}),
        (120.02, 10.5, set()),
        (0, 90, set()),
    ],
)
def test_an_image_covers_the_positions_in_its_footprint(images, ra, dec, expected):
    wanted = filters.to_filter(prepare(Covers(ra, dec), SPECS))
    assert {d["_id"] for d in images[0].observations.find(wanted)} == expected


@pytest.mark.parametrize(
    ("rootname", "expected"),
    [
        ("j8bt01naq", {"j8bt01na", "j8bt01nb"}),
        ("j8bt01nbq", {"j8bt01na", "j8bt01nb"}),
        ("j8bt01ncq", {"j8bt01nc"}),
    ],
)
def test_images_overlap_if_their_footprints_intersect(images, rootname, expected):
    store, footprints = images
    prepared = prepare(Overlaps(rootname, footprints[rootname[:8]]), SPECS)
    assert {d["_id"] for d in store.observations.find(filters.to_filter(prepared))} == expected
    others = filters.to_filter(Not(prepared))
    found = {d["_id"] for d in store.observations.find(others)}
    assert found == footprints.keys() - expected


def test_an_overlap_without_footprint_is_a_type_error():
    with pytest.raises(TypeError, match="the footprint of j8bt05nj was not looked up"):
        filters.to_filter(Overlaps("j8bt05nj"))
