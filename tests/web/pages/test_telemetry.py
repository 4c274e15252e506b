"""The plots of jitter files, as JSON for the page."""

import json

import pytest
from flask.testing import FlaskClient
from web_pages import address_of, soup

import acsql
from acsql.observation import Observation


@pytest.fixture
def observed(sample_archive: acsql.Archive) -> Observation:
    """An association with jitter files of several exposures."""
    rows = sample_archive.where("exists(jit.2.extname)").columns("rootname").rows()
    return sample_archive.observation(next(iter(rows))["rootname"])


def page_address(observation: Observation) -> str:
    row = {"proposid": observation["proposid"], "ipppssoot": observation.ipppssoot}
    return address_of(row)


@pytest.mark.parametrize("filetype", ["jit", "jif"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_plot_of_the_page_is_a_figure(
    client: FlaskClient, observed: Observation, filetype: str, theme: str
) -> None:
    plots = soup(client, f"{page_address(observed)}{filetype}/").select("[data-plot]")
    assert len(plots) == len(observed.headers[filetype]) - 1
    for plot in plots:
        response = client.get(plot["data-plot"], query_string={"theme": theme})
        assert response.status_code == 200
        assert "doc" in json.loads(response.data)


@pytest.mark.parametrize(("filetype", "extension"), [("spt", 1), ("asn", 1), ("jit", 9), ("x", 1)])
def test_what_has_no_pointing_has_no_plot(
    client: FlaskClient, observed: Observation, filetype: str, extension: int
) -> None:
    address = f"{page_address(observed)}telemetry/{filetype}/{extension}/plot"
    assert client.get(address).status_code == 404
