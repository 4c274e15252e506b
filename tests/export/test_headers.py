"""Are headers complete as lines and as JSON?"""

import json

from astropy.io import fits
from export_rows import SPECS, untimed, values
from hypothesis import given
from hypothesis import strategies as st

from acsql import export


def test_a_header_has_a_line_for_each_card_as_in_the_file():
    header = fits.Header([("EXPTIME", 60.0, "exposure duration"), ("", "    / SECTION"), ("", "")])
    header.append(("HISTORY", "first"), end=True)
    assert list(export.header_lines(header)) == [
        "EXPTIME =                 60.0 / exposure duration",
        "            / SECTION",
        "",
        "HISTORY first",
    ]


@untimed
@given(st.dictionaries(st.sampled_from(sorted(SPECS.keywords)), values))
def test_a_header_is_a_record_in_json(header):
    record = export.header_record(header, SPECS)
    assert record.keys() == header.keys()
    assert json.loads(json.dumps(record, allow_nan=False)) == record
