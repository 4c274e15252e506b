"""Searches are grouped by keywords and periods, with units, and wrong ones are refused."""

import numpy as np
import pytest

import acsql
from acsql.errors import QueryError


def test_a_monitor_is_one_line(sample_archive: acsql.Archive) -> None:
    search = sample_archive.where("exists(raw.1.meandark)", detector="WFC")
    table = search.group("month(date_obs)", "imagetyp", mean="raw.1.meandark", max=["exptime"])
    assert table.colnames == [
        *("month(date_obs)", "imagetyp", "observations"),
        *("mean(raw.1.meandark)", "max(exptime)"),
    ]
    assert table["max(exptime)"].unit == "s"
    assert table["max(exptime)"].description.startswith("max of exposure")
    assert sum(table["observations"]) == search.count() > 0
    rows = search.columns("date_obs", "imagetyp", "raw.1.meandark").table()
    for line in table:
        is_of_group = (rows["date_obs"].astype("datetime64[M]") == line["month(date_obs)"]) & (
            rows["imagetyp"] == line["imagetyp"]
        )
        assert line["observations"] == is_of_group.sum()
        mean = rows["raw.1.meandark"][is_of_group].mean()
        assert line["mean(raw.1.meandark)"] == pytest.approx(float(mean))


def test_a_modified_julian_date_is_a_date(sample_archive: acsql.Archive) -> None:
    table = sample_archive.where("exists(expstart)").group("year(expstart)", count="exptime")
    years = sample_archive.where("exists(expstart)").facets("date_obs")
    assert {int(year) for year in table["year(expstart)"]} == {date.year for date in years}
    assert table["count(exptime)"].dtype == np.int64


def test_a_condition_on_the_sky_and_on_annotations_can_be_grouped(sample_archive) -> None:
    search = sample_archive.where("near(6.02 -72.08, 60deg) not flagged()")
    table = search.group("detector")
    assert dict(zip(table["detector"], table["observations"], strict=True)) == search.facets(
        "detector"
    )


def test_dates_have_a_first_and_a_last(sample_archive) -> None:
    table = sample_archive.where().group("detector", min="date_obs", max=["last_ingest_date"])
    for line in table:
        of_detector = sample_archive.where(detector=line["detector"])
        assert line["min(date_obs)"] == of_detector.columns("date_obs").table()["date_obs"].min()
        newest = of_detector.distinct("last_ingest_date")[-1]
        assert line["max(last_ingest_date)"] == np.datetime64(newest, "ms")


@pytest.mark.parametrize(
    ("keys", "statistics", "message"),
    [
        ([], {}, "name a keyword by which to group"),
        (["week(date_obs)"], {}, "the periods are year, month, day"),
        (["month(exptime)"], {}, "exptime is not a date"),
        (["nothing"], {}, "there is no keyword"),
        (["raw.0.history"], {}, "several values"),
        (["flags"], {}, "several values"),
        (["s_region"], {}, "column of results"),
        ([None], {}, "a keyword is a text"),
        (["detector"], {"mode": "exptime"}, "no statistic 'mode'; there are mean, median"),
        (["detector"], {"mean": "date_obs"}, "mean of date_obs: it is not a number"),
        (["detector"], {"mean": "targname"}, "targname: it is not a number"),
        (["detector"], {"mean": "exptme"}, "did you mean exptime"),
    ],
)
def test_what_cannot_be_grouped_is_refused(sample_archive, keys, statistics, message) -> None:
    with pytest.raises(QueryError, match=message):
        sample_archive.where().group(*keys, **statistics)
