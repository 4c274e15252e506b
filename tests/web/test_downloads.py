"""Downloads are sent in chunks, and their first row is read before the response starts."""

import io
from collections.abc import Iterator

import pytest
from astropy.io import votable
from flask import Flask

from acsql.errors import QueryTimeout
from acsql.export import FORMATS
from acsql.query import computed_column
from acsql.web.downloads import CHUNK_SIZE, download, read_first

COLUMNS = [computed_column("rootname", "str"), computed_column("exptime", "float")]
Row = dict[str, object]


def rows(number: int) -> list[Row]:
    """Return rows with different values."""
    return [{"rootname": f"j{each:07d}", "exptime": each / 2} for each in range(number)]


def interrupted(number: int) -> Iterator[Row]:
    """Yield rows, then reach a time limit."""
    yield from rows(number)
    raise QueryTimeout("the search took longer than its time limit")


@pytest.fixture(autouse=True)
def _request() -> Iterator[None]:
    """A request to a site, whose address VOTables have."""
    app = Flask(__name__)
    app.add_url_rule("/", "home.page")
    with app.test_request_context():
        yield


def test_a_votable_says_where_the_files_of_each_observation_are() -> None:
    (results, service) = votable.parse(
        io.BytesIO(download(rows(3), COLUMNS, "votable", "acsql").data), verify="exception"
    ).resources
    assert len(results.tables[0].array) == 3
    assert service.params[0].value == "http://localhost/vo/datalink"
    assert service.groups[0].entries[0].ref == "rootname"


def test_a_votable_without_names_of_observations_has_no_links() -> None:
    content = download(rows(3), COLUMNS[1:], "votable", "acsql").data
    assert len(votable.parse(io.BytesIO(content), verify="exception").resources) == 1


@pytest.mark.parametrize("name", FORMATS)
def test_a_download_has_the_name_and_the_media_type_of_its_format(name: str) -> None:
    response = download(rows(3), COLUMNS, name, "orion")
    assert response.mimetype == FORMATS[name].media_type
    filename = f"orion.{FORMATS[name].extension}"
    assert response.headers["Content-Disposition"] == f'attachment; filename="{filename}"'


@pytest.mark.parametrize("number", [0, 1, 20_000])
def test_chunks_are_large_and_make_up_the_file(number: int) -> None:
    chunks = list(download(rows(number), COLUMNS, "csv", "acsql").response)
    assert b"".join(chunks) == b"".join(FORMATS["csv"].write(rows(number), COLUMNS))
    assert all(len(chunk) >= CHUNK_SIZE for chunk in chunks[:-1])
    assert all(chunks)


def test_an_error_of_the_first_row_is_raised_before_the_response() -> None:
    with pytest.raises(QueryTimeout):
        download(interrupted(0), COLUMNS, "csv", "acsql")
    # Later the status has been sent.
    response = download(interrupted(1), COLUMNS, "csv", "acsql")
    with pytest.raises(QueryTimeout):
        list(response.response)


@pytest.mark.parametrize("items", [[], [1], [1, 2, 3]])
def test_reading_the_first_item_loses_none(items: list[int]) -> None:
    remaining = iter(items)
    read = read_first(remaining)
    assert list(remaining) == items[1:]
    assert list(read) == items[:1]
    assert list(read_first(items)) == items


@pytest.mark.parametrize("name", ["csv", "tsv"])
def test_what_a_spreadsheet_would_run_is_quoted(name: str) -> None:
    shown = [computed_column("targname", "str")]
    content = b"".join(download([{"targname": "-NGC104/+1"}], shown, name, "acsql").response)
    assert content.splitlines()[1] == b"'-NGC104/+1"
