"""ObsCore has all columns that the recommendation requires, and converts what does not fit."""

import pyarrow as pa
import pytest

from acsql.vo.obscore_columns import COLUMNS, typed

# ObsCore 1.1, table 1.
MANDATORY = [
    *("dataproduct_type", "calib_level", "obs_collection", "obs_id", "obs_publisher_did"),
    *("access_url", "access_format", "access_estsize", "target_name"),
    *("s_ra", "s_dec", "s_fov", "s_region", "s_resolution", "s_xel1", "s_xel2"),
    *("t_min", "t_max", "t_exptime", "t_resolution", "t_xel"),
    *("em_min", "em_max", "em_res_power", "em_xel", "o_ucd", "pol_states", "pol_xel"),
    *("facility_name", "instrument_name"),
]


def test_all_mandatory_columns_exist() -> None:
    assert COLUMNS.keys() >= set(MANDATORY)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (pa.array([1, 2]), [1.0, 2.0]),
        (pa.array(["1.5", "high", None]), [1.5, None, None]),
        (pa.nulls(2), [None, None]),
        (pa.array(["2"]).dictionary_encode(), [2.0]),
    ],
)
def test_a_value_that_does_not_fit_is_unknown(values: pa.Array, expected: list[float]) -> None:
    assert typed(values, pa.float64()).to_pylist() == expected
