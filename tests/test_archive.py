"""The door: observations, searches, pages and proposals of the sample archive."""

import math
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta

import astropy.units as u
import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table

import acsql
from acsql.errors import (
    ConfigError,
    DatasetNotFound,
    InvalidName,
    ObservationNotFound,
    ProposalNotFound,
    QueryError,
    QueryTimeout,
)
from acsql.query import And, Between, Equals, Like, Not, Or, Overlaps
from acsql.store.derived import freshness, refresh

COLUMNS = ["rootname", "detector", "targname", "exptime", "expstart", "date_obs", "filter1"]


@pytest.fixture(scope="module")
def everything(sample_archive: acsql.Archive) -> list[dict]:
    return list(sample_archive.iter(columns=COLUMNS))


def of(sample_archive: acsql.Archive, *conditions, **keywords) -> set[str]:
    return {row["rootname"] for row in sample_archive.iter(*conditions, **keywords)}


def test_no_condition_means_all(sample_archive: acsql.Archive, everything: list[dict]) -> None:
    assert len(everything) == sample_archive.count() == sample_archive.summary().observations


@pytest.mark.parametrize(
    ("given", "keeps"),
    [
        ({"detector": "WFC"}, lambda row: row["detector"] == "WFC"),
        ({"targname": "NGC*"}, lambda row: (row["targname"] or "").startswith("NGC")),
        ({"exptime": (100, None)}, lambda row: (row["exptime"] or 0) >= 100),
        (
            {"exptime": (None, 100)},
            lambda row: row["exptime"] is not None and row["exptime"] <= 100,
        ),
        ({"detector": ["HRC", "SBC"]}, lambda row: row["detector"] in ("HRC", "SBC")),
        (
            {"date_obs": ("2002-01-01", datetime(2006, 12, 31))},
            lambda row: row["date_obs"] and row["date_obs"].year in range(2002, 2007),
        ),
        (
            {"detector": "WFC", "targname": ["BIAS", "DARK*"]},
            lambda row: row["detector"] == "WFC" and row["targname"] in ("BIAS", "DARK"),
        ),
    ],
)
def test_python_keywords(sample_archive, everything, given: dict, keeps) -> None:
    expected = {row["rootname"] for row in everything if keeps(row)}
    assert of(sample_archive, **given) == expected
    assert expected, "the sample has nothing to find here"
    assert len(expected) < len(everything)


@pytest.mark.parametrize(
    ("condition", "keeps"),
    [
        ("exptime>=100", lambda row: (row["exptime"] or 0) >= 100),
        ("DETECTOR=WFC,HRC", lambda row: row["detector"] in ("WFC", "HRC")),
        ("detector!=WFC", lambda row: row["detector"] != "WFC"),
        (Not(Equals("detector", "WFC")), lambda row: row["detector"] != "WFC"),
        (
            Or((Equals("detector", "SBC"), Like("targname", "NGC*"))),
            lambda row: row["detector"] == "SBC" or (row["targname"] or "").startswith("NGC"),
        ),
        (
            Between("exptime", 0, 100, low_inclusive=False),
            lambda row: 0 < (row["exptime"] or 0) <= 100,
        ),
    ],
)
def test_conditions(sample_archive, everything, condition, keeps) -> None:
    expected = {row["rootname"] for row in everything if keeps(row)}
    assert of(sample_archive, condition) == expected
    assert 0 < len(expected) < len(everything)


def test_any_keyword_of_any_header(sample_archive: acsql.Archive) -> None:
    columns = ["rootname", "flt.1.goodmean"]
    rows = list(sample_archive.iter("flt.1.goodmean>0", columns=columns))
    assert rows
    for row in rows:
        stored = sample_archive.observation(row["rootname"]).headers["flt"][1]["GOODMEAN"]
        assert row["flt.1.goodmean"] == stored > 0


def test_blocks_of_drizzled_products(sample_archive: acsql.Archive) -> None:
    rows = list(sample_archive.iter("drz.0.DnnnDEXP>0", columns=["rootname", "drz.0.dnnndexp"]))
    assert rows
    blocks = sample_archive.observation(rows[0]["rootname"]).headers["drz"][0]["dnnn"]
    assert rows[0]["drz.0.dnnndexp"] == [block["dexp"] for block in blocks]


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("flt.0.history=*BIASCORR*", lambda line: "BIASCORR" in line),
        ('flt.0.HISTORY="DQICORR complete ..."', lambda line: line == "DQICORR complete ..."),
        ("flt.0.history=D..DARKZ", lambda line: "D" <= line <= "DARKZ"),
        ("exists(flt.0.history)", bool),
    ],
)
def test_lines_of_history_can_be_asked_for(sample_archive, condition: str, holds) -> None:
    rows = list(sample_archive.iter(columns=["rootname", "flt.0.history"]))
    lines = {row["rootname"]: row["flt.0.history"] or [] for row in rows}
    expected = {rootname for rootname, found in lines.items() if any(map(holds, found))}
    assert 0 < len(expected) < len(rows)
    assert of(sample_archive, condition) == expected
    assert of(sample_archive, f"not ({condition})") == lines.keys() - expected


def test_commentary_is_a_column_as_any(sample_archive: acsql.Archive) -> None:
    for filetype, name in (("flt", "history"), ("drz", "comment")):
        keyword = f"{filetype}.0.{name}"
        rows = list(sample_archive.iter(f"exists({keyword})", columns=["rootname", keyword]))
        for row in rows:
            stored = sample_archive.observation(row["rootname"]).headers[filetype][0]
            assert row[keyword] == stored[name]
        numbers = Counter(line for row in rows for line in set(row[keyword]) if line)
        assert numbers
        assert sample_archive.facets(keyword) == numbers
        assert sample_archive.distinct(keyword) == sorted(numbers)
        table = sample_archive.search(f"exists({keyword})", columns=["rootname", keyword])
        assert list(table[keyword]) == [row[keyword] for row in rows]


@pytest.mark.parametrize("keyword", ["flt.0.history", "drz.0.dnnndata"])
def test_nothing_is_sorted_by_what_has_many_values(sample_archive, keyword: str) -> None:
    with pytest.raises(QueryError, match=f"cannot sort by {keyword}: .* several values"):
        sample_archive.where().sort(f"-{keyword}")


def test_tables_have_units_descriptions_and_masks(sample_archive: acsql.Archive) -> None:
    table = sample_archive.search(
        columns=["rootname", "exptime", "date_obs", "filter1", "subarray"]
    )
    assert isinstance(table, Table)
    assert table["exptime"].unit == u.s
    assert table["exptime"].description
    assert np.issubdtype(table["date_obs"].dtype, np.datetime64)
    for row in table:
        observation = sample_archive.observation(row["rootname"])
        for keyword in ("exptime", "filter1"):
            known = observation[keyword]
            assert (row[keyword] is np.ma.masked) if known is None else row[keyword] == known


def test_an_empty_result_is_a_table(sample_archive: acsql.Archive) -> None:
    table = sample_archive.search(targname="NOTHING", columns=["rootname", "exptime", "date_obs"])
    assert len(table) == 0
    assert table.colnames == ["rootname", "exptime", "date_obs"]


@pytest.mark.parametrize("sort", ["exptime", "-exptime", ["detector", "-expstart"], "filter1"])
@pytest.mark.parametrize("size", [1, 7, 1000])
def test_pages_put_together_are_the_result(sample_archive, sort, size: int) -> None:
    whole = [row["rootname"] for row in sample_archive.iter(columns=["rootname"], sort=sort)]
    paged, mark = [], None
    while True:
        page = sample_archive.page(columns=["rootname"], sort=sort, size=size, after=mark)
        paged += [row["rootname"] for row in page.rows]
        mark = page.next
        if mark is None:
            break
    assert paged == whole


def test_limit(sample_archive: acsql.Archive) -> None:
    assert len(sample_archive.search(limit=3)) == 3
    with pytest.raises(QueryError, match="-1"):
        sample_archive.search(limit=-1)


@pytest.mark.parametrize("wrong", [0, -1, -50])
def test_what_is_asked_for_is_at_least_one(sample_archive, wrong: int) -> None:
    for ask in (
        lambda: sample_archive.iter(limit=wrong),
        lambda: sample_archive.page(size=wrong),
        lambda: sample_archive.gallery(size=wrong),
        lambda: sample_archive.facets("detector", limit=wrong),
    ):
        with pytest.raises(QueryError, match=str(wrong)):
            ask()


def test_ties_come_by_time_and_then_by_rootname(sample_archive) -> None:
    rows = list(sample_archive.iter(sort="detector", columns=["detector", "expstart", "rootname"]))
    keys = [(r["detector"], r["expstart"] or -math.inf, r["rootname"]) for r in rows]
    assert keys == sorted(keys)
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize("mark", ["", "nonsense", "bm9uc2Vuc2U=", "WzEsMiwzXQ=="])
def test_marks_of_other_searches_are_refused(sample_archive, mark: str) -> None:
    with pytest.raises(QueryError, match="invalid cursor"):
        sample_archive.page(after=mark)


def test_distinct_values(sample_archive: acsql.Archive, everything: list[dict]) -> None:
    assert sample_archive.distinct("detector") == sorted({row["detector"] for row in everything})
    assert sample_archive.distinct("detector", detector="WFC") == ["WFC"]


@pytest.mark.parametrize("keyword", ["detector", "filter1", "targname", "exptime", "date_obs"])
@pytest.mark.parametrize("given", [{}, {"detector": "WFC"}, {"exptime": (100, None)}])
def test_facets_of_promoted_keywords(sample_archive, keyword, given) -> None:
    rows = list(sample_archive.iter(columns=["rootname", keyword], **given))
    expected = Counter(row[keyword] for row in rows if row[keyword] not in (None, ""))
    found = sample_archive.facets(keyword, **given)
    assert found == expected
    assert list(found.values()) == sorted(found.values(), reverse=True)
    assert sample_archive.distinct(keyword, **given) == sorted(expected)
    assert sample_archive.facets(keyword, limit=2, **given) == dict(list(found.items())[:2])


def test_facets_of_any_keyword(sample_archive) -> None:
    rows = list(sample_archive.iter(columns=["raw.0.ccdgain"]))
    known = [row["raw.0.ccdgain"] for row in rows if row["raw.0.ccdgain"] is not None]
    assert known
    assert sample_archive.facets("raw.0.ccdgain") == Counter(known)
    blocks = [row["drz.0.dnnndata"] for row in sample_archive.iter(columns=["drz.0.dnnndata"])]
    parts = Counter(value for block in blocks if block for value in set(block) if value)
    assert sample_archive.facets("drz.0.dnnndata") == parts
    assert parts


@pytest.mark.parametrize("counted_ahead", [False, True])
def test_counts_are_the_same_counted_ahead_or_now(empty_archive, counted_ahead: bool) -> None:
    detectors = ["WFC", "WFC", "HRC", None]
    empty_archive.store.observations.insert_many(
        {"_id": f"j{n:07d}", "detector": name, "filter1": "F606W", "exptime": float(n)}
        for n, name in enumerate(detectors)
    )
    if counted_ahead:
        refresh.refresh_all(empty_archive.store, empty_archive.specs)
    assert empty_archive.count() == 4
    assert empty_archive.count(detector="WFC") == 2
    assert empty_archive.count(Not(Equals("detector", "WFC"))) == 2
    assert empty_archive.count(detector="WFC", exptime=(1, None)) == 1
    assert empty_archive.facets("detector") == {"WFC": 2, "HRC": 1}
    assert empty_archive.distinct("detector") == ["HRC", "WFC"]
    assert empty_archive.facets("exptime", detector="WFC") == {0.0: 1, 1.0: 1}
    assert empty_archive.summary().detectors == {"WFC": 2, "HRC": 1}


def test_a_count_tells_whether_it_is_exact(sample_archive) -> None:
    found = sample_archive.count(detector="WFC")
    assert found.exact
    assert str(found) == f"{found}" == repr(found) == str(int(found))
    assert sample_archive.count("raw.0.exptime>0", budget=1000).exact


# --- searches that take too long


@pytest.fixture
def large(empty_archive: acsql.Archive) -> acsql.Archive:
    """An archive of which nothing that no index serves can be had in a millisecond."""
    empty_archive.store.make_indexes()
    empty_archive.store.observations.insert_many(
        (
            {
                "_id": f"j{n:07d}",
                "proposid": n % 7,
                "headers": {"raw": {"0": {"exptime": float(n % 4), "history": ["x" * 500]}}},
            }
            for n in range(20_000)
        ),
        ordered=False,
    )
    return empty_archive


SLOW = {"time_limit": 0.001}
SLOW_QUESTIONS = {
    "search": lambda archive, **limit: archive.search(
        "raw.0.exptime=1", sort="raw.0.exptime", **limit
    ),
    "iter": lambda archive, **limit: list(archive.iter("raw.0.exptime=1", **limit)),
    "page": lambda archive, **limit: archive.page("raw.0.exptime=7", **limit),
    "gallery": lambda archive, **limit: archive.gallery("raw.0.exptime=7", **limit),
    "count": lambda archive, **limit: archive.count("raw.0.exptime=1", **limit),
    "distinct": lambda archive, **limit: archive.distinct("raw.0.exptime", **limit),
    "facets": lambda archive, **limit: archive.facets("raw.0.exptime", **limit),
}


@pytest.mark.parametrize("question", SLOW_QUESTIONS)
def test_every_question_has_a_time_limit(large, question: str) -> None:
    ask = SLOW_QUESTIONS[question]
    with pytest.raises(QueryTimeout, match=r"0\.001 seconds: no index serves raw\.0\.exptime"):
        ask(large, **SLOW)
    ask(large)
    large.time_limit = 0.001
    with pytest.raises(QueryTimeout, match="raise the time limit"):
        ask(large)
    ask(large, time_limit=None)


def test_the_time_limit_of_an_archive_is_given_when_it_is_opened(config) -> None:
    with acsql.connect(config) as archive:
        assert archive.time_limit == 60
    with acsql.connect(config, time_limit=None) as archive:
        assert archive.time_limit is None
    with pytest.raises(QueryError, match="time_limit"):
        acsql.connect(config, time_limit=0)


def test_an_archive_needs_the_address_of_its_database(config) -> None:
    with pytest.raises(ConfigError, match=r"acsql\.connect"):
        acsql.Archive(replace(config, connection_string=None))


@pytest.mark.parametrize("wrong", [0, -1, math.nan, "soon", True])
def test_a_time_limit_is_a_number_of_seconds(sample_archive, wrong) -> None:
    with pytest.raises(QueryError, match="time_limit"):
        sample_archive.search(time_limit=wrong)


def test_behind_the_budget_a_count_is_estimated_and_says_so(large) -> None:
    found = large.count("raw.0.exptime=1", budget=0.001)
    assert not found.exact
    assert str(found).startswith("about ")
    assert abs(found - 5000) < 10 * 20_000 * (0.25 * 0.75 / 800) ** 0.5
    assert large.count("raw.0.exptime=1", budget=1000) == 5000


# --- why nothing is found


def test_the_condition_that_empties_an_answer_is_told(sample_archive) -> None:
    wfc = sample_archive.count(detector="WFC")
    told = sample_archive.explain_empty(detector="WFC", targname="NOWHERE", exptime=(0, None))
    assert told.count == 0
    assert told.causes == [Equals("targname", "NOWHERE")]
    assert [part.count for part in told.conditions][:2] == [wfc, 0]
    assert [part.matches_without for part in told.conditions] == [False, True, False]
    lines = str(told).splitlines()
    assert "NOWHERE" in lines[2]
    assert "no observation meets this; without it there are results" in lines[2]


def test_conditions_that_exclude_each_other_are_told(sample_archive) -> None:
    told = sample_archive.explain_empty("detector=WFC", "detector=HRC", "exptime>=0")
    assert [part.is_cause for part in told.conditions] == [True, True, False]
    assert all(part.count for part in told.conditions)


def test_where_something_is_found_nothing_is_to_blame(sample_archive) -> None:
    told = sample_archive.explain_empty(detector="WFC")
    assert told.causes == []
    assert str(told).startswith(f"{told.count} observations meet")


def test_an_archive_without_anything_is_told(empty_archive) -> None:
    assert "empty" in str(empty_archive.explain_empty())


def test_what_cannot_be_counted_in_time_is_told(large) -> None:
    told = large.explain_empty("raw.0.exptime=7", proposid=99, time_limit=0.001)
    by_header, _ = told.conditions
    assert by_header.count is None
    assert "not counted within the time limit" in str(by_header)
    assert large.explain_empty("raw.0.exptime=7", proposid=99).count == 0


# --- the sky


SQUARE = [[6.0, -72.0], [6.1, -72.0], [6.1, -71.9], [6.0, -71.9], [6.0, -72.0]]


def test_what_overlaps_an_observation_is_found_by_its_name(empty_archive) -> None:
    empty_archive.store.make_indexes()
    for number, shift in enumerate([0.0, 0.05, 1.0]):
        ring = [[ra + shift, dec] for ra, dec in SQUARE]
        document = {
            "_id": f"j000000{number}",
            "footprint": {"type": "Polygon", "coordinates": [ring]},
        }
        empty_archive.store.observations.insert_one(document)
    empty_archive.store.observations.insert_one({"_id": "j0000009"})
    overlapping = Overlaps("J0000000Q")
    assert of(empty_archive, overlapping) == {"j0000000", "j0000001"}
    assert of(empty_archive, "overlaps(j0000000)") == {"j0000000", "j0000001"}
    assert of(
        empty_archive, Or((And((Overlaps("j0000002"),)), Equals("rootname", "j0000009")))
    ) == {
        "j0000002",
        "j0000009",
    }
    assert "j0000000" not in of(empty_archive, Not(overlapping))
    with pytest.raises(QueryError, match="j0000009 has no footprint"):
        empty_archive.count(Overlaps("j0000009"))
    with pytest.raises(ObservationNotFound, match="j8zz99zz"):
        empty_archive.count(Overlaps("j8zz99zz"))


# --- what is new


def test_what_was_ingested_since_a_moment(sample_archive, everything) -> None:
    names = {row["rootname"] for row in everything}
    dates = {name: sample_archive.observation(name)["last_ingest_date"] for name in names}
    newest = max(dates.values())
    found = list(sample_archive.since(newest))
    assert {observation.rootname for observation in found} == {
        name for name in names if dates[name] == newest
    }
    every = [observation.rootname for observation in sample_archive.since("2026-01-01")]
    assert sorted(every) == sorted(names)
    assert [dates[name] for name in every] == sorted(dates.values())
    assert list(sample_archive.since(newest + timedelta(days=1))) == []
    assert {o["detector"] for o in sample_archive.since("2026-01-01", detector="WFC")} == {"WFC"}
    with pytest.raises(QueryError, match="last_ingest_date"):
        sample_archive.since("yesterday")


def test_names_of_eight_and_nine_characters_in_any_case(sample_archive, everything) -> None:
    exposure = next(row["rootname"] for row in everything if len(row["rootname"]) == 8)
    product = next(row["rootname"] for row in everything if len(row["rootname"]) == 9)
    ipppssoot = sample_archive.observation(exposure).ipppssoot
    for name in (exposure, exposure.upper(), ipppssoot, f"{exposure}z"):
        assert sample_archive.observation(name).rootname == exposure
    assert sample_archive.observation(product.upper()).rootname == product


def test_eight_characters_of_products(sample_archive, everything) -> None:
    products = [row["rootname"] for row in everything if len(row["rootname"]) == 9]
    stems = {stem: [p for p in products if p[:8] == stem] for stem in {p[:8] for p in products}}
    for stem, fitting in stems.items():
        if len(fitting) == 1:
            assert sample_archive.observation(stem).rootname == fitting[0]
        else:
            with pytest.raises(ObservationNotFound, match=fitting[-1]):
                sample_archive.observation(stem)
    assert max(map(len, stems.values())) > 1


@pytest.mark.parametrize(
    ("rootname", "error"), [("j9zz99zz", ObservationNotFound), ("no", InvalidName)]
)
def test_what_is_not_there_is_named(sample_archive, rootname: str, error: type) -> None:
    with pytest.raises(error, match=rootname):
        sample_archive.observation(rootname)


def test_an_observation_s_files(sample_archive: acsql.Archive) -> None:
    wfc = next(r["rootname"] for r in sample_archive.iter("detector=WFC", "raw.0.exptime>0"))
    observation = sample_archive.observation(wfc)
    with observation.open("raw") as hdus:
        assert hdus[0].header["EXPTIME"] == observation["exptime"]
        assert hdus["SCI", 1].data.ndim == 2
    assert observation.headers["raw"][0]["EXPTIME"] == observation["EXPTIME"]
    assert observation["raw.0.exptime"] == observation["exptime"]
    with pytest.raises(DatasetNotFound, match="asn"):
        observation.open("asn")
    with pytest.raises(DatasetNotFound, match="99"):
        observation.header("raw", 99)
    with pytest.raises(KeyError, match="NOTTHERE"):
        observation.headers["raw"][0]["NOTTHERE"]
    with pytest.raises(DatasetNotFound, match="spt"):
        observation.jpeg("spt")


def test_a_file_that_vanished_is_named(empty_archive: acsql.Archive) -> None:
    empty_archive.store.observations.insert_one(
        {
            "_id": "j8bt05nj",
            "datasets": {"raw": "j8bt05njq_raw.fits"},
            "files": {"raw": {"path": "j8bt/j8bt05njq/j8bt05njq_raw.fits"}},
        }
    )
    with pytest.raises(DatasetNotFound, match=r"j8bt05njq_raw\.fits"):
        empty_archive.observation("j8bt05nj").open("raw")


def test_proposals(sample_archive: acsql.Archive, everything: list[dict]) -> None:
    proposals = sample_archive.proposals()
    assert sum(proposal.observations for proposal in proposals) == len(everything)
    for proposal in proposals:
        assert proposal.type
        assert proposal.pi
        assert sample_archive.proposal(proposal.proposid) == proposal
        members = of(sample_archive, proposid=proposal.proposid)
        assert len(members) == proposal.observations
        kinds = {sample_archive.observation(member)["proposal_type"] for member in members}
        assert kinds == {proposal.type}
    with pytest.raises(ProposalNotFound, match="99999"):
        sample_archive.proposal(99999)


def test_neighbours_walk_through_a_proposal(sample_archive: acsql.Archive) -> None:
    proposid = max(sample_archive.proposals(), key=lambda p: p.observations).proposid
    expected = [
        row["ipppssoot"]
        for row in sample_archive.iter(proposid=proposid, columns=["ipppssoot"], sort="expstart")
    ]
    walked, name = [], expected[0]
    while name:
        walked.append(name)
        before, after = sample_archive.neighbours(sample_archive.observation(name))
        assert before == (walked[-2] if len(walked) > 1 else None)
        name = after
    assert walked == expected


def test_an_empty_archive(empty_archive: acsql.Archive) -> None:
    assert empty_archive.count() == 0
    assert empty_archive.proposals() == []
    assert empty_archive.summary().observations == 0
    assert len(empty_archive.search(detector="WFC")) == 0


@pytest.mark.parametrize("value", [{"$gt": ""}, {"$where": "1"}, ["$gt"], b"WFC"])
def test_operators_in_values_are_never_operators(sample_archive, value: object) -> None:
    if isinstance(value, list):
        assert of(sample_archive, targname=value) == set()
    else:
        with pytest.raises(QueryError, match="targname"):
            sample_archive.search(targname=value)


def test_headers_are_those_of_the_files(sample_archive, everything) -> None:
    observation = sample_archive.observation(everything[0]["rootname"])
    for filetype, by_extension in observation.headers.items():
        for extension, header in by_extension.items():
            read = fits.getheader(observation.path(filetype), extension)
            for keyword in ("EXTNAME", "NAXIS", "BITPIX"):
                assert header.get(keyword.lower()) == read.get(keyword)


@pytest.mark.parametrize(
    ("condition", "sort", "expected"),
    [
        ("detector=WFC", None, ["expstart"]),
        ("exptime>5 targname=N*", None, ["exptime"]),
        ("exptime>5", "-DATE-OBS", ["-date_obs"]),
        ("exptime>5", ["targname", "-flt.1.goodmean"], ["targname", "-flt.1.goodmean"]),
    ],
)
def test_a_search_tells_by_what_it_comes_sorted(
    sample_archive: acsql.Archive, condition: str, sort: str | list[str], expected: list[str]
) -> None:
    told = sample_archive.sorted_by(condition, sort=sort)
    assert told == expected
    rows = [list(sample_archive.iter(condition, sort=order)) for order in (sort, told)]
    assert rows[0] == rows[1]


def test_migrating_also_makes_what_is_lacking_where_no_step_is(empty_archive) -> None:
    store, specs = empty_archive.store, empty_archive.specs
    empty_archive.migrate()
    store.observations.insert_one({"_id": "j8bt05nj", "detector": "HRC"})
    store.database.drop_collection(store.headerless.name)
    freshness.invalidate(store)
    assert empty_archive.migrate(dry_run=True) == []
    assert not freshness.is_current(store, list(specs.facets))
    assert empty_archive.migrate() == []
    assert freshness.is_current(store, list(specs.facets))
    assert store.headerless.count_documents({"detector": "HRC"}) == 1
    assert len(store.headerless.index_information()) > 1
