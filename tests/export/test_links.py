"""VOTables name the links service where the site is known; other files do not."""

import io

import pytest
from astropy.io.votable import parse

import acsql
from acsql.export import FORMATS
from acsql.export.links import LINKS_TYPE, write_linked

SITE = "https://acs.example.org/acsql/"


@pytest.mark.parametrize(
    ("columns", "column"),
    [("exptime,rootname", "rootname"), ("ipppssoot", "ipppssoot"), ("exptime", None)],
)
def test_a_votable_names_the_links_of_its_observations(
    sample_archive: acsql.Archive, columns: str, column: str | None
) -> None:
    search = sample_archive.where(detector="HRC").columns(columns)
    written = write_linked("votable", search.rows(), search.selected_columns, SITE)
    results, *services = parse(io.BytesIO(b"".join(written)), verify="exception").resources
    assert len(results.tables[0].array) == search.count()
    assert bool(services) == (column is not None)
    for service in services:
        values = {param.name: param.value for param in service.params}
        assert values["accessURL"] == "https://acs.example.org/acsql/vo/datalink"
        assert values["contentType"] == LINKS_TYPE
        assert service.groups[0].entries[0].ref == column


@pytest.mark.parametrize(("format_", "site"), [("votable", None), ("csv", SITE), ("csv", None)])
def test_other_files_are_as_their_format_writes_them(sample_archive, format_, site) -> None:
    search = sample_archive.where(detector="HRC")
    columns = search.selected_columns
    written = write_linked(format_, search.rows(), columns, site)
    assert b"".join(written) == b"".join(FORMATS[format_].write(search.rows(), columns))
