"""The API sends statistics of groups as JSON and as files."""

import pytest
from flask.testing import FlaskClient

import acsql
from acsql.export import plain
from acsql.search.grouping import STATISTICS, group
from acsql.web.api.grouping import GroupParameters


def test_groups_are_those_of_the_library(client: FlaskClient, sample_archive) -> None:
    query = "q=imagetyp=EXT&by=detector,month(date_obs)&mean=exptime,flt.1.goodmean&count=exptime"
    answer = client.get(f"/api/groups?{query}").json
    statistics = {"mean": ["exptime", "flt.1.goodmean"], "count": ["exptime"]}
    search = sample_archive.where("imagetyp=EXT")
    rows, columns = group(search, ["detector", "month(date_obs)"], statistics)
    assert [each["name"] for each in answer["columns"]] == [each.address for each in columns]
    assert answer["groups"] == [
        {each.address: plain(row[each.address], each) for each in columns} for row in rows
    ]
    units = {each["name"]: each["unit"] for each in answer["columns"]}
    assert units["mean(exptime)"] == "s"
    assert units["mean(flt.1.goodmean)"] == "electron"


def test_groups_are_sent_as_a_file(client: FlaskClient, sample_archive: acsql.Archive) -> None:
    response = client.get("/api/groups?by=detector&format=csv")
    assert response.mimetype == "text/csv"
    assert len(response.text.splitlines()) == 1 + len(sample_archive.where().distinct("detector"))


def test_every_statistic_is_a_parameter() -> None:
    assert STATISTICS.keys() < GroupParameters.model_fields.keys()


@pytest.mark.parametrize(
    "query", ["", "by=nothing", "by=detector&mean=targname", "by=hour(date_obs)"]
)
def test_a_wrong_parameter_is_an_error(client: FlaskClient, query: str) -> None:
    assert client.get(f"/api/groups?{query}").status_code == 400
