"""Does astropy read FITS tables back as they were written?"""

import io

from astropy.io import fits
from astropy.table import Table
from export_rows import check_cells, in_blocks, typed_tables, untimed
from hypothesis import given


@untimed
@given(typed_tables())
def test_a_fits_table_is_read_back_by_astropy(drawn):
    shown, table = drawn
    content = in_blocks("fits", table, shown)
    assert len(content) % 2880 == 0
    with fits.open(io.BytesIO(content)) as hdus:
        hdus.verify("exception")
        found = Table.read(hdus[1], character_as_bytes=False)
    # FITS does not keep blanks at the end of a text.
    check_cells(found, shown, table, strip=lambda cell: cell.rstrip(" "), bools_as_text=True)
