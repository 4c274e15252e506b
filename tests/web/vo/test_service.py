"""Parameters of VO services, and their errors."""

import io

import pytest
from astropy.io import votable
from flask.testing import FlaskClient

from acsql.errors import QueryError
from acsql.web.vo.service import DaliParameters


class OneNumber(DaliParameters):
    """One parameter."""

    sr: float = 0


@pytest.mark.parametrize("name", ["sr", "SR", "Sr"])
def test_names_of_parameters_may_have_any_case(name: str) -> None:
    assert OneNumber.parse({name: ["2.5"]}).sr == 2.5


def test_other_parameters_are_ignored() -> None:
    assert OneNumber.parse({"VERB": ["3"], "sr": ["1"]}) == OneNumber.parse({"SR": ["1"]})


@pytest.mark.parametrize("values", [{"SR": ["1"], "sr": ["2"]}, {"SR": ["x"]}])
def test_a_repeated_or_wrong_parameter_is_an_error_that_names_it(
    values: dict[str, list[str]],
) -> None:
    with pytest.raises(QueryError, match=r"^sr: "):
        OneNumber.parse(values)


def test_an_error_is_a_votable(client: FlaskClient) -> None:
    response = client.get("/vo/nothing")
    assert (response.status_code, response.mimetype) == (404, "application/x-votable+xml")
    (resource,) = votable.parse(io.BytesIO(response.data), verify="exception").resources
    assert resource.infos[0].value == "ERROR"
