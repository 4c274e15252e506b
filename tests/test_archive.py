"""The door: observations, searches, pages and proposals of the sample archive."""

from datetime import datetime

import astropy.units as u
import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table

import acsql
from acsql.errors import (
    DatasetNotFound,
    InvalidName,
    ObservationNotFound,
    ProposalNotFound,
    QueryError,
)
from acsql.query import Between, Equals, Like, Not, Or

COLUMNS = ["rootname", "detector", "targname", "exptime", "expstart", "date_obs", "filter1"]


@pytest.fixture(scope="module")
def everything(sample_archive: acsql.Archive) -> list[dict]:
    return list(sample_archive.rows(columns=COLUMNS))


def of(sample_archive: acsql.Archive, *conditions, **keywords) -> set[str]:
    return {row["rootname"] for row in sample_archive.rows(*conditions, **keywords)}


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
    rows = list(sample_archive.rows("flt.1.goodmean>0", columns=columns))
    assert rows
    for row in rows:
        stored = sample_archive.observation(row["rootname"]).headers["flt"][1]["GOODMEAN"]
        assert row["flt.1.goodmean"] == stored > 0


def test_blocks_of_drizzled_products(sample_archive: acsql.Archive) -> None:
    rows = list(sample_archive.rows("drz.0.DnnnDEXP>0", columns=["rootname", "drz.0.dnnndexp"]))
    assert rows
    blocks = sample_archive.observation(rows[0]["rootname"]).headers["drz"][0]["dnnn"]
    assert rows[0]["drz.0.dnnndexp"] == [block["dexp"] for block in blocks]


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
    whole = [row["rootname"] for row in sample_archive.rows(columns=["rootname"], sort=sort)]
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


@pytest.mark.parametrize("mark", ["", "nonsense", "bm9uc2Vuc2U=", "WzEsMiwzXQ=="])
def test_marks_of_other_searches_are_refused(sample_archive, mark: str) -> None:
    with pytest.raises(QueryError, match="mark"):
        sample_archive.page(after=mark)


def test_distinct_values(sample_archive: acsql.Archive, everything: list[dict]) -> None:
    assert sample_archive.distinct("detector") == sorted({row["detector"] for row in everything})
    assert sample_archive.distinct("detector", detector="WFC") == ["WFC"]


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
    wfc = next(r["rootname"] for r in sample_archive.rows("detector=WFC", "raw.0.exptime>0"))
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
        for row in sample_archive.rows(proposid=proposid, columns=["ipppssoot"], sort="expstart")
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
