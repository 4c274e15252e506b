"""The fields of the query form: top-level keywords, whose specs decide how they look."""

from acsql import keywords as keyword_specs
from acsql.web.form_fields import FIELDS

SPECS = keyword_specs.load()


def test_fields_are_top_level_keywords() -> None:
    assert [field.keyword for field in FIELDS if field.keyword not in SPECS.top_level] == []
    assert len({field.keyword for field in FIELDS}) == len(FIELDS)


def test_the_specs_decide_the_kind_of_a_field() -> None:
    kinds = {field.keyword: field.kind(SPECS) for field in FIELDS}
    assert [name for name, kind in kinds.items() if kind == "text"] == [
        "rootname",
        "targname",
        "pr_inv_l",
        "pr_inv_f",
    ]
    assert [name for name, kind in kinds.items() if kind == "comparison"] == [
        "proposid",
        "date_obs",
        "exptime",
    ]
    assert {name for name, kind in kinds.items() if kind == "choices"} == {
        "proposal_type",
        "detector",
        "obstype",
        "aperture",
        "filter1",
        "filter2",
        "imagetyp",
    }
