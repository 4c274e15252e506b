"""Thumbnails have the keywords of a caption, or the reason why there are none."""

from acsql.search.paging import Page
from acsql.search.thumbnails import CAPTION_COLUMNS, with_status


def test_a_row_has_a_caption_and_every_picture_a_thumbnail(sample_archive) -> None:
    for row in sample_archive.where().thumbnails().rows:
        assert row.keys() == {*CAPTION_COLUMNS, "no_thumbnail"}
        assert row["no_thumbnail"] is None
        assert sample_archive.observation(row["rootname"]).thumbnail().is_file()


def test_the_reason_names_the_files_that_exist(specs) -> None:
    datasets = {name: f"jcp001010_{name}.fits" for name in ("spt", "drc", "drz")}
    rows = [
        {"rootname": "jcp001010", "datasets": datasets, "previews": None},
        {"rootname": "j8bt05nj", "datasets": {"asn": "j8bt05njq_asn.fits"}, "previews": {}},
        {"rootname": "j8bt05nk", "datasets": None, "previews": {}},
        {"rootname": "j8bt05nl", "datasets": {}, "previews": {"flt": {"reason": "all NaN"}}},
    ]
    assert [row["no_thumbnail"] for row in with_status(Page(rows), specs).rows] == [
        "No thumbnail: this association has only drz, drc and spt files",
        "No thumbnail: this observation has only asn files",
        "No thumbnail: this observation has no files",
        "all NaN",
    ]
