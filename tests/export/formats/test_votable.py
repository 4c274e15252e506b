"""Does astropy read VOTables back as they were written, and does votlint accept them?"""

import io
import shutil
import subprocess
from datetime import datetime
from pathlib import Path

import pytest
from astropy.io import votable
from export_rows import (
    KNOWN,
    ROW,
    SOUND,
    check_cells,
    columns,
    in_blocks,
    typed_tables,
    untimed,
    whole,
)
from hypothesis import given

from acsql.export import buffer
from acsql.keywords import KeywordSpec
from acsql.query import Column


@untimed
@given(typed_tables())
def test_a_votable_is_read_back_by_astropy(drawn):
    shown, table = drawn
    content = in_blocks("votable", table, shown)
    found = votable.parse_single_table(io.BytesIO(content), verify="exception").to_table()
    # astropy drops blanks at the ends of cells.
    check_cells(found, shown, table, strip=str.strip)


@pytest.mark.skipif(shutil.which("stilts") is None, reason="stilts is not installed")
@pytest.mark.parametrize("length", [0, 1, 7])
def test_a_votable_is_valid(tmp_path: Path, length: int):
    path = tmp_path / "out.vot"
    odd = Column("raw.0.a$b", KeywordSpec("A$B", "str", None, "<odd> & \x07"))
    wild = [None, "\U0001f52d \x00 <&>]]> é", 'a"b\r\nc']
    sound = [5, 1.5, True, "x", datetime(2002, 4, 13), "18:16:35", datetime(2002, 4, 13, 18)]
    shown = [*KNOWN, odd, *columns(*SOUND)]
    rows = [
        ROW
        | {odd.address: wild[n % 3]}
        | {f"c{k}": None if n == 5 else value for k, value in enumerate(sound)}
        for n in range(length)
    ]
    for row in rows[:1]:
        row["ccdgain"] = "a type mismatch"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(buffer, "BLOCK_SIZE", 3)
        path.write_bytes(whole("votable", rows, shown))
    # votlint exits with 0 even if it reports errors.
    result = subprocess.run(
        ["stilts", "votlint", path], capture_output=True, text=True, check=False
    )
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
