"""URL parameters are checked against their model, with errors that name what is wrong."""

import json
from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acsql.errors import QueryError
from acsql.web.params import OneOf, Parameters, WholeNumber, choose, either, split


class Example(Parameters):
    """A parameter of each kind."""

    q: str = ""
    view: Annotated[str, OneOf(("table", "map"))] = "table"
    size: Annotated[int, WholeNumber(1, 1000)] = 50
    visit: tuple[str, ...] = ()


class Strict(Example):
    """The same, but a parameter without a value is an error."""

    refuse_empty = True
    x: Annotated[int, WholeNumber(-9, 9)]


def test_values_have_the_types_of_the_model() -> None:
    parameters = Example.parse(
        {"q": [" detector=WFC "], "size": ["7"], "visit": ["01", " ", "02"], "view": ["map"]}
    )
    assert parameters.q == "detector=WFC"
    assert parameters.size == 7
    assert parameters.visit == ("01", "02")
    assert parameters.view == "map"


def test_missing_and_empty_parameters_have_their_defaults() -> None:
    for values in ({}, {"q": [""], "size": [" ", ""], "visit": []}):
        parameters = Example.parse(values)
        assert parameters == Example()
        assert parameters.arguments() == {}


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"qq": ["1"]}, "unknown parameter 'qq'; the parameters are q, view, size, visit"),
        ({"qq": [""]}, "unknown parameter 'qq'"),
        ({"q[$ne]": ["1"]}, r"unknown parameter 'q\[\$ne\]'"),
        ({"q": ["a", "b"]}, "^q: occurs 2 times, but may occur only once$"),
        ({"view": ["globe"]}, "^view: expected table or map, not 'globe'$"),
        ({"size": ["0"]}, "^size: expected a whole number from 1 to 1000, not '0'$"),
        ({"size": ["1001"]}, "size: expected"),
        ({"size": ["1.0"]}, "size: expected"),
        ({"size": ["1_0"]}, "size: expected"),
        ({"size": ["+1"]}, "size: expected"),
        ({"size": ["\u0661"]}, "size: expected"),
        ({"size": ["9" * 400]}, "size: expected"),
        ({"view": ["x"], "size": ["y"]}, "view: expected .*; size: expected"),
    ],
)
def test_an_error_names_the_parameter_and_what_was_expected(
    values: dict[str, list[str]], message: str
) -> None:
    with pytest.raises(QueryError, match=message):
        Example.parse(values)


def test_a_page_without_parameters_says_so() -> None:
    with pytest.raises(QueryError, match="unknown parameter 'x'; this page takes none"):
        Parameters.parse({"x": ["1"]})


def test_an_empty_or_missing_parameter_can_be_an_error() -> None:
    assert Strict.parse({"x": ["-3"]}).x == -3
    with pytest.raises(QueryError, match="q: expected a value"):
        Strict.parse({"x": ["1"], "q": [" "]})
    with pytest.raises(QueryError, match="the parameter x is missing"):
        Strict.parse({})


def test_links_have_the_given_parameters_with_changes() -> None:
    parameters = Example.parse({"q": ["a"], "visit": ["01", "02"], "view": ["table"]})
    assert parameters.arguments() == {"q": ["a"], "view": ["table"], "visit": ["01", "02"]}
    assert parameters.arguments(q=None, size="5") == {
        "view": ["table"],
        "visit": ["01", "02"],
        "size": ["5"],
    }


@given(st.dictionaries(st.sampled_from(["q", "view", "size", "visit", "z"]), st.lists(st.text())))
def test_any_values_are_parsed_or_refused(values: dict[str, list[str]]) -> None:
    try:
        parameters = Example.parse(values)
    except QueryError as error:
        assert str(error)
    else:
        assert Example.parse(parameters.arguments()) == parameters


def test_the_model_describes_its_parameters_for_the_openapi_document() -> None:
    schema: dict[str, Any] = json.loads(json.dumps(Example.model_json_schema()))
    assert schema["properties"]["view"]["enum"] == ["table", "map"]
    assert schema["properties"]["size"]["minimum"] == 1
    assert schema["properties"]["size"]["maximum"] == 1000


def test_choices_known_only_at_run_time_are_checked() -> None:
    assert choose("extname", None, ["SCI", "ERR"], "SCI") == "SCI"
    assert choose("extname", "ERR", ["SCI", "ERR"], "SCI") == "ERR"
    with pytest.raises(QueryError, match="extname: expected SCI or ERR, not 'DQ'"):
        choose("extname", "DQ", ["SCI", "ERR"], "SCI")


@pytest.mark.parametrize(
    ("choices", "expected"),
    [
        (["SCI"], "SCI"),
        (["SCI", "ERR"], "SCI or ERR"),
        (["SCI", "ERR", "DQ"], "SCI, ERR or DQ"),
    ],
)
def test_choices_are_listed_as_in_a_sentence(choices: list[str], expected: str) -> None:
    assert either(choices) == expected


def test_lists_are_split_at_commas() -> None:
    assert split(" a, b,,a ,c") == ["a", "b", "c"]
    assert split("") == []
