"""Which observations make colour images, and the images of the sample archive."""

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

import acsql
from acsql.colour import choose, colour_image, colour_sets, filter_name
from acsql.errors import DatasetNotFound, ObservationNotFound


def row(rootname: str, filter1: str, visit: str = "01", **more: Any) -> dict[str, Any]:
    facts = {"targname": "M51", "detector": "WFC", "filter2": "CLEAR2L", "exptime": 100.0}
    return {"rootname": rootname, "filter1": filter1, "visit": visit, **facts, **more}


@pytest.mark.parametrize(
    ("filter1", "filter2", "expected"),
    [
        ("F606W", "CLEAR2L", "F606W"),
        ("CLEAR1S", "F850LP", "F850LP"),
        ("F115LP", None, "F115LP"),
        ("FR656N", "CLEAR2L", "FR656N"),
        ("F606W", "POL0V", None),
        ("G800L", "CLEAR2L", None),
        ("PR130L", None, None),
        ("CLEAR1L", "CLEAR2L", None),
        (None, None, None),
    ],
)
def test_the_filter_is_the_only_one_in_the_light_path(
    filter1: str | None, filter2: str | None, expected: str | None
) -> None:
    assert filter_name(filter1, filter2) == expected


def test_the_longest_wavelength_is_red_and_the_longest_exposure_is_taken() -> None:
    rows = [
        row("a", "F814W"),
        row("b", "F555W", exptime=50.0),
        row("c", "F555W"),
        row("d", "F435W"),
    ]
    (one,) = choose(rows)
    assert one.filters == ("F814W", "F555W", "F435W")
    assert one.rootnames == ("a", "c", "d")
    assert (one.target, one.detector, one.visit) == ("M51", "WFC", "01")


def test_a_visit_is_preferred_to_all_visits_of_a_target() -> None:
    visit = [row(name, name, "02") for name in ("F435W", "F606W", "F814W")]
    assert [one.visit for one in choose([*visit, row("x", "F850LP", "03")])] == ["02"]
    spread = [{**each, "visit": str(number)} for number, each in enumerate(visit)]
    assert [one.visit for one in choose(spread)] == [None]


@pytest.mark.parametrize(
    "change", [{"targname": "M101"}, {"targname": None}, {"detector": "HRC"}, {"filter1": "F606W"}]
)
def test_fewer_than_three_filters_of_a_target_make_no_image(change: dict[str, Any]) -> None:
    rows = [row("a", "F435W"), row("b", "F606W"), row("c", "F814W") | change]
    assert choose(rows) == []


def test_any_three_drizzled_images_of_a_field_make_an_image(sample_archive: acsql.Archive) -> None:
    drizzled = next(
        observation
        for row in sample_archive.where().rows()
        if {"drz", "drc"} & {*(observation := sample_archive.observation(row["rootname"])).datasets}
    )
    jpeg = colour_image(sample_archive, *[drizzled.rootname] * 3)
    with Image.open(io.BytesIO(jpeg)) as image:
        previews = drizzled.previews[drizzled.thumbnail_filetype]
        assert (image.mode, image.size) == ("RGB", (previews["width"], previews["height"]))


def test_the_sets_of_an_archive_have_drizzled_images(sample_archive: acsql.Archive) -> None:
    for one in colour_sets(sample_archive):
        assert len(colour_image(sample_archive, *one.rootnames)) > 1000


def test_a_field_in_three_filters_makes_an_image(colour_archive: acsql.Archive) -> None:
    (one,) = colour_sets(colour_archive)
    assert one.filters == ("F775W", "F555W", "F435W")
    with Image.open(io.BytesIO(colour_image(colour_archive, *one.rootnames))) as image:
        pixels = np.asarray(image)
    # Its colours differ, as those of stars do.
    assert np.ptp(pixels, axis=2).max() > 30


def test_observations_without_a_drizzled_image_are_refused(sample_archive: acsql.Archive) -> None:
    rows = sample_archive.where("imagetyp=DARK").rows()
    rootname = next(iter(rows))["rootname"]
    with pytest.raises(DatasetNotFound, match=f"{rootname} has no drc or drz"):
        colour_image(sample_archive, rootname, rootname, rootname)
    with pytest.raises(ObservationNotFound):
        colour_image(sample_archive, "j8bt05nz", rootname, rootname)
