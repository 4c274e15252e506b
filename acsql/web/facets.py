"""The facets beside the results: the values of some keywords, and links that narrow the search."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .. import query
from ..errors import QueryTimeout
from ..export import text
from ..query import And, AnyOf, Condition, Equals, Or, conjuncts
from ..search import Search
from .context import current_archive
from .form_fields import FIELDS
from .results_parameters import ResultsParameters

# The values of a facet that are shown.
MAX_VALUES = 40
# A date counts by its year.
YEAR = "date_obs"
FLAGS = "flags"


@dataclass(frozen=True)
class FacetValue:
    """A value of a facet.

    Parameters
    ----------
    text : str
        The value.
    number : int
        How many of the results have it.
    narrowed : dict
        The parameters of the search that requires it.
    """

    text: str
    number: int
    narrowed: dict[str, Any]


@dataclass(frozen=True)
class Facet:
    """The values of one keyword in the results.

    Parameters
    ----------
    label : str
        The keyword in words.
    values : list of FacetValue
        The most frequent value first; years in their order.
    """

    label: str
    values: list[FacetValue]


def count_facets(
    parameters: ResultsParameters, search: Search, budget: float
) -> tuple[list[Facet], list[str]]:
    """Return the facets of a search that can be counted in time.

    Parameters
    ----------
    parameters : ResultsParameters
        The parameters of the page, from which links are made.
    search : Search
        The search.
    budget : float
        Seconds that the database may take to count what the columns do not answer.

    Returns
    -------
    facets : list of Facet
        Of the keywords with more than one value, and of flags with any.
    uncounted : list of str
        The labels of the facets that take longer.
    """
    specs = current_archive().specs
    choices = {f.keyword: f.label for f in FIELDS if f.kind(specs) == "choices"}
    labels = {**choices, YEAR: "Year", FLAGS: "Flag"}
    try:
        numbers = search.time_limit(budget).facets_of(*labels)
    except QueryTimeout:
        return [], list(labels.values())
    facets = [
        Facet(label, _values(parameters, search.condition, name, numbers[name]))
        for name, label in labels.items()
        if len(numbers[name]) > (name != FLAGS)
    ]
    return facets, []


def _values(
    parameters: ResultsParameters, condition: Condition, keyword: str, numbers: Mapping[Any, int]
) -> list[FacetValue]:
    """Return the values of a facet, with the searches that they lead to."""
    others = parameters.first_page(q=None, counts=None)
    kept = _without_list(condition, keyword)
    values = []
    for value in sorted(numbers) if keyword == YEAR else list(numbers)[:MAX_VALUES]:
        if keyword == YEAR:
            narrower = f"{keyword}={value:04d}"
        else:
            narrower = query.format_condition(Equals(keyword, value))
        shown = text(value) if isinstance(value, bool) else str(value)
        narrowed = {"q": [" ".join([*kept, narrower])], **others}
        values.append(FacetValue(shown, numbers[value], narrowed))
    return values


def _without_list(condition: Condition, keyword: str) -> Sequence[str]:
    """Return the conditions as texts, without a list of values that one value replaces."""
    specs = current_archive().specs
    texts = []
    for part in conjuncts(condition):
        if part == And() or (isinstance(part, AnyOf) and part.keyword == keyword):
            continue
        formatted = query.format_condition(part, specs)
        texts.append(f"({formatted})" if isinstance(part, Or) else formatted)
    return texts
