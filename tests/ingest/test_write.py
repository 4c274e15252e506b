"""Writing an observation."""

from archive_files import (
    SYNCHRONOUS,
    one_file,
)
from astropy.io import fits

import acsql
from acsql.config import Config
from acsql.ingest import run


def test_a_preview_under_an_old_proposal_is_removed(archive_copy: Config) -> None:
    run.ingest(archive_copy, SYNCHRONOUS)
    path = one_file(archive_copy, "*_flt.fits")
    with acsql.connect(archive_copy) as archive:
        before = archive.observation(path.name[:8]).jpeg("flt")
    fits.setval(path, "PROPOSID", value=99999)
    run.ingest(archive_copy, SYNCHRONOUS)
    with acsql.connect(archive_copy) as archive:
        after = archive.observation(path.name[:8]).jpeg("flt")
    assert after.parent.name == "99999"
    assert after.is_file()
    assert not before.exists()
