"""Is every export format registered, tested and documented, and does it keep what columns say?"""

import io
import re
import warnings
from datetime import datetime
from pathlib import Path

import pytest
from astropy import units
from astropy.io import fits, votable
from astropy.table import Table
from export_rows import KNOWN, ROW, SPECS, Counted, columns, rows_of, spelt_units, strictly, whole

from acsql import export, query
from acsql.keywords import KeywordSpec
from acsql.query import Column

# VOUnits deprecates the angstrom and the erg.
IN_VOTABLES = {
    "Angstrom": "0.1 nm",
    "erg / (Angstrom cm2 electron)": "1e-06 J / (electron nm cm2)",
}


@pytest.mark.parametrize("name", ["csv", "tsv", "markdown", "json", "jsonl"])
def test_rows_are_consumed_one_by_one(name):
    rows = Counted(100)
    pieces = export.FORMATS[name].write(rows, columns("int"))
    assert rows.consumed == 0
    for _ in range(5):
        next(pieces)
    assert 3 <= rows.consumed <= 6
    assert b"".join(pieces)
    assert rows.consumed == 100


@pytest.mark.parametrize("name", export.FORMATS)
def test_every_format_writes_rows_and_no_rows(name):
    found = export.FORMATS[name]
    assert "/" in found.media_type
    assert found.extension.isalpha()
    for rows in ([], rows_of([["NGC104", 60.0]])):
        assert (b"NGC104" in whole(name, rows, columns("str", "float"))) == bool(rows)


def test_media_types_are_unique():
    media_types = [found.media_type for found in export.FORMATS.values()]
    assert len(set(media_types)) == len(media_types)


def test_a_row_can_have_top_level_and_header_keywords():
    shown = query.resolve_all(["DATE-OBS", "flt.1.goodmean"], SPECS)
    row = {"date_obs": datetime(2002, 4, 13), "flt.1.goodmean": 5.5}
    assert whole("csv", [row], shown) == b"date_obs,flt.1.goodmean\r\n2002-04-13,5.5\r\n"
    assert strictly(whole("json", [row], shown)) == [
        {"date_obs": "2002-04-13", "flt.1.goodmean": 5.5}
    ]


def test_units_and_descriptions_are_kept():
    ecsv = Table.read(io.BytesIO(whole("ecsv", [ROW], KNOWN)), format="ascii.ecsv")
    content = io.BytesIO(whole("votable", [ROW], KNOWN))
    first = votable.parse_single_table(content, verify="exception")
    header = fits.open(io.BytesIO(whole("fits", [ROW], KNOWN)))[1].header
    for number, column in enumerate(KNOWN, 1):
        spec = column.spec
        unit = units.Unit(spec.unit) if spec.unit else None
        assert ecsv[column.address].unit == unit
        assert ecsv[column.address].description == spec.description
        field = first.get_field_by_id(column.address)
        assert (field.name, field.description) == (column.address, spec.description)
        assert str(field.unit) == IN_VOTABLES.get(spec.unit, str(unit))
        assert header[f"TTYPE{number}"] == column.address
        # FITS has no electron and no DN.
        other = {"electron / DN": "count adu-1", "electron": "count"}.get(spec.unit)
        comment = f"[{spec.unit}] {spec.description}" if other else spec.description
        assert header[f"TCOMM{number}"] == comment
        assert header.get(f"TUNIT{number}") == (other or spec.unit)


@pytest.mark.parametrize("unit", spelt_units())
def test_astropy_reads_every_unit_of_a_votable_without_a_warning(unit):
    shown = [Column("c0", KeywordSpec("C0", "float", unit))]
    content = whole("votable", [{"c0": 1.5}], shown)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = votable.parse_single_table(io.BytesIO(content), verify="exception")
    assert str(found.fields[0].unit) == IN_VOTABLES.get(unit, str(units.Unit(unit)))


@pytest.mark.parametrize("unit", [*spelt_units(), "furlong"])
def test_every_unit_can_be_written(unit):
    shown = [Column("c0", KeywordSpec("C0", "float", unit, "a description " * 20))]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", units.UnitsWarning)
        known = units.Unit(unit, parse_strict="silent")
        found = votable.parse_single_table(io.BytesIO(whole("votable", [{"c0": 1.5}], shown)))
        assert str(found.fields[0].unit) == IN_VOTABLES.get(unit, str(known))
    header = fits.getheader(io.BytesIO(whole("fits", [{"c0": 1.5}], shown)), 1)
    written = header.get("TUNIT1")
    is_exact = written is not None and units.Unit(written) == known
    beginning = "" if is_exact else f"[{unit}] "
    assert header["TCOMM1"] == (beginning + "a description " * 20).strip()


@pytest.mark.parametrize(
    ("unit", "written"),
    [
        ("electron", "count"),
        ("electron / s", "count s-1"),
        ("electron / DN", "count adu-1"),
        ("furlong", None),
        ("cycle / s", None),
    ],
)
def test_astropy_reads_every_fits_unit_without_a_warning(unit, written):
    shown = [Column("c0", KeywordSpec("C0", "float", unit, "a level"))]
    content = whole("fits", [{"c0": 1.5}], shown)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        table = Table.read(io.BytesIO(content), format="fits")
    assert table["c0"].unit == (written and units.Unit(written))
    assert fits.getheader(io.BytesIO(content), 1)["TCOMM1"] == f"[{unit}] a level"


def test_formats_are_found_by_their_modules():
    modules = {path.stem for path in Path(export.__file__).parent.glob("formats/*.py")}
    assert set(export.FORMATS) == modules - {"__init__"}
    assert len(export.FORMATS) == len(modules) - 1


def test_a_format_that_is_not_registered_is_a_key_error():
    with pytest.raises(KeyError):
        export.FORMATS["__init__"]


@pytest.mark.parametrize("name", export.FORMATS)
def test_every_format_has_tests(name):
    assert (Path(__file__).parent / "formats" / f"test_{name}.py").is_file()


def test_the_readme_lists_every_format():
    readme = (Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")
    (listed,) = re.findall(r"take `--format` \(([^)]+)\)", " ".join(readme.split()))
    assert set(re.split(", | or ", listed)) == set(export.FORMATS)
