"""URL parameters: one pydantic model for each page and each endpoint of the API.

The model is the only description of the parameters: requests are checked against it, links are
made from it, and the OpenAPI document is generated from it.  An unknown parameter is an error,
because a page that ignores one answers another question than its URL asks.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self, get_origin

from pydantic import (
    BaseModel,
    ConfigDict,
    GetCoreSchemaHandler,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_core import CoreSchema, ErrorDetails, core_schema

from ..errors import QueryError


class Parameters(BaseModel):
    """The parameters of a page; a page without parameters uses this class itself.

    A field is a parameter that occurs once; a field of type ``tuple`` may be repeated.  Values
    lose surrounding blanks, and a parameter without a value counts as missing.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    # Whether a parameter without a value is an error.
    refuse_empty: ClassVar[bool] = False

    @classmethod
    def parse(cls, values: Mapping[str, Iterable[str]]) -> Self:
        """Return the checked parameters of a URL.

        Parameters
        ----------
        values : mapping of str to iterable of str
            All values of each parameter, as in ``request.args.to_dict(flat=False)``.

        Returns
        -------
        Parameters
            An instance of this class.

        Raises
        ------
        QueryError
            If a parameter is unknown, repeated, or has a value that it cannot have.
        """
        try:
            return cls.model_validate(cls.clean(values))
        except ValidationError as error:
            messages = [cls._message(details) for details in error.errors()]
            raise QueryError("; ".join(dict.fromkeys(messages))) from error

    @classmethod
    def clean(cls, values: Mapping[str, Iterable[str]]) -> dict[str, list[str]]:
        """Return the values without surrounding blanks and without the empty ones.

        Parameters
        ----------
        values : mapping of str to iterable of str
            As in `parse`.

        Returns
        -------
        dict of list of str
            Unknown parameters are kept, as are empty ones if they are errors.
        """
        stripped = {
            name: [value.strip() for value in repeated if value.strip()]
            for name, repeated in values.items()
        }
        return {
            name: remaining
            for name, remaining in stripped.items()
            if remaining or cls.refuse_empty or name not in cls.model_fields
        }

    @field_validator("*", mode="before")
    @classmethod
    def _unpack(cls, values: list[str], info: ValidationInfo) -> str | list[str]:
        """Return the only value of a parameter that occurs once."""
        if not values:
            raise ValueError("expected a value, or omit the parameter")
        if get_origin(cls.model_fields[str(info.field_name)].annotation) is tuple:
            return values
        if len(values) > 1:
            raise ValueError(f"occurs {len(values)} times, but may occur only once")
        return values[0]

    @classmethod
    def _message(cls, details: ErrorDetails) -> str:
        """Return an error of pydantic in the words of the site."""
        name = ".".join(str(part) for part in details["loc"][:1])
        context = details.get("ctx", {})
        match details["type"]:
            case "extra_forbidden":
                names = ", ".join(cls.model_fields)
                takes = f"the parameters are {names}" if names else "this page takes none"
                return f"unknown parameter {name!r}; {takes}"
            case "missing":
                return f"the parameter {name} is missing"
            case "literal_error":
                expected = context["expected"].replace("'", "")
                return f"{name}: expected {expected}, not {details['input']!r}"
            case "value_error":
                return f"{name}: {context['error']}" if name else str(context["error"])
        return f"{name}: {details['msg']}"

    def arguments(self, **changes: str | None) -> dict[str, Any]:
        """Return the parameters for a link to the same page, or to one like it.

        Parameters
        ----------
        **changes : str or None
            Parameters to set, or with None to leave out.

        Returns
        -------
        dict
            All values of each parameter, for ``url_for``.
        """
        values = {name: _strings(value) for name, value in self.explicit().items()}
        values |= {name: _strings(value) for name, value in changes.items()}
        return {name: value for name, value in values.items() if value}

    def explicit(self) -> dict[str, Any]:
        """Return the parameters that the URL contains, by name and in the order of the fields."""
        fields = type(self).model_fields
        return {name: getattr(self, name) for name in fields if name in self.model_fields_set}


def _strings(value: object) -> list[str]:
    """Return the values of one parameter as they stand in a URL."""
    if value is None:
        return []
    return [str(part) for part in value] if isinstance(value, tuple) else [str(value)]


@dataclass(frozen=True)
class OneOf:
    """The type of a parameter with few possible values, for ``Annotated[str, OneOf(...)]``.

    Parameters
    ----------
    choices : iterable of str
        The values; they become an ``enum`` of the OpenAPI document.
    """

    choices: Iterable[str]

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Return the schema by which pydantic checks a value."""
        return core_schema.literal_schema(list(self.choices))


@dataclass(frozen=True)
class WholeNumber:
    """The type of a parameter that is a whole number, for ``Annotated[int, WholeNumber(...)]``.

    Pydantic itself also reads ``1.0`` and ``1_000``, which are not whole numbers in a URL.

    Parameters
    ----------
    low, high : int
        The smallest and the largest number.
    """

    low: int
    high: int

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Return the schema by which pydantic checks a value."""
        number = core_schema.int_schema(ge=self.low, le=self.high)
        return core_schema.no_info_before_validator_function(self._read, number)

    def _read(self, text: str) -> int:
        is_number = re.fullmatch(r"-?[0-9]{1,12}", text, re.ASCII)
        if not (is_number and self.low <= int(text) <= self.high):
            raise ValueError(
                f"expected a whole number from {self.low} to {self.high}, not {text!r}"
            )
        return int(text)


def choose(name: str, value: str | None, choices: Sequence[str], default: str) -> str:
    """Return the value of a parameter whose possible values are known only at run time.

    Parameters
    ----------
    name : str
        The parameter.
    value : str or None
        Its value, None if it is missing.
    choices : sequence of str
        The possible values.
    default : str
        The value of a missing parameter.

    Returns
    -------
    str
        The value.

    Raises
    ------
    QueryError
        If it is not one of the choices.
    """
    if value is None:
        return default
    if value not in choices:
        raise QueryError(f"{name}: expected {either(choices)}, not {value!r}")
    return value


def either(choices: Sequence[str]) -> str:
    """Return the possible values as a list in an English sentence, as pydantic words it."""
    *others, last = choices
    return f"{', '.join(others)} or {last}" if others else last


def split(text: str) -> list[str]:
    """Return the parts of a comma-separated list, without blanks, each once."""
    parts = (part.strip() for part in text.split(","))
    return list(dict.fromkeys(part for part in parts if part))
