"""Explanations of empty results: which conditions of a search exclude every observation.

Each condition is counted alone, and left out once: where leaving it out would give a result, it
is a cause.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from ..errors import QueryTimeout
from ..keywords import KeywordSpecs
from ..query import And, Condition, conjuncts, format_condition
from ..query.messages import shorten
from ..store.client import Store
from . import counting

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class ExplainedCondition:
    """One condition of a search, and its effect on the result.

    Attributes
    ----------
    condition : Condition
        The condition.
    text : str
        The condition in the query language.
    count : int, optional
        The number of observations that meet it alone; None if counting took longer than the time
        limit.
    matches_without : bool, optional
        Whether any observation meets all the other conditions; None as for `count`.
    """

    condition: Condition
    text: str
    count: int | None
    matches_without: bool | None

    @property
    def is_cause(self) -> bool:
        """Whether the condition empties the result, alone or together with others."""
        return self.count == 0 or bool(self.matches_without)

    def __str__(self) -> str:
        if self.count is None:
            effect = "not counted within the time limit"
        elif self.count == 0:
            effect = "no observation meets this"
        else:
            effect = f"{self.count} observation{'s meet' if self.count > 1 else ' meets'} this"
        remedy = "; without it there are results" if self.matches_without else ""
        return f"{self.text}: {effect}{remedy}"


@dataclass(frozen=True)
class Explanation:
    """The explanation of an empty result; ``str()`` gives a summary and a line for each condition.

    Attributes
    ----------
    count : int, optional
        The number of observations that meet all conditions; None if counting took longer than the
        time limit.
    conditions : tuple of ExplainedCondition
        The conditions in the order of the search.
    """

    count: int | None
    conditions: tuple[ExplainedCondition, ...]

    @property
    def causes(self) -> list[Condition]:
        """The conditions that empty the result; empty if only three or more together do so."""
        return [part.condition for part in self.conditions if part.is_cause and not self.count]

    def __str__(self) -> str:
        return "\n".join([self._summary(), *map(str, self.conditions)])

    def _summary(self) -> str:
        if self.count:
            verb = "observation meets" if self.count == 1 else "observations meet"
            return f"{self.count} {verb} all conditions."
        if not self.conditions:
            return "The archive is empty."
        if self.count is None:
            return "The observations that meet all conditions were not counted within the limit."
        if not self.causes:
            return "No observation meets all conditions; leaving out any one of them does not help."
        return "No observation meets all conditions."


def explain(
    store: Store, specs: KeywordSpecs, condition: Condition, time_limit: float | None
) -> Explanation:
    """Return the parts of a condition that exclude every observation.

    Parameters
    ----------
    store : Store
        The database.
    specs : KeywordSpecs
        The keyword specs.
    condition : Condition
        As `acsql.query.prepare` returns it.
    time_limit : float, optional
        Seconds that each count may take; None for no limit.

    Returns
    -------
    Explanation
        An entry for each member of an `And`, or one for any other condition.
    """
    parts = conjuncts(condition)
    others = [And((*parts[:number], *parts[number + 1 :])) for number in range(len(parts))]

    def count(counted: Condition) -> int | None:
        """Count the observations that meet a condition."""
        return _in_time(lambda: counting.count(store, counted, time_limit))

    def matches(tested: Condition) -> bool | None:
        """Test whether any observation meets a condition."""
        return _in_time(lambda: counting.any_match(store, tested, time_limit))

    return Explanation(
        count(condition),
        tuple(
            ExplainedCondition(
                part, shorten(format_condition(part, specs)), count(part), matches(without)
            )
            for part, without in zip(parts, others, strict=True)
        ),
    )


def _in_time(query: Callable[[], Answer]) -> Answer | None:
    """Return the answer of a query, or None if it takes longer than its time limit."""
    try:
        return query()
    except QueryTimeout:
        return None
