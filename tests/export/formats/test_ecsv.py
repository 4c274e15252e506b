"""Does astropy read ECSV back as it was written?"""

import io

from astropy.table import Table
from export_rows import check_cells, columns, in_blocks, typed_tables, untimed
from hypothesis import given


@untimed
@given(typed_tables())
def test_ecsv_is_read_back_by_astropy(drawn):
    shown, table = drawn
    content = in_blocks("ecsv", table, shown)
    found = Table.read(io.BytesIO(content), format="ascii.ecsv")
    check_cells(found, shown, table)


def test_texts_are_read_back_below_blocks_without_a_value():
    shown = columns("str", "int")
    table = [[None, None]] * 4 + [["two\nlines", 1], [None, None]]
    found = Table.read(io.BytesIO(in_blocks("ecsv", table, shown)), format="ascii.ecsv")
    check_cells(found, shown, table)
