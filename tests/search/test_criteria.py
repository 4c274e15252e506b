"""Criteria select exactly the observations that meet all conditions, and are immutable."""

from datetime import datetime

import pytest

import acsql
from acsql.errors import QueryError
from acsql.query import Between, Equals, Like, Not, Or
from acsql.search.criteria import DEFAULT_COLUMNS


def rootnames(search: acsql.Search) -> set[str]:
    return {row["rootname"] for row in search.rows()}


def test_without_conditions_all_observations_are_found(sample_archive, everything) -> None:
    assert len(everything) == sample_archive.count() == sample_archive.summary().observations


@pytest.mark.parametrize(
    ("keywords", "keeps"),
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
def test_python_keywords_are_conditions(sample_archive, everything, keywords, keeps) -> None:
    expected = {row["rootname"] for row in everything if keeps(row)}
    assert rootnames(sample_archive.where(**keywords)) == expected
    assert 0 < len(expected) < len(everything)


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
def test_texts_and_values_are_conditions(sample_archive, everything, condition, keeps) -> None:
    expected = {row["rootname"] for row in everything if keeps(row)}
    assert rootnames(sample_archive.where(condition)) == expected
    assert 0 < len(expected) < len(everything)


def test_conditions_of_several_calls_are_joined(sample_archive) -> None:
    both = sample_archive.where("exptime>0", detector="WFC")
    assert sample_archive.where(detector="WFC").where("exptime>0").count() == both.count()


def test_a_condition_is_made_without_a_query(sample_archive, monkeypatch) -> None:
    monkeypatch.setattr(sample_archive.store, "database", None)
    search = sample_archive.where(detector="wfc").where("filter1=f606w").where("exptime>=0")
    assert (
        search.condition == sample_archive.where("detector=wfc filter1=f606w exptime>=0").condition
    )


def test_conditions_of_several_calls_have_a_limit_together(sample_archive) -> None:
    search = sample_archive.where(*["exptime>0"] * 150)
    with pytest.raises(QueryError, match="more than 200 conditions"):
        search.where(*["exptime>0"] * 51)


def test_a_search_is_not_changed_by_its_methods(sample_archive) -> None:
    search = sample_archive.where(detector="WFC")
    before = (repr(search), search.addresses, search.sorted_by, search.max_rows, search.max_seconds)
    search.where("exptime>0").columns("exptime").sort("-exptime").limit(1).time_limit(1)
    after = (repr(search), search.addresses, search.sorted_by, search.max_rows, search.max_seconds)
    assert before == after


def test_commas_separate_keywords_in_one_text(sample_archive) -> None:
    table = sample_archive.search(columns="rootname, exptime", sort="exptime,-rootname")
    search = sample_archive.where().columns("rootname", "exptime").sort("exptime", "-rootname")
    assert table.colnames == ["rootname", "exptime"]
    assert list(table["rootname"]) == [row["rootname"] for row in search.rows()]


def test_without_names_the_defaults_are_restored(sample_archive) -> None:
    search = sample_archive.where().columns("exptime").sort("-exptime").limit(1)
    search = search.columns().sort().limit(None).time_limit(None)
    assert tuple(search.addresses) == DEFAULT_COLUMNS
    assert search.sorted_by == ["expstart"]
    assert search.max_rows is None
    assert search.max_seconds is None


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("flt.0.history=*BIASCORR*", lambda line: "BIASCORR" in line),
        ('flt.0.HISTORY="DQICORR complete ..."', lambda line: line == "DQICORR complete ..."),
        ("flt.0.history=D..DARKZ", lambda line: "D" <= line <= "DARKZ"),
        ("exists(flt.0.history)", bool),
    ],
)
def test_a_condition_on_history_holds_for_any_of_its_lines(
    sample_archive, condition: str, holds
) -> None:
    rows = list(sample_archive.where().columns("rootname", "flt.0.history").rows())
    lines = {row["rootname"]: row["flt.0.history"] or [] for row in rows}
    expected = {rootname for rootname, history in lines.items() if any(map(holds, history))}
    assert 0 < len(expected) < len(rows)
    assert rootnames(sample_archive.where(condition)) == expected
    assert rootnames(sample_archive.where(f"not ({condition})")) == lines.keys() - expected


def test_sorting_by_the_date_of_a_flag_is_refused_with_its_reason(sample_archive) -> None:
    reason = "flag_date: annotations are not stored with the observation"
    with pytest.raises(QueryError, match=f"cannot sort by {reason}"):
        sample_archive.where().sort("-flag_date")
    with pytest.raises(QueryError, match=f"cannot group by {reason}"):
        sample_archive.where().group("flag_date")


@pytest.mark.parametrize("keyword", ["flt.0.history", "drz.0.dnnndata", "flags"])
def test_sorting_by_a_keyword_with_several_values_is_refused(sample_archive, keyword) -> None:
    with pytest.raises(QueryError, match=f"cannot sort by {keyword}: .* several values"):
        sample_archive.where().sort(f"-{keyword}")


@pytest.mark.parametrize(
    ("condition", "sort", "expected"),
    [
        ("detector=WFC", [], ["expstart"]),
        ("exptime>5 targname=N*", [], ["exptime"]),
        ("exptime>5", ["-DATE-OBS"], ["-date_obs"]),
        ("exptime>5", ["targname", "-flt.1.goodmean"], ["targname", "-flt.1.goodmean"]),
    ],
)
def test_sorted_by_is_the_order_of_the_rows(
    sample_archive: acsql.Archive, condition: str, sort: list[str], expected: list[str]
) -> None:
    search = sample_archive.where(condition).sort(*sort)
    assert search.sorted_by == expected
    assert list(search.rows()) == list(search.sort(*expected).rows())


@pytest.mark.parametrize("value", [{"$gt": ""}, {"$where": "1"}, ["$gt"], b"WFC"])
def test_operators_in_values_are_never_operators(sample_archive, value: object) -> None:
    if isinstance(value, list):
        assert rootnames(sample_archive.where(targname=value)) == set()
    else:
        with pytest.raises(QueryError, match="targname"):
            sample_archive.search(targname=value)
