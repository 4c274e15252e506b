"""Does astropy read ECSV back as it was written?"""

import io

from astropy.table import Table
from export_rows import check_cells, in_blocks, typed_tables, untimed
from hypothesis import given


@untimed
@given(typed_tables())
def test_ecsv_is_read_back_by_astropy(drawn):
    shown, table = drawn
    content = in_blocks("ecsv", table, shown)
    found = Table.read(io.BytesIO(content), format="ascii.ecsv")
    check_cells(found, shown, table)
