"""What an address of the site asks: its parameters, and the conditions that they state.

All state of a search is in its address, so every page can be sent to a colleague: the conditions
as one text in the query language, and how they are shown.  The fields of the query form become
that text and are filled in from it again, so a search that was typed can be changed in the form.
What the fields are follows from the keyword specs, their options come from the archive.  A
parameter that nothing here names is an error, because ignoring one silently would answer another
question than the one that was asked."""

from collections.abc import Iterable, Mapping
from typing import ClassVar

from ..errors import QueryError


class Address:
    """The parameters of an address, without blanks and without the empty ones.

    Parameters
    ----------
    given : mapping
        The values of each parameter, as lists.

    Attributes
    ----------
    single, several : tuple of str
        The parameters that may stand once, and those that may stand several times.
    """

    single: ClassVar[tuple[str, ...]] = ()
    several: ClassVar[tuple[str, ...]] = ()

    def __init__(self, given: Mapping[str, Iterable[str]] | None = None) -> None:
        stripped = {
            name: [value.strip() for value in values if value.strip()]
            for name, values in (given or {}).items()
        }
        self.given = {name: values for name, values in stripped.items() if values}
        self.names = list(given or {})

    def first(self, name: str, default: str = "") -> str:
        """Return the value of a parameter that stands once."""
        return self.given.get(name, [default])[0]

    def all(self, name: str) -> list[str]:
        """Return the values of a parameter."""
        return self.given.get(name, [])

    def check(self) -> None:
        """Raise QueryError if a parameter is unknown, or given more often than it may be."""
        known = (*self.single, *self.several)
        for name in self.names:
            if name not in known:
                listed = ", ".join(known)
                there_are = f"the parameters are {listed}" if listed else "this page has none"
                raise QueryError(f"there is no parameter {name!r}: {there_are}")
        for name, values in self.given.items():
            if name in self.single and len(values) > 1:
                raise QueryError(f"{name} is given {len(values)} times: it can stand only once")

    def arguments(self, **changes: str | None) -> dict[str, list[str]]:
        """Return the parameters for the address of the same page or one like it.

        Parameters
        ----------
        **changes
            Parameters to set, or with None to leave out.
        """
        changed = {name: [] if value is None else [value] for name, value in changes.items()}
        known = (*self.single, *self.several)
        merged = {name: self.given.get(name, []) for name in known} | changed
        return {name: values for name, values in merged.items() if values}

    def chosen(self, name: str, choices: Iterable[str], default: str) -> str:
        """Return the value of a parameter that has few.

        Raises
        ------
        QueryError
            If it has another one.
        """
        value = self.first(name, default)
        if value not in choices:
            raise QueryError(f"{name} cannot be {value!r}: it is one of {', '.join(choices)}")
        return value


def split(text: str) -> list[str]:
    """Return what stands between commas, each once."""
    parts = (part.strip() for part in text.split(","))
    return list(dict.fromkeys(part for part in parts if part))
