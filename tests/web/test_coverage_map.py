"""The site makes the maps of the Python API, and keeps what it made until the time was over."""

import pytest

import acsql
from acsql.errors import CoverageIncomplete
from acsql.web import coverage_map
from acsql.web.app import create_app


def test_pieces_that_were_made_are_kept(
    sample_archive: acsql.Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    search = sample_archive.where("exptime>2")
    with create_app(sample_archive).app_context():
        monkeypatch.setattr(coverage_map, "MAKING_S", -1)
        with pytest.raises(CoverageIncomplete, match="still being computed"):
            coverage_map.coverage_map(search, 6)
        monkeypatch.setattr(coverage_map, "MAKING_S", 60)
        assert coverage_map.coverage_map(search, 6) == search.moc(order=6)
        monkeypatch.setattr(coverage_map, "MAKING_S", -1)
        assert coverage_map.coverage_map(search, 6) == search.moc(order=6)
