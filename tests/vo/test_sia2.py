"""Simple Image Access: the conditions of its parameters, and nothing else from their texts."""

import pytest

import acsql
from acsql.errors import QueryError
from acsql.vo.addresses import Addresses
from acsql.vo.catalog import Catalog
from acsql.vo.sia2 import PARAMETERS, adql, image_search

START = "SELECT * FROM ivoa.obscore WHERE dataproduct_type = 'image'"
CONDITIONS = {
    ("pos", "CIRCLE -10 20 0.5"): "(INTERSECTS(CIRCLE(350.0, 20.0, 0.5), s_region) = 1)",
    ("pos", "polygon 1 2 3 4 5 6"): (
        "(INTERSECTS(POLYGON(1.0, 2.0, 3.0, 4.0, 5.0, 6.0), s_region) = 1)"
    ),
    ("pos", "RANGE 1 1.5 88 +inf"): (
        "((INTERSECTS(POLYGON(1.0, 88.0, 1.5, 88.0, 1.5, 90.0), s_region) = 1))"
    ),
    ("pos", "RANGE -inf inf -90 90"): "(s_region IS NOT NULL)",
    ("band", "500e-9 600e-9"): "((em_min <= 6e-07 AND em_max >= 5e-07))",
    ("band", "550e-9"): "((em_min <= 5.5e-07 AND em_max >= 5.5e-07))",
    ("time", "53000 +Inf"): "((t_max >= 53000.0))",
    ("exptime", "-Inf 100"): "((t_exptime <= 100.0))",
    ("exptime", "-Inf Inf"): "((t_exptime IS NOT NULL))",
    ("calib", "2"): "(calib_level = 2)",
    ("target", "O'Neill"): "(target_name = 'O''Neill')",
    ("id", "ivo://x/y?j8bt05njq_flt.fits"): "(obs_title = 'j8bt05njq_flt.fits')",
}


def test_without_parameters_all_images_are_found() -> None:
    assert adql(dict.fromkeys(PARAMETERS, ())) == START


@pytest.mark.parametrize(("parameter", "condition"), CONDITIONS.items())
def test_a_value_is_a_condition(parameter: tuple[str, str], condition: str) -> None:
    name, value = parameter
    assert adql({name: [value]}) == f"{START} AND {condition}"


def test_values_are_alternatives_and_parameters_are_not() -> None:
    query = adql({"calib": ["1", "2"], "facility": ["HST"]})
    assert query.endswith("(calib_level = 1 OR calib_level = 2) AND (facility_name = 'HST')")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("pos", "CIRCLE 1 2"),
        ("pos", "CIRCLE 1 92 3"),
        ("pos", "BOX 1 2 3 4"),
        ("pos", "RANGE 2 1 3 4"),
        ("pos", "RANGE 1 2 -91 4"),
        ("pos", "RANGE inf inf 3 4"),
        ("pos", "RANGE -inf -1 3 4"),
        ("pos", "RANGE 1 2 -inf -inf"),
        ("pos", "POLYGON 1 2 3 4"),
        ("pos", "CIRCLE 1 2 3) = 1 OR (1 = 1"),
        ("band", "x"),
        ("band", "2 1"),
        ("band", "1 2 3"),
        ("time", "nan"),
        ("calib", "5"),
        ("calib", "1 OR 1=1"),
    ],
)
def test_a_value_that_is_not_valid_is_an_error(name: str, value: str) -> None:
    with pytest.raises(QueryError):
        adql({name: [value]})


@pytest.fixture(scope="module")
def catalog(sample_archive: acsql.Archive) -> Catalog:
    """The tables of the sample archive."""
    return Catalog(sample_archive)


def names(
    archive: acsql.Archive, catalog: Catalog, addresses: Addresses, **parameters: str
) -> list[str]:
    """Return the names of the files that are found."""
    values = {name: [text] for name, text in parameters.items()}
    return sorted(
        row["obs_title"] for row in image_search(archive, catalog, values, addresses).rows
    )


def test_the_images_are_those_of_a_search(
    sample_archive: acsql.Archive, catalog: Catalog, addresses: Addresses
) -> None:
    found = names(sample_archive, catalog, addresses, instrument="ACS/HRC", calib="2")
    files = sample_archive.where(detector="HRC").files(["flt", "flc", "crj", "crc"])
    assert found == sorted(file.filename for file in files)
    assert found


def test_a_circle_finds_the_outlines_that_it_touches(
    sample_archive: acsql.Archive, catalog: Catalog, addresses: Addresses
) -> None:
    search = sample_archive.where("exists(flt.0.filename)", detector="WFC").limit(1)
    observation = sample_archive.observation(next(search.rows())["rootname"])
    place = observation.wcs("flt").pixel_to_world(5, 5)
    circle = f"CIRCLE {place.ra.deg} {place.dec.deg} 1e-5"
    found = names(sample_archive, catalog, addresses, pos=circle)
    assert observation.datasets["flt"] in found
    assert observation.datasets["spt"] not in found
    assert not names(sample_archive, catalog, addresses, pos=circle, time="0 1")


@pytest.mark.parametrize("width", [1e-4, 0.0])
def test_a_range_finds_the_outlines_that_it_touches(
    sample_archive: acsql.Archive, catalog: Catalog, addresses: Addresses, width: float
) -> None:
    search = sample_archive.where("exists(flt.0.filename)", detector="WFC").limit(1)
    observation = sample_archive.observation(next(search.rows())["rootname"])
    # In a corner: the centre of the image is outside of the range.
    place = observation.wcs("flt").pixel_to_world(2, 2)
    ra, dec = place.ra.deg - 360, place.dec.deg
    around = f"RANGE {ra} {ra + width} {dec} {dec + width}"
    assert observation.datasets["flt"] in names(sample_archive, catalog, addresses, pos=around)
    elsewhere = f"RANGE {ra + 1} {ra + 2} {dec} {dec + 1}"
    assert observation.datasets["flt"] not in names(
        sample_archive, catalog, addresses, pos=elsewhere
    )


@pytest.mark.parametrize("text", ["RANGE 0 360 -90 90", "RANGE -inf 180 -inf inf"])
def test_a_range_of_most_of_the_sky_is_divided(sample_archive, catalog, addresses, text) -> None:
    found = names(sample_archive, catalog, addresses, pos=text)
    everywhere = sample_archive.where("exists(expstart)").columns("ra_targ", "s_region").rows()
    seen = [row for row in everywhere if row["s_region"]]
    assert bool(found) == any(text.startswith("RANGE 0") or row["ra_targ"] < 180 for row in seen)


@pytest.mark.parametrize(("limit", "status"), [(0, "OVERFLOW"), (2, "OVERFLOW"), (None, "OK")])
def test_a_limit_cuts_the_rows_and_says_so(
    sample_archive: acsql.Archive,
    catalog: Catalog,
    addresses: Addresses,
    limit: int | None,
    status: str,
) -> None:
    answer = image_search(sample_archive, catalog, {}, addresses, limit)
    assert answer.frame.status == status
    assert limit is None or len(list(answer.rows)) == limit
    assert answer.frame.services[0].inputs[0].ref == "obs_publisher_did"
