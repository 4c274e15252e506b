"""One observation through all stages: what headers contain is stored, reported and searchable."""

from archive_files import (
    SYNCHRONOUS,
    one_file,
)
from astropy.io import fits

import acsql
from acsql.config import Config
from acsql.ingest import run


def test_type_mismatches_are_stored_and_reported(archive_copy: Config) -> None:
    path = one_file(archive_copy, "*_raw.fits")
    fits.setval(path, "EXPTIME", value="long")
    report = run.ingest(archive_copy, SYNCHRONOUS)
    assert not report.failures
    assert [keyword for _, keyword in report.mismatches] == ["EXPTIME"]
    with acsql.connect(archive_copy) as archive:
        observation = archive.observation(path.name[:8])
        assert observation.headers["raw"][0]["exptime"] == "long"
        assert observation["exptime"] == observation.headers["flt"][0]["exptime"]


def test_a_keyword_not_in_the_specs_can_be_searched_at_once(archive_copy: Config) -> None:
    path = one_file(archive_copy, "*_raw.fits")
    fits.setval(path, "NEW-KEY", value=4.5, ext=1)
    report = run.ingest(archive_copy, SYNCHRONOUS)
    assert "NEW-KEY" in {keyword for _, keyword in report.unspecified}
    with acsql.connect(archive_copy) as archive:
        found = archive.search("raw.1.NEW-KEY>4", columns=["rootname", "raw.1.new_key"])
        assert list(found["rootname"]) == [path.name[:8]]
        assert list(found["raw.1.new_key"]) == [4.5]
