"""Searches list their observations as tables, rows, pages and neighbours."""

import math

import astropy.units as u
import numpy as np
import pytest
from astropy.table import Table

import acsql
from acsql.errors import QueryError


def test_any_keyword_of_any_header_is_a_column(sample_archive: acsql.Archive) -> None:
    search = sample_archive.where("flt.1.goodmean>0").columns("rootname", "flt.1.goodmean")
    rows = list(search.rows())
    assert rows
    for row in rows:
        stored = sample_archive.observation(row["rootname"]).headers["flt"][1]["GOODMEAN"]
        assert row["flt.1.goodmean"] == stored > 0


def test_a_keyword_of_drizzled_blocks_is_a_list(sample_archive: acsql.Archive) -> None:
    search = sample_archive.where("drz.0.DnnnDEXP>0").columns("rootname", "drz.0.dnnndexp")
    rows = list(search.rows())
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
            value = observation[keyword]
            assert (row[keyword] is np.ma.masked) if value is None else row[keyword] == value


def test_rows_have_the_columns_in_their_order_and_no_sort_keys(sample_archive) -> None:
    columns = ["exptime", "rootname", "flt.1.goodmean"]
    rows = sample_archive.where().columns(*columns).sort("-detector").rows()
    assert {tuple(row) for row in rows} == {tuple(columns)}


def test_an_empty_result_is_a_table_with_its_columns(sample_archive: acsql.Archive) -> None:
    table = sample_archive.search(targname="NOTHING", columns=["rootname", "exptime", "date_obs"])
    assert len(table) == 0
    assert table.colnames == ["rootname", "exptime", "date_obs"]


def test_a_limit_is_the_number_of_rows(sample_archive: acsql.Archive) -> None:
    assert len(sample_archive.search(limit=3)) == 3
    with pytest.raises(QueryError, match="-1"):
        sample_archive.search(limit=-1)


def test_ties_are_sorted_by_time_and_then_by_rootname(sample_archive) -> None:
    search = sample_archive.where().sort("detector").columns("detector", "expstart", "rootname")
    rows = list(search.rows())
    keys = [(r["detector"], r["expstart"] or -math.inf, r["rootname"]) for r in rows]
    assert keys == sorted(keys)
    assert len(set(keys)) == len(keys)


def test_neighbours_lead_through_all_observations_of_a_search(sample_archive) -> None:
    proposid = max(sample_archive.proposals(), key=lambda p: p.observations).proposid
    search = sample_archive.where(proposid=proposid).columns("ipppssoot").sort("expstart")
    expected = [row["ipppssoot"] for row in search.rows()]
    visited, name = [], expected[0]
    while name:
        visited.append(name)
        before, after = search.neighbours(sample_archive.observation(name))
        assert before == (visited[-2] if len(visited) > 1 else None)
        name = after
    assert visited == expected


def test_an_observation_outside_a_search_has_neighbours_in_it(sample_archive) -> None:
    search = sample_archive.where(detector="HRC").columns("ipppssoot", "expstart")
    times = {row["ipppssoot"]: row["expstart"] for row in search.rows()}
    outside = next(sample_archive.where(detector="WFC").columns("rootname", "expstart").rows())
    before, after = search.neighbours(sample_archive.observation(outside["rootname"]))
    assert before is None or times[before] <= outside["expstart"]
    assert after is None or times[after] >= outside["expstart"]
    assert before or after


@pytest.mark.parametrize("filetype", ["flc", "drz", "raw"])
def test_which_files_an_observation_has_is_a_condition_and_a_column(
    sample_archive, filetype: str
) -> None:
    stored = sample_archive.store.observations.find({}, {"ipppssoot": 1, "datasets": 1})
    files = {document["ipppssoot"]: document["datasets"] for document in stored}
    expected = {name for name, datasets in files.items() if filetype in datasets}
    assert expected
    for text in (f"exists({filetype})", f"datasets.{filetype}=*", f"not missing({filetype})"):
        rows = sample_archive.where(text).columns("ipppssoot", filetype).rows()
        found = {row["ipppssoot"]: row[f"datasets.{filetype}"] for row in rows}
        assert found == {name: files[name][filetype] for name in expected}
    observation = sample_archive.observation(min(expected))
    assert observation[filetype] == observation.datasets[filetype] == files[min(expected)][filetype]


def test_a_file_that_an_observation_lacks_is_unknown(sample_archive) -> None:
    (row,) = sample_archive.where("missing(flc)").columns("rootname", "flc").limit(1).rows()
    assert row["datasets.flc"] is None
    assert sample_archive.observation(row["rootname"])["datasets.flc"] is None


def test_the_footprint_is_a_column_of_any_search(sample_archive) -> None:
    search = sample_archive.where().columns("rootname", "s_region", "exptime")
    table = search.table()
    assert table.colnames == ["rootname", "s_region", "exptime"]
    texts = {row["rootname"]: row["s_region"] for row in search.rows()}
    assert texts == {row["rootname"]: row["s_region"] for row in search.sample(1000)}
    assert texts == {row["rootname"]: row["s_region"] for row in search.page(1000).rows}
    assert {bool(text) for text in texts.values()} == {True, False}
    for row in table:
        observation = sample_archive.observation(row["rootname"])
        expected = observation.s_region
        assert row["s_region"] == expected if expected else row["s_region"] is np.ma.masked
        chips = [polygon.ra.deg.tolist() for polygon in observation.footprint]
        assert len(chips) == (expected or "").count("POLYGON")
        assert [region.vertices.ra.deg.tolist() for region in observation.regions()] == chips


def test_no_search_is_sorted_by_the_footprint(sample_archive) -> None:
    with pytest.raises(QueryError, match="column of results"):
        sample_archive.where().sort("footprint")
    with pytest.raises(QueryError, match="column of results"):
        sample_archive.where().facets("s_region")
