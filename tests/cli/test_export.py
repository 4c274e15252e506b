"""The command `export`."""

from pathlib import Path

import pyarrow.parquet as pq

import acsql


def test_headers_are_exported_as_files_that_join_by_rootname(
    printed, sample_settings: Path, sample_archive: acsql.Archive, tmp_path: Path
) -> None:
    paths = printed(sample_settings, "export", str(tmp_path / "new" / "headers")).splitlines()
    names = {Path(path).name for path in paths}
    assert {"observations.parquet", "raw.0.parquet", "flt.1.parquet"} <= names
    observations, header = (
        pq.read_table(tmp_path / "new" / "headers" / f"{name}.parquet")
        for name in ("observations", "flt.1")
    )
    assert observations.num_rows == sample_archive.where().count()
    rows = sample_archive.where("flt.1.goodmean>=0").columns("rootname", "flt.1.goodmean").rows()
    expected = {row["rootname"]: row["flt.1.goodmean"] for row in rows}
    table = header.select(["rootname", "goodmean"]).to_pylist()
    found = {row["rootname"]: row["goodmean"] for row in table}
    assert {name: found[name] for name in expected} == expected
