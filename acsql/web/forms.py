"""What an address of the site asks: its parameters, and the conditions that they state.

All state of a search is in its address, so every page can be sent to a colleague.  The fields
of the query form and the filters of a proposal are the tables below; their options come from the
archive.  A parameter that no table names is an error, because ignoring one silently would
answer another question than the one that was asked.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from .. import query
from ..archive import DEFAULT_COLUMNS, DEFAULT_SORT
from ..errors import QueryError
from ..export import FORMATS
from ..query import And, AnyOf, Between, Condition, Or
from ..specs import KeywordSpecs

OPERATORS = {"eq": "=", "lt": "<", "gt": ">", "between": "between"}


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


@dataclass(frozen=True)
class Field:
    """A field of the query form, for one keyword."""

    keyword: str
    label: str
    example: str = ""
    kind: ClassVar[str]

    @property
    def single(self) -> tuple[str, ...]:
        """The parameters of the field that may stand once."""
        return (self.keyword,)

    def condition(self, asked: Address, specs: KeywordSpecs) -> Condition | None:
        """Return the condition that the field states, None if it is empty.

        Raises
        ------
        QueryError
            If a value does not fit the keyword's type.
        """
        raise NotImplementedError

    def words(self, asked: Address) -> str:
        """Return what the field asks as people read it, nothing if it is empty."""
        return ", ".join(asked.all(self.keyword))


class TextList(Field):
    """Texts separated by commas, each with wildcards if need be."""

    kind = "text"

    def condition(self, asked: Address, specs: KeywordSpecs) -> Condition | None:
        """Return that the keyword is one of the texts or matches one."""
        # Only the further conditions have lines; elsewhere a line break is a blank.
        text = " ".join(asked.first(self.keyword).split())
        return query.compare(self.keyword, "=", text, specs) if text else None


class Comparison(Field):
    """A number or a date compared with one value, or lying between two."""

    kind = "comparison"

    @property
    def operator(self) -> str:
        """The parameter that says how to compare."""
        return f"{self.keyword}_op"

    @property
    def upper(self) -> str:
        """The parameter of the second value of ``between``."""
        return f"{self.keyword}_to"

    @property
    def single(self) -> tuple[str, ...]:
        """The operator and the two values."""
        return (self.operator, self.keyword, self.upper)

    def condition(self, asked: Address, specs: KeywordSpecs) -> Condition | None:
        """Return the comparison; ``between`` with one value is open at the other end."""
        operator = asked.chosen(self.operator, OPERATORS, "eq")
        value, upper = asked.first(self.keyword), asked.first(self.upper)
        if operator == "between":
            bounds = Between(self.keyword, value or None, upper or None)
            return query.prepare(bounds, specs) if value or upper else None
        if upper:
            raise QueryError(f"{self.keyword}: a second value ({upper}) goes only with between")
        text = " ".join(value.split())
        return query.compare(self.keyword, OPERATORS[operator], text, specs) if text else None

    def words(self, asked: Address) -> str:
        """Return ``< 100`` or ``between 1 and 2``."""
        operator = OPERATORS.get(asked.first(self.operator, "eq"), "")
        value, upper = asked.first(self.keyword), asked.first(self.upper)
        if operator == "between" and (value or upper):
            return f"between {value or 'anything'} and {upper or 'anything'}"
        return f"{operator} {value}" if value else ""


class Choices(Field):
    """Some of the values that the keyword takes in the archive."""

    kind = "choices"

    @property
    def single(self) -> tuple[str, ...]:
        """None: each chosen value has a parameter of its own."""
        return ()

    def condition(self, asked: Address, specs: KeywordSpecs) -> Condition | None:
        """Return that the keyword is one of the chosen values."""
        values = tuple(asked.all(self.keyword))
        return query.prepare(AnyOf(self.keyword, values), specs) if values else None


# The query form, in its order.
FIELDS: tuple[Field, ...] = (
    TextList("rootname", "Rootname", "j8bt05njq, jcp0*"),
    TextList("targname", "Target", "NGC104, M31*"),
    TextList("pr_inv_l", "PI last name", "Bohlin, van*"),
    TextList("pr_inv_f", "PI first name", "Ralph"),
    Comparison("proposid", "Proposal", "9019"),
    Comparison("date_obs", "Date", "2002-04-13"),
    Comparison("exptime", "Exposure time", "100"),
    Choices("proposal_type", "Proposal type"),
    Choices("detector", "Detector"),
    Choices("obstype", "Observation type"),
    Choices("imagetyp", "Image type"),
    Choices("aperture", "Aperture"),
    Choices("filter1", "Filter 1"),
    Choices("filter2", "Filter 2"),
)
FURTHER = "where"

# How results are shown, or the file they are taken away in.  The format for terminals is left
# out: it cannot be streamed, because it has to know every row before it writes the first.
PAGES = {"html": "Table", "thumbnails": "Thumbnails"}
DOWNLOADS = {name: name.upper() for name in FORMATS if name != "table"}
OUTPUTS = PAGES | DOWNLOADS


class Search(Address):
    """A search with the query form: what to find, what to show of it, and how."""

    single = (
        *(parameter for field in FIELDS for parameter in field.single),
        "columns",
        "sort",
        "format",
        "after",
    )
    several = (*(field.keyword for field in FIELDS if field.kind == "choices"), FURTHER)

    def __init__(self, given: Mapping[str, Iterable[str]] | None = None) -> None:
        super().__init__(given)
        # The form has a box for each column, and one box for many lines of conditions.
        columns = _split(",".join(self.all("columns")))
        lines = [line.strip() for value in self.all(FURTHER) for line in value.splitlines()]
        self.given["columns"] = [",".join(columns)]
        self.given[FURTHER] = [line for line in lines if line]
        self._leave_out_what_goes_without_saying()

    def _leave_out_what_goes_without_saying(self) -> None:
        """Keep only what makes the search another one, so that its address stays short."""
        comparisons = [field for field in FIELDS if isinstance(field, Comparison)]
        usual = {"sort": ",".join(DEFAULT_SORT), "format": "html"}
        usual |= {field.operator: "eq" for field in comparisons}
        idle = {
            field.operator
            for field in comparisons
            if not (self.first(field.keyword) or self.first(field.upper))
            and self.all(field.operator) in [[operator] for operator in OPERATORS]
        }
        if set(self.columns) == set(DEFAULT_COLUMNS):
            idle.add("columns")
        self.given = {
            name: values
            for name, values in self.given.items()
            if any(values) and name not in idle and values != [usual.get(name)]
        }

    def arguments(self, **changes: str | None) -> dict[str, list[str]]:
        """Return the parameters for an address, as few as will do; see `Address.arguments`."""
        return Search(super().arguments(**changes)).given

    @property
    def columns(self) -> list[str]:
        """The keywords to show."""
        return _split(self.first("columns")) or list(DEFAULT_COLUMNS)

    @property
    def sort(self) -> list[str]:
        """The keywords to sort by."""
        return _split(self.first("sort")) or list(DEFAULT_SORT)

    @property
    def output(self) -> str:
        """How the results are wanted: one of `OUTPUTS`."""
        return self.chosen("format", OUTPUTS, "html")

    @property
    def after(self) -> str | None:
        """The mark of the page, None for the first."""
        return self.first("after") or None

    def condition(self, specs: KeywordSpecs) -> Condition:
        """Return the condition that all fields state together.

        Raises
        ------
        QueryError
            If a field cannot be understood.
        """
        fields = (field.condition(self, specs) for field in FIELDS)
        further = (query.parse(line, specs) for line in self.all(FURTHER))
        return And((*(found for found in fields if found is not None), *further))

    def words(self) -> list[tuple[str, str]]:
        """Return the conditions as people read them: labels and what is asked of each."""
        asked = [(field.label, field.words(self)) for field in FIELDS]
        return [(label, words) for label, words in asked if words] + [
            ("Condition", line) for line in self.all(FURTHER)
        ]


def _split(text: str) -> list[str]:
    parts = (part.strip() for part in text.split(","))
    return list(dict.fromkeys(part for part in parts if part))


@dataclass(frozen=True)
class Filter:
    """A way to choose among the observations of a proposal: by the values of some keywords."""

    parameter: str
    label: str
    keywords: tuple[str, ...]

    def condition(self, asked: Address) -> Condition | None:
        """Return that one of the keywords has one of the chosen values."""
        values = tuple(asked.all(self.parameter))
        parts = tuple(AnyOf(keyword, values) for keyword in self.keywords)
        return Or(parts) if values else None


FILTERS = (
    Filter("visit", "Visit", ("visit",)),
    Filter("target", "Target", ("targname",)),
    Filter("detector", "Detector", ("detector",)),
    Filter("filter", "Filter", ("filter1", "filter2")),
)
MATCHES = {"all": And, "any": Or}
SORTS = {
    "expstart": "Earliest first",
    "-expstart": "Latest first",
    "exptime": "Shortest exposure first",
    "-exptime": "Longest exposure first",
}


class Selection(Address):
    """Some observations of a proposal, and their order."""

    single = ("match", "sort")
    several = tuple(filter_.parameter for filter_ in FILTERS)

    @property
    def match(self) -> str:
        """Whether ``all`` filters have to fit or ``any`` of them."""
        return self.chosen("match", MATCHES, "all")

    @property
    def sort(self) -> str:
        """One of `SORTS`."""
        return self.chosen("sort", SORTS, "expstart")

    @property
    def active(self) -> bool:
        """Whether any filter is set."""
        return any(self.all(filter_.parameter) for filter_ in FILTERS)

    def condition(self) -> Condition:
        """Return the condition that the filters state together."""
        parts = (filter_.condition(self) for filter_ in FILTERS)
        found = tuple(part for part in parts if part is not None)
        return MATCHES[self.match](found) if found else And()


class ProposalList(Address):
    """The list of proposals: those that contain some words, in some order."""

    single = ("find", "sort")
    SORTS: ClassVar[dict[str, Any]] = {
        "proposid": lambda proposal: proposal.proposid,
        "type": lambda proposal: proposal.type or "",
        "pi": lambda proposal: proposal.pi or "",
        "observations": lambda proposal: proposal.observations,
        "exptime": lambda proposal: proposal.exptime,
        "first": lambda proposal: (proposal.first is not None, proposal.first),
        "last": lambda proposal: (proposal.last is not None, proposal.last),
    }

    @property
    def sort(self) -> str:
        """One of `SORTS`, downwards with ``-`` before it."""
        choices = [*self.SORTS, *(f"-{name}" for name in self.SORTS)]
        return self.chosen("sort", choices, "proposid")
