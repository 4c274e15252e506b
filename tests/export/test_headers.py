"""Are stored headers complete as lines and as JSON?"""

import json
from datetime import datetime

from export_rows import SPECS, untimed, values
from hypothesis import given
from hypothesis import strategies as st

from acsql import export


def test_a_header_has_a_line_for_each_card():
    values = {
        "exptime": 60.0,
        "date_obs": datetime(2002, 4, 13),
        "subarray": False,
        "targname": None,
        "new_key": 5,
        "history": ["first", "second"],
    }
    lines = list(export.header_lines(values, SPECS))
    spec = SPECS.keywords["exptime"]
    assert lines[0] == f"EXPTIME  = 60.0 [s] / {spec.description}"
    assert lines[1].startswith("DATE-OBS = 2002-04-13 / ")
    assert lines[2].startswith("SUBARRAY = F / ")
    assert lines[3].startswith("TARGNAME =  / ")
    assert lines[4:] == ["NEW_KEY  = 5", "HISTORY  = first", "HISTORY  = second"]


@untimed
@given(st.dictionaries(st.sampled_from(sorted(SPECS.keywords)), values))
def test_every_value_of_a_header_has_a_line(header):
    expected = sum(len(v) if isinstance(v, list) else 1 for v in header.values())
    assert len(list(export.header_lines(header, SPECS))) == expected


@untimed
@given(st.dictionaries(st.sampled_from(sorted(SPECS.keywords)), values))
def test_a_header_is_a_record_in_json(header):
    record = export.header_record(header, SPECS)
    assert record.keys() == header.keys()
    assert json.loads(json.dumps(record, allow_nan=False)) == record
