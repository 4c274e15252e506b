"""Footprints of other observations: found by the site, and drawn over an image."""

import re

import pytest
from astropy.coordinates import SkyCoord
from flask.testing import FlaskClient
from playwright.sync_api import Page, expect
from viewer_page import exposure_of_two_chips, go, settled, until, view

import acsql
from acsql.observation import Observation


@pytest.fixture(scope="module")
def shown(sample_archive: acsql.Archive) -> Observation:
    """An exposure of two chips."""
    return exposure_of_two_chips(sample_archive)


def test_footprints_are_those_of_all_other_overlapping_observations(
    client: FlaskClient, sample_archive: acsql.Archive, shown: Observation
) -> None:
    answer = client.get(f"/pixels/{shown.rootname}/footprints").json
    overlapping = sample_archive.where(f"overlaps({shown.rootname})").columns("ipppssoot").rows()
    names = {row["ipppssoot"] for row in overlapping}
    found = {each["name"] for each in answer["footprints"]}
    assert found == names - {shown.ipppssoot}
    assert found
    assert not answer["more"]
    for each in answer["footprints"]:
        assert client.get(each["address"]).status_code == 200
        for ring in each["outlines"]:
            assert ring[0] == ring[-1]
            assert len(ring) > 4


def test_an_observation_without_a_footprint_is_an_error(
    client: FlaskClient, sample_archive: acsql.Archive
) -> None:
    rows = sample_archive.where().footprints(1000)
    name = next(row["rootname"] for row in rows if row["footprint"] is None)
    answer = client.get(f"/pixels/{name}/footprints")
    assert answer.status_code == 400
    assert "has no footprint" in answer.json["message"]


def test_footprints_are_listed_and_drawn_where_the_sky_is(page: Page, shown: Observation) -> None:
    go(page, view(shown, "flt"))
    before = page.locator("#canvas").screenshot()
    page.get_by_text("Overlays", exact=True).click()
    page.get_by_label("Footprints of others").check()
    expect(page).to_have_url(re.compile("overlays=footprints"))
    links = page.locator("#footprint-list a")
    expect(links.first).to_be_visible()
    settled(page)
    drawn = page.locator("#canvas").screenshot()
    assert drawn != before
    links.first.focus()
    until(page, lambda: page.locator("#canvas").screenshot() != drawn)
    corner = page.evaluate(
        """async ([url, footprints]) => {
          const { src } = document.querySelector("script[type=module]");
          const { positionAt, skyAt } = await import(src.replace("main", "tools/sky"));
          const shown = (await (await fetch(url)).json()).planes[0];
          const [[[ra, dec]]] = (await (await fetch(footprints)).json()).footprints
            .map(({ outlines }) => outlines[0]);
          const { x, y } = positionAt(shown, ra, dec);
          return { x, y, ra, dec, inside: skyAt(shown, x, Math.min(y, shown.height - 1)) };
        }""",
        [f"/pixels/{shown.rootname}/flt/", f"/pixels/{shown.rootname}/footprints"],
    )
    there = SkyCoord(*corner["inside"], unit="deg")
    # A corner may lie far off the image, where the distortion is extrapolated.
    assert there.separation(SkyCoord(corner["ra"], corner["dec"], unit="deg")).arcmin < 4
