"""The pages of tables: rows, links to members, and downloads."""

import csv
import io
from typing import Any

import pytest
from astropy.io.votable import parse_single_table
from flask.testing import FlaskClient
from web_pages import address_of, put_file, soup, table, words

import acsql
from acsql.export import FORMATS
from acsql.observation import Observation
from acsql.web.pages.tables import PAGE_ROWS


@pytest.fixture
def observed(sample_archive: acsql.Archive) -> Observation:
    """An association with a jitter table of several pages."""
    rows = sample_archive.where("exists(asn.1.extname)", "jit.1.naxis2=100..400").columns(
        "rootname"
    )
    return sample_archive.observation(next(iter(rows.rows()))["rootname"])


def address(observation: Observation, filetype: str, extension: int = 1) -> str:
    row = {"proposid": observation["proposid"], "ipppssoot": observation.ipppssoot}
    return f"{address_of(row)}tables/{filetype}/{extension}/"


def test_all_rows_are_on_pages_that_follow_each_other(
    client: FlaskClient, observed: Observation
) -> None:
    whole = observed.table("jit")
    page = soup(client, address(observed, "jit"))
    seconds = [float(row[1]) for row in table(page)]
    assert len(seconds) == PAGE_ROWS
    while following := page.select_one("a[rel=next]"):
        page = soup(client, following["href"])
        seconds += [float(row[1]) for row in table(page)]
    assert seconds == list(whole["Seconds"])
    assert page.select_one("a[rel=prev]")


def test_columns_have_units_and_descriptions(client: FlaskClient, observed: Observation) -> None:
    headings = soup(client, address(observed, "jit")).select("thead th")
    assert words(headings[1]) == "Seconds s"
    assert headings[1]["title"] == "time since the beginning of the exposure"


def test_members_of_an_association_are_links(client: FlaskClient, observed: Observation) -> None:
    links = soup(client, address(observed, "asn")).select("table.results td a")
    names = list(observed.table("asn")["MEMNAME"])
    assert [link.get_text() for link in links] == names
    for link, name in zip(links, names, strict=True):
        assert f"/{name.lower()}/" in link["href"]
        assert client.get(link["href"]).status_code == 200


def test_every_table_of_the_observation_is_a_tab(
    client: FlaskClient, observed: Observation
) -> None:
    tabs = soup(client, address(observed, "asn")).select(".tabs a")
    assert [tab.get_text() for tab in tabs] == [
        f"{filetype} {number} {header.extension_name}"
        for filetype, headers in observed.headers.items()
        for number, header in headers.items()
        if header.get("xtension") in ("BINTABLE", "HDRLET")
    ]
    for tab in tabs:
        assert client.get(tab["href"]).status_code == 200


def test_a_headerlet_is_shown_card_by_card(
    client: FlaskClient, sample_archive: acsql.Archive
) -> None:
    for row in sample_archive.where("exists(flc.1.extname)").columns("rootname").rows():
        observation = sample_archive.observation(row["rootname"])
        numbers = [n for n, name in observation.extensions["flc"].items() if name == "HDRLET,1"]
        if numbers:
            page = soup(client, address(observation, "flc", *numbers))
            assert ["SIPWCS,1", "CTYPE1", "RA---TAN-SIP", ""] in [
                cells[1:] for cells in table(page)
            ]
            return
    raise AssertionError("no observation has a headerlet")


# VOUnits deprecates the gauss, of which astropy warns when it reads the file.
@pytest.mark.filterwarnings("ignore:The unit 'G':astropy.units.UnitsWarning")
def test_a_table_is_downloaded_as_csv_and_votable(
    client: FlaskClient, observed: Observation
) -> None:
    whole = observed.table("jit")
    response = client.get(address(observed, "jit"), query_string={"format": "csv"})
    rows = list(csv.DictReader(io.StringIO(response.text)))
    assert [row["SI_V2_AVG"] for row in rows] == [str(value) for value in whole["SI_V2_AVG"]]
    assert "_jit_1.csv" in response.headers["Content-Disposition"]
    response = client.get(address(observed, "jit"), query_string={"format": "votable"})
    read = parse_single_table(io.BytesIO(response.data)).to_table()
    assert read.colnames == whole.colnames
    assert str(read["SI_V2_AVG"].unit) == "arcsec"


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_can_be_downloaded(
    client: FlaskClient, observed: Observation, name: str
) -> None:
    response = client.get(address(observed, "asn"), query_string={"format": name})
    assert response.status_code == 200
    assert response.mimetype == FORMATS[name].media_type


def test_a_row_beyond_the_end_is_an_empty_page(client: FlaskClient, observed: Observation) -> None:
    assert table(soup(client, f"{address(observed, 'asn')}?row=999")) == []


@pytest.mark.parametrize(
    ("query", "status"), [("row=0", 400), ("row=x", 400), ("format=pdf", 400), ("page=1", 400)]
)
def test_a_wrong_parameter_is_an_error(
    client: FlaskClient, observed: Observation, query: str, status: int
) -> None:
    assert client.get(f"{address(observed, 'asn')}?{query}").status_code == status


@pytest.mark.parametrize(("filetype", "extension"), [("spt", 1), ("asn", 7), ("raw", 1)])
def test_what_is_no_table_is_not_found(
    client: FlaskClient, observed: Observation, filetype: str, extension: int
) -> None:
    assert client.get(address(observed, filetype, extension)).status_code == 404


def test_a_file_that_is_no_fits_file_is_not_found(
    empty_client: FlaskClient, empty_archive: acsql.Archive
) -> None:
    put_file(empty_archive, "j8bt/j8bt05njq/j8bt05njq_raw.fits", b"nothing")
    page: Any = soup(empty_client, "/archive/9019/j8bt05njq/tables/raw/1/", 404)
    assert "is not a FITS file" in words(page)
