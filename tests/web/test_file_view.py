"""What the page of an observation shows of a file without preview."""

from collections.abc import Callable
from typing import Any

import pytest
from web_pages import document

import acsql
from acsql.observation import Observation
from acsql.stored_header import Header
from acsql.web.file_view import FileView, column_names, members_in_archive, view_file

View = Callable[[str], tuple[Observation, FileView]]


@pytest.fixture
def view(sample_archive: acsql.Archive) -> View:
    """The view of a filetype of an association."""
    (row,) = list(
        sample_archive.where("exists(asn.1.extname)", "exists(jit.6.extname)")
        .columns("rootname")
        .limit(1)
        .rows()
    )
    observation = sample_archive.observation(row["rootname"])

    def look(filetype: str) -> tuple[Observation, FileView]:
        seen = view_file(sample_archive, observation, filetype)
        assert seen is not None
        return observation, seen

    return look


def test_an_association_has_its_members_and_their_observations(view: View) -> None:
    observation, seen = view("asn")
    table = observation.table("asn")
    assert [member.name for member in seen.members] == list(table["MEMNAME"])
    assert [member.role for member in seen.members] == list(table["MEMTYPE"])
    for member in seen.members:
        assert member.present
        assert member.row["ipppssoot"] == member.name.lower()


def test_every_jitter_table_is_plotted_with_its_numbers(view: View) -> None:
    observation, seen = view("jit")
    assert [pointing.extension for pointing in seen.pointings] == [1, 2, 3, 4, 5, 6]
    for pointing in seen.pointings:
        assert pointing.rows == len(observation.table("jit", pointing.extension))
        facts = dict(pointing.facts)
        assert facts["RMS jitter V2"].endswith(" mas")
        assert {"night", "recentring", "guide stars lost", "slew"} <= facts.keys()


def test_every_image_of_the_pointing_is_plotted(view: View) -> None:
    _, seen = view("jif")
    assert [pointing.rows for pointing in seen.pointings] == [None] * 6
    assert seen.pointings[0].title.startswith("jif,1")


def test_telemetry_is_grouped_and_equal_values_are_one_row(view: View) -> None:
    observation, seen = view("spt")
    titles = [group.title for group in seen.groups]
    assert {"Pointing", "Temperatures", "Voltages"} <= set(titles)
    rows = {
        row.spec.keyword: (row.value, headers)
        for group in seen.groups
        for row, headers in group.rows
    }
    assert rows["JWDETMP1"][1] == [1]
    assert float(rows["RA_TARG"][0]) == observation.headers["spt"][0]["ra_targ"]
    _, jitter = view("jif")
    guiding = next(group for group in jitter.groups if group.title == "Guiding")
    (same,) = [headers for row, headers in guiding.rows if row.spec.keyword == "GUIDEACT"]
    assert same == [1, 2, 3, 4, 5, 6]


def test_files_with_pictures_have_no_view(
    sample_archive: acsql.Archive, pictured: dict[str, Any]
) -> None:
    observation = sample_archive.observation(pictured["rootname"])
    assert view_file(sample_archive, observation, "flt") is None


def test_a_file_that_cannot_be_read_says_why(empty_archive: acsql.Archive) -> None:
    headers = {"1": {"xtension": "BINTABLE", "tfields": 3, "ttype1": "MEMNAME"}}
    headers["1"] |= {"ttype2": "MEMTYPE", "ttype3": "MEMPRSNT"}
    stored = document(
        datasets={"asn": "j8bt05njq_asn.fits"},
        files={"asn": {"path": "j8bt/j8bt05njq/j8bt05njq_asn.fits", "size": 1}},
        headers={"asn": headers},
        previews={},
    )
    empty_archive.store.observations.insert_one(stored)
    seen = view_file(empty_archive, empty_archive.observation("j8bt05nj"), "asn")
    assert "cannot open" in seen.unreadable


def test_names_that_are_no_rootname_have_no_observation(sample_archive: acsql.Archive) -> None:
    known = next(iter(sample_archive.where().columns("ipppssoot").limit(1).rows()))["ipppssoot"]
    names = ["", "NO SUCH ROOTNAME", "JZZZ99ZZQ", known.upper()]
    assert list(members_in_archive(sample_archive, names)) == [known.upper()]
    assert members_in_archive(sample_archive, []) == {}


def test_columns_are_named_by_the_header() -> None:
    assert column_names(Header("x", {"tfields": 2, "ttype1": "A", "ttype2": "B"})) == ["A", "B"]
    assert column_names(Header("x", {})) == []
