"""Maps of the sky cover what the footprints cover, and pieces are made again where needed."""

from itertools import count

import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from mocpy import MOC

import acsql
from acsql.errors import QueryError, QueryTimeout
from acsql.search import coverage
from acsql.store import observation_writes
from acsql.store.schema import MIGRATIONS


def kept(pieces: dict[str, bytes]) -> coverage.Keep:
    """Return a function that keeps pieces in a dictionary."""

    def keep(key, make):
        if key not in pieces:
            pieces[key] = make()
        return pieces[key]

    return keep


@pytest.mark.parametrize("order", [9, coverage.ORDER])
def test_a_map_is_the_union_of_the_footprints(sample_archive: acsql.Archive, order: int) -> None:
    search = sample_archive.where(detector="WFC")
    chips = [
        chip
        for row in search.columns("rootname").rows()
        for chip in sample_archive.observation(row["rootname"]).footprint
    ]
    assert chips
    expected = MOC.new_empty(order).union(*MOC.from_polygons(chips, max_depth=order))
    assert search.moc(order) == expected
    assert coverage.coverage(search, order, kept({})) == expected


def test_every_vertex_is_covered_and_the_opposite_side_is_not(sample_archive) -> None:
    found = sample_archive.where().moc()
    for row in sample_archive.where("exists(expstart)").columns("rootname").rows():
        for chip in sample_archive.observation(row["rootname"]).footprint:
            assert found.contains_skycoords(chip).all()
    assert 0 < found.sky_fraction < 1e-5


def test_a_search_without_footprints_covers_nothing(sample_archive) -> None:
    for keep in (None, kept({})):
        found = coverage.coverage(sample_archive.where("nothing()"), keep=keep)
        assert (found.empty(), found.max_order) == (True, coverage.ORDER)


def test_pieces_are_made_again_where_an_observation_has_changed(half_folded) -> None:
    pieces: dict[str, bytes] = {}
    search = half_folded.where()
    before = coverage.coverage(search, keep=kept(pieces))
    number = len(pieces)
    assert number > 2
    assert coverage.coverage(search, keep=kept(pieces)) == before
    assert len(pieces) == number
    (row,) = half_folded.where("date_obs=2002").columns("rootname").limit(1).rows()
    document = half_folded.store.observations.find_one({"_id": row["rootname"]})
    ring = [[10.0, 20.0], [10.0, 20.05], [9.95, 20.05], [9.95, 20.0], [10.0, 20.0]]
    document["footprint"] = {"type": "Polygon", "coordinates": [ring]}
    document["last_ingest_date"] = np.datetime64("2026-01-01", "ms").item()
    observation_writes.replace(half_folded.store, document)
    after = coverage.coverage(search, keep=kept(pieces))
    assert len(pieces) == number + 1
    assert after.contains_skycoords(SkyCoord(9.97, 20.02, unit="deg")).all()
    assert after.intersection(before) == before


def test_pieces_are_made_again_after_a_migration(half_folded) -> None:
    pieces: dict[str, bytes] = {}
    coverage.coverage(half_folded.where(), keep=kept(pieces))
    number = len(pieces)
    half_folded.store.database[MIGRATIONS].insert_one({"_id": 9999})
    coverage.coverage(half_folded.where(), keep=kept(pieces))
    half_folded.store.database[MIGRATIONS].delete_one({"_id": 9999})
    assert len(pieces) == 2 * number


def test_a_map_that_takes_too_long_is_made_in_several_calls(sample_archive, monkeypatch) -> None:
    pieces: dict[str, bytes] = {}
    search = sample_archive.where()
    clock = count()
    # Each look at the clock is a second later: at the start, and before each piece.
    monkeypatch.setattr(coverage, "monotonic", lambda: next(clock))
    calls = 0
    found = None
    while found is None:
        calls += 1
        try:
            found = coverage.coverage(search, keep=kept(pieces), seconds=1)
        except QueryTimeout as error:
            assert "try again" in str(error)
            assert len(pieces) == calls
    assert len(pieces) > 2
    assert calls == len(pieces)
    assert found == search.moc()


@pytest.mark.parametrize("order", [3, 17, -1, "13"])
def test_an_order_that_is_too_coarse_or_too_fine_is_refused(sample_archive, order) -> None:
    with pytest.raises(QueryError, match="order: expected 4 to 16"):
        sample_archive.where().moc(order)
