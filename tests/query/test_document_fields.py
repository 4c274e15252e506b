"""Names of files and the footprint are found, suggested and refused where they cannot be."""

import pytest
from query_values import SPECS

from acsql import query
from acsql.errors import QueryError
from acsql.query import Equals, Exists, Not
from acsql.query.document_fields import dataset, datasets, is_region


@pytest.mark.parametrize("text", ["flc", "FLC", "datasets.flc", " Datasets.FLC "])
def test_a_filetype_is_the_name_of_its_file(text) -> None:
    column = query.resolve(text, SPECS)
    assert column.address == "datasets.flc"
    assert (column.spec.type, column.spec.description) == ("str", "name of the flc file")
    assert column.can_be_sorted


@pytest.mark.parametrize("filetype", SPECS.filetypes)
def test_which_files_exist_is_a_condition(filetype) -> None:
    exists = query.parse(f"exists({filetype})", SPECS)
    assert exists == Exists(f"datasets.{filetype}")
    assert query.parse(f"missing({filetype})", SPECS) == Not(exists)
    assert query.parse(query.format_condition(exists, SPECS), SPECS) == exists


def test_a_file_is_found_by_its_name() -> None:
    name = "j8bt05njq_flc.fits"
    assert query.parse(f"datasets.flc={name}", SPECS) == Equals("datasets.flc", name)


def test_an_unknown_filetype_is_refused_with_those_that_exist() -> None:
    with pytest.raises(QueryError, match=r"datasets\.fl1: the filetypes are raw, "):
        query.resolve("datasets.fl1", SPECS)


def test_other_addresses_name_no_file() -> None:
    assert dataset("exptime", SPECS) is None
    assert [address for address, _ in datasets(SPECS)] == [f"datasets.{f}" for f in SPECS.filetypes]


@pytest.mark.parametrize("text", ["s_region", "S_REGION", "footprint"])
def test_the_footprint_is_a_column_of_results_alone(text) -> None:
    assert is_region(text)
    (column,) = query.resolve_results([text], SPECS)
    assert (column.address, column.can_be_sorted) == ("s_region", False)
    with pytest.raises(QueryError, match=r"column of results; search with covers\(\)"):
        query.resolve(text, SPECS)


def test_both_are_found_by_their_descriptions() -> None:
    assert "datasets.flc" in [column.address for column in query.search_keywords("flc", SPECS)]
    assert query.search_keywords("footprint", SPECS)[0].address == "s_region"
