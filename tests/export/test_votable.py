"""VOTables of astropy tables: read back by astropy with all that they say, and valid by votlint."""

import io
import os
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from astropy.io import votable as astropy_votable
from astropy.table import MaskedColumn, Table

from acsql.export import votable
from acsql.export.votable import Frame, Service, ServiceInput

COLUMNS = {
    "name": (["j8bt05nj", "é"], {"ucd": "meta.id;meta.main"}),
    "s_ra": ([10.5, 350.0], {"ucd": "pos.eq.ra", "utype": "obscore:Char.SpatialAxis"}),
    "t_min": ([53_000.0, 53_001.0], {"ucd": "time.start;obs.exposure"}),
    "date": (["2004-01-01", "2004-01-02"], {"ucd": "time.start", "xtype": "timestamp"}),
    "counts": ([1, 2], {"ucd": "meta.number", "null": -1}),
}
SERVICE = Service(
    "http://localhost/vo/datalink",
    "ivo://ivoa.net/std/DataLink#links-1.1",
    (ServiceInput("ID", ref="name", ucd="meta.id", options=("a", "b")),),
    "links",
    "application/x-votable+xml;content=datalink",
    "Files <of> an observation",
)
FRAME = Frame(
    "OVERFLOW",
    "there are more\x07 rows",
    (("standard", "SIA-2.0"),),
    (SERVICE,),
    "Observations",
)


@pytest.fixture
def table() -> Table:
    """Two rows, the second without a number."""
    made = Table()
    for name, (values, meta) in COLUMNS.items():
        mask = [False, name == "counts"]
        made[name] = MaskedColumn(values, mask=mask, meta=meta, description=f"the {name}")
    made["s_ra"].unit = "deg"
    return made


def read(content: bytes) -> astropy_votable.tree.VOTableFile:
    """Return a VOTable as astropy reads it, without a warning."""
    return astropy_votable.parse(io.BytesIO(content), verify="exception")


def test_the_metadata_of_columns_are_kept(table: Table) -> None:
    fields = read(votable.write(table)).get_first_table().fields
    assert [each.name for each in fields] == table.colnames
    assert [each.ucd for each in fields] == [meta["ucd"] for _, meta in COLUMNS.values()]
    assert fields[1].utype == "obscore:Char.SpatialAxis"
    assert fields[1].unit == "deg"
    assert fields[3].xtype == "timestamp"


def test_coordinates_and_times_name_their_systems(table: Table) -> None:
    (resource,) = read(votable.write(table)).resources
    assert [system.system for system in resource.coordinate_systems] == ["ICRS"]
    systems = {system.ID: system.timeorigin for system in resource.time_systems}
    assert systems == {"utc": None, "utc_mjd": "MJD-origin"}
    references = [each.ref for each in resource.tables[0].fields]
    assert references == [None, "icrs", "utc_mjd", "utc", None]


def test_a_table_without_coordinates_names_no_system() -> None:
    (resource,) = read(votable.write(Table({"a": [1]}))).resources
    assert not [*resource.coordinate_systems, *resource.time_systems]


def test_the_status_and_the_services_are_read_back(table: Table) -> None:
    results, meta = read(votable.write(table, FRAME)).resources
    status, standard = results.infos
    assert (status.name, status.value) == ("QUERY_STATUS", "OVERFLOW")
    assert status.content == r"there are more\x07 rows"
    assert (standard.name, standard.value) == ("standard", "SIA-2.0")
    assert (meta.type, meta.utype, meta.ID) == ("meta", "adhoc:service", "links")
    assert meta.params[0].value == SERVICE.access_url
    (identifier,) = meta.groups[0].entries
    assert (identifier.name, identifier.ref) == ("ID", "name")


@pytest.mark.parametrize("rows", [0, 2])
def test_unknown_values_are_masked_and_an_empty_table_has_its_columns(
    table: Table, rows: int
) -> None:
    found = read(votable.write(table[:rows])).get_first_table().to_table()
    assert found.colnames == table.colnames
    assert found["counts"].mask.tolist() == [False, True][:rows]


def test_an_error_is_a_votable_without_a_table() -> None:
    (resource,) = read(votable.error("no <such> column")).resources
    assert resource.infos[0].value == "ERROR"
    assert resource.infos[0].content == "no <such> column"
    assert not resource.tables


def test_writing_leaves_other_memory_alone() -> None:
    # One row for each length, so that one fills the buffer of a writer to its end.
    writing = """
        from astropy.table import Table
        from acsql.export import votable
        for length in range(300):
            votable.write(Table({"text": ["x" * length]}))
    """
    subprocess.run(
        [sys.executable, "-c", textwrap.dedent(writing)],
        env=os.environ | {"PYTHONMALLOC": "debug"},
        check=True,
    )


@pytest.mark.skipif(shutil.which("stilts") is None, reason="stilts is not installed")
def test_votlint_has_nothing_to_say(table: Table, tmp_path: Path) -> None:
    path = tmp_path / "out.vot"
    path.write_bytes(votable.write(table, FRAME))
    result = subprocess.run(
        ["stilts", "votlint", path], capture_output=True, text=True, check=False
    )
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
