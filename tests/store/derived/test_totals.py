"""Totals of the archive are those of its documents."""

from acsql.store.derived import totals


def test_the_totals_of_an_empty_archive(store):
    nothing = {"observations": 0, "filetypes": {}, "detectors": {}, "previews": 0}
    assert totals.live(store) == nothing
