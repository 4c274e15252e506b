"""The catalog has the tables of the archive, whose values are those of a search."""

import acsql
from acsql.vo.addresses import Addresses
from acsql.vo.tables import TapTable


def test_all_promoted_keywords_are_columns(
    sample_archive: acsql.Archive, tables: dict[str, TapTable]
) -> None:
    assert tables["acsql.observations"].columns.keys() == sample_archive.specs.top_level.keys()


def test_moments_are_texts_in_iso_8601(
    sample_archive: acsql.Archive, tables: dict[str, TapTable]
) -> None:
    found = tables["acsql.observations"].stored(["rootname", "date_obs"]).to_pylist()
    rows = sample_archive.where().columns("rootname", "date_obs").rows()
    expected = {row["rootname"]: row["date_obs"] for row in rows}
    assert {row["rootname"]: row["date_obs"] for row in found} == {
        name: None if value is None else value.isoformat()[:10] for name, value in expected.items()
    }


def test_files_have_addresses_and_outlines(
    sample_archive: acsql.Archive, tables: dict[str, TapTable], addresses: Addresses
) -> None:
    table, names = tables["ivoa.obscore"], ["access_url", "obs_title", "s_region", "obs_id"]
    rows = table.with_late(table.stored(names), names, int)
    for row in rows.to_pylist():
        assert row["access_url"] == addresses.file(row["obs_title"])
    assert any(text and text.startswith("POLYGON ICRS") for text in rows["s_region"].to_pylist())
    assert sample_archive.count() == len(set(rows["obs_id"].to_pylist()))


def test_only_keywords_of_headers_are_further_columns(tables: dict[str, TapTable]) -> None:
    table = tables["acsql.observations"]
    assert table.column("flt.1.goodmean").type == "float"
    for name in ("flt.1.nonsense", "flt.0.history", "nonsense", "FLT.1.GOODMEAN"):
        assert table.column(name) is None
