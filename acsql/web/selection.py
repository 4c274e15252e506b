"""Selected observations of a proposal, and the walk from one observation to the next."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Self

from pydantic import model_validator

from ..archive import Archive
from ..observation import Observation
from ..proposals import in_proposal
from ..query import And, AnyOf, Condition, Or
from ..search import Search
from .params import OneOf, Parameters, either, split


@dataclass(frozen=True)
class Filter:
    """A filter of the proposal page: a parameter, and the keywords whose values it selects.

    Parameters
    ----------
    parameter : str
        The parameter of `SelectionParameters`.
    label : str
        Its heading on the page.
    keywords : tuple of str
        One of these keywords must have one of the selected values.
    of_proposal : str
        The attribute of `acsql.proposals.Proposal` with all values.
    """

    parameter: str
    label: str
    keywords: tuple[str, ...]
    of_proposal: str


FILTERS = (
    Filter("visit", "Visit", ("visit",), "visits"),
    Filter("target", "Target", ("targname",), "targets"),
    Filter("detector", "Detector", ("detector",), "detectors"),
    Filter("filter", "Filter", ("filter1", "filter2"), "filters"),
)
MATCHES: dict[str, type[And] | type[Or]] = {"all": And, "any": Or}
SORTS = {
    "expstart": "Earliest first",
    "-expstart": "Latest first",
    "exptime": "Shortest exposure first",
    "-exptime": "Longest exposure first",
}


class SelectionParameters(Parameters):
    """Some observations of a proposal, and their order."""

    match: Annotated[str, OneOf(MATCHES)] = "all"
    sort: Annotated[str, OneOf(SORTS)] = "expstart"
    after: str | None = None
    before: str | None = None
    visit: tuple[str, ...] = ()
    target: tuple[str, ...] = ()
    detector: tuple[str, ...] = ()
    filter: tuple[str, ...] = ()

    def values(self, filter_: Filter) -> tuple[str, ...]:
        """Return the selected values of a filter."""
        values: tuple[str, ...] = getattr(self, filter_.parameter)
        return values

    @property
    def is_filtered(self) -> bool:
        """Whether any filter is set."""
        return any(self.values(filter_) for filter_ in FILTERS)

    def condition(self) -> Condition:
        """Return the condition that the filters state together."""
        conditions = [
            Or(tuple(AnyOf(keyword, values) for keyword in filter_.keywords))
            for filter_ in FILTERS
            if (values := self.values(filter_))
        ]
        return MATCHES[self.match](tuple(conditions)) if conditions else And()


class WalkParameters(SelectionParameters):
    """The list through which the reader walks: a search, or a selection of a proposal.

    With ``q``, also an empty one, it is a search over all proposals.
    """

    q: str | None = None
    sort: str = ""

    @classmethod
    def clean(cls, values: Mapping[str, Iterable[str]]) -> dict[str, list[str]]:
        """Return the values as `Parameters.clean` does, but keep an empty ``q``.

        Parameters
        ----------
        values : mapping of str to iterable of str
            As in `Parameters.parse`.

        Returns
        -------
        dict of list of str
            With ``q`` if the URL contains it.
        """
        cleaned = super().clean(values)
        return cleaned | ({"q": [""]} if "q" in values and "q" not in cleaned else {})

    @model_validator(mode="after")
    def _check_sort(self) -> Self:
        if not self.is_search and self.sort not in ("", *SORTS):
            raise ValueError(f"sort: expected {either(tuple(SORTS))}, not {self.sort!r}")
        return self

    @property
    def is_search(self) -> bool:
        """Whether the walk goes through a search over all proposals."""
        return self.q is not None

    def search(self, archive: Archive, observation: Observation) -> Search:
        """Return the search whose results the walk goes through.

        Parameters
        ----------
        archive : Archive
            The archive.
        observation : Observation
            Where the walk is.

        Returns
        -------
        Search
            For `Search.neighbours`.

        Raises
        ------
        QueryError
            If ``q`` is not a valid query, or a sort key is not a keyword.
        """
        if not self.is_search:
            proposal = in_proposal(observation["proposid"])
            return archive.where(proposal, self.condition()).sort(self.sort or "expstart")
        conditions = [self.q] if self.q else []
        return archive.where(*conditions).sort(*split(self.sort))

    def arguments(self, **changes: str | None) -> dict[str, Any]:
        """Return the parameters for a link to another observation on the same walk.

        Parameters
        ----------
        **changes : str or None
            As in `Parameters.arguments`.

        Returns
        -------
        dict
            Without the cursors of the page from which the walk started.
        """
        unpaged: dict[str, str | None] = {"after": None, "before": None}
        everything = {"q": [""]} if self.is_search else {}
        return everything | super().arguments(**unpaged | changes)
