"""The pages of the monitors."""

import csv
import io
import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from xml.etree import ElementTree

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from forms import client_of
from playwright.sync_api import Browser, Page, expect
from web_pages import soup

import acsql
from acsql import permissions
from acsql.web.app import create_app

ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture
def client(measured_archive: acsql.Archive) -> FlaskClient:
    """A client of the site of the measured archive."""
    return create_app(measured_archive).test_client()


def test_every_monitor_is_listed_with_its_state_and_alerts(
    client: FlaskClient, measured_archive: acsql.Archive
) -> None:
    soup = BeautifulSoup(client.get("/monitors/").text, "html.parser")
    rows = {row.th.text: row for row in soup.select("tbody tr")}
    for state in measured_archive.monitors().values():
        cells = [cell.text.strip() for cell in rows[state.monitor.title].select("td")]
        assert cells[0] == state.state
        assert cells[4:] == [
            str(number)
            for number in (state.numbers.measured, state.numbers.failed, state.open_alerts)
        ]
    assert len(soup.select("polyline")) >= 3
    assert "above -1" in soup.select_one("section").text


@pytest.mark.parametrize("name", ["archive_health", "calibration", "pointing", "exposure"])
def test_a_monitor_has_a_page_with_its_latest_rows_and_method(
    client: FlaskClient, measured_archive: acsql.Archive, name: str
) -> None:
    soup = BeautifulSoup(client.get(f"/monitors/{name}/").text, "html.parser")
    results = measured_archive.monitor(name)
    (table,) = soup.select("section[aria-labelledby=rows] table")
    assert len(table.select("tbody tr")) == len(results.latest(50))
    first, *_ = results.monitor.documentation.split("\n\n")
    assert " ".join(first.split()) in " ".join(soup.text.split())


def test_alerts_and_failures_lead_to_observations(client: FlaskClient) -> None:
    soup = BeautifulSoup(client.get("/monitors/exposure/").text, "html.parser")
    assert "no shutter" in soup.select_one("section[aria-labelledby=failures]").text
    link = soup.select_one("section[aria-labelledby=alerts] a")["href"]
    assert client.get(link).status_code == 302


def test_open_alerts_are_marked_as_seen_by_the_reader(measured_archive: acsql.Archive) -> None:
    client = client_of(measured_archive)
    page = soup(client, "/monitors/exposure/")
    form = page.select_one("section[aria-labelledby=alerts] form")
    fields = {each["name"]: each["value"] for each in form.select("input")}
    assert client.post(form["action"], data=fields).status_code == 303
    seen = soup(client, "/monitors/exposure/").select_one("section[aria-labelledby=alerts]")
    assert "seen by" in seen.text
    assert permissions.user() in seen.text
    assert seen.select_one("form") is None
    for alert in measured_archive.monitor("exposure").alerts():
        names = [each["user"] for each in alert["seen"]]
        assert names.count(permissions.user()) == (alert["closed"] is None)


def test_plots_are_bokeh_figures(client: FlaskClient) -> None:
    for name in ("pointing", "exposure", "calibration"):
        item = json.loads(client.get(f"/monitors/{name}/plot?theme=dark").text)
        assert item["doc"]["roots"]


def test_rows_are_sent_as_files_with_conditions(
    client: FlaskClient, measured_archive: acsql.Archive
) -> None:
    response = client.get("/monitors/exposure/rows?q=detector%3DWFC&since=2004")
    rows = list(csv.DictReader(io.StringIO(response.text)))
    table = measured_archive.monitor("exposure").table("detector=WFC", since="2004")
    assert [row["rootname"] for row in rows] == list(table["rootname"])
    assert client.get("/monitors/exposure/rows?format=votable").status_code == 200


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/monitors/none/", 404),
        ("/monitors/none/plot", 404),
        ("/monitors/pointing/rows?format=exe", 400),
        ("/monitors/pointing/rows?since=soon", 400),
        ("/monitors/pointing/rows?q=no_such=1", 400),
        ("/monitors/?q=1", 400),
    ],
)
def test_what_does_not_exist_is_an_error(client: FlaskClient, address: str, status: int) -> None:
    assert client.get(address).status_code == status


def test_the_feed_has_an_entry_for_each_alert(
    client: FlaskClient, measured_archive: acsql.Archive
) -> None:
    response = client.get("/monitors/alerts.atom")
    assert response.mimetype == "application/atom+xml"
    feed = ElementTree.fromstring(response.data)
    titles = [entry.findtext(f"{ATOM}title") for entry in feed.iter(f"{ATOM}entry")]
    assert titles == [f"{each['monitor']}: {each['message']}" for each in measured_archive.alerts()]
    ids = [entry.findtext(f"{ATOM}id") for entry in feed.iter(f"{ATOM}entry")]
    assert len(set(ids)) == len(ids) >= 2


def test_the_home_page_names_a_failing_monitor(client: FlaskClient) -> None:
    text = " ".join(BeautifulSoup(client.get("/").text, "html.parser").text.split())
    assert "Failing: exposure." in text
    assert "open alert" in text


@pytest.fixture
def page(
    chromium: Browser,
    measured_archive: acsql.Archive,
    serving: Callable[..., AbstractContextManager[int]],
    tmp_path: Path,
) -> Iterator[Page]:
    """A window on a site of the measured archive."""
    with serving(measured_archive.config, tmp_path) as port:
        context = chromium.new_context(base_url=f"http://127.0.0.1:{port}")
        yield context.new_page()
        context.close()


def test_what_is_selected_in_plots_is_marked_in_the_latest_rows(page: Page) -> None:
    page.goto("/monitors/exposure/")
    plot, rows = page.locator("[data-plot]"), page.locator("tr[data-rootname]")
    expect(plot.locator("canvas").first).to_be_visible()
    expect(rows.first).to_be_visible()
    box = plot.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 10)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 5, box["y"] + 255, steps=5)
    page.mouse.up()
    marked = page.locator("tr.selected")
    expect(marked.first).to_be_visible()
    # The latest observations are on the right.
    assert 0 < marked.count() < rows.count()
    expect(rows.first).to_have_class("selected")
    expect(rows.last).not_to_have_class("selected")
