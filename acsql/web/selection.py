"""What an address of the site asks: its parameters, and the conditions that they state.

All state of a search is in its address, so every page can be sent to a colleague: the conditions
as one text in the query language, and how they are shown.  The fields of the query form become
that text and are filled in from it again, so a search that was typed can be changed in the form.
What the fields are follows from the keyword specs, their options come from the archive.  A
parameter that nothing here names is an error, because ignoring one silently would answer another
question than the one that was asked."""

from dataclasses import dataclass

from .. import query
from ..keywords import KeywordSpecs
from ..query import And, AnyOf, Condition, Or
from .params import Address, split


@dataclass(frozen=True)
class Filter:
    """A way to choose among the observations of a proposal: by the values of some keywords.

    `of_proposal` is the attribute of `acsql.proposals.Proposal` that has all their values.
    """

    parameter: str
    label: str
    keywords: tuple[str, ...]
    of_proposal: str

    def condition(self, asked: Address) -> Condition | None:
        """Return that one of the keywords has one of the chosen values."""
        values = tuple(asked.all(self.parameter))
        parts = tuple(AnyOf(keyword, values) for keyword in self.keywords)
        return Or(parts) if values else None


FILTERS = (
    Filter("visit", "Visit", ("visit",), "visits"),
    Filter("target", "Target", ("targname",), "targets"),
    Filter("detector", "Detector", ("detector",), "detectors"),
    Filter("filter", "Filter", ("filter1", "filter2"), "filters"),
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

    single = ("match", "sort", "after", "before")
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


class Walk(Selection):
    """The way that led to an observation: a search, or some observations of its proposal."""

    single = ("q", *Selection.single)

    @property
    def is_search(self) -> bool:
        """Whether it is a search over all proposals."""
        return "q" in self.names

    @property
    def keys(self) -> list[str] | None:
        """The keywords to sort by, None for the usual order of a search."""
        return (split(self.first("sort")) or None) if self.is_search else [self.sort]

    def around(self, specs: KeywordSpecs) -> Condition:
        """Return what the observations before and after have to meet."""
        if not self.is_search:
            return self.condition()
        return query.parse(self.first("q"), specs) if self.first("q") else And()

    def arguments(self, **changes: str | None) -> dict[str, list[str]]:
        """Return the parameters for the address of another observation on the same way."""
        every = {"q": [""]} if self.is_search else {}
        return every | super().arguments(**{"after": None, "before": None} | changes)
