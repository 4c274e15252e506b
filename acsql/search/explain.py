"""Why a search finds nothing: which of its conditions empties the answer.

Each condition is counted by itself, and left out once: the one without which something would be
found is the one to look at.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from ..errors import QueryTimeout
from ..keywords import KeywordSpecs
from ..query import And, Condition, format_condition
from ..store import observations
from ..store.client import Store
from . import counting

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Part:
    """One condition of a search, and what it does to the answer.

    `text` is the condition as a user writes it, `alone` how many observations meet it, and
    `without` whether any meet all the other ones; the last two are None if they could not be
    found out within the time limit.
    """

    condition: Condition
    text: str
    alone: int | None
    without: bool | None

    @property
    def to_blame(self) -> bool:
        """Whether the answer is empty because of this condition, by itself or with others."""
        return self.alone == 0 or bool(self.without)

    def __str__(self) -> str:
        if self.alone is None:
            told = "could not be counted in time"
        elif self.alone == 0:
            told = "no observation meets this"
        else:
            plural = "s meet" if self.alone > 1 else " meets"
            told = f"{self.alone} observation{plural} this"
        if self.without:
            told += "; without it something would be found"
        return f"{self.text}: {told}"


@dataclass(frozen=True)
class Explanation:
    """Why a search finds nothing, or that it does find something; as text, a line for each part.

    `found` is how many observations meet all conditions, None if that is not known.
    """

    found: int | None
    parts: tuple[Part, ...]

    @property
    def to_blame(self) -> list[Condition]:
        """The conditions that empty the answer; none if they do so only by three and more."""
        return [part.condition for part in self.parts if part.to_blame] if not self.found else []

    def __str__(self) -> str:
        return "\n".join([self._summary(), *map(str, self.parts)])

    def _summary(self) -> str:
        if self.found:
            return f"{self.found} observations meet all conditions."
        if not self.parts:
            return "The archive is empty."
        if self.found is None:
            return "Whether any observation meets all conditions could not be found out in time."
        if not self.to_blame:
            return "No observation meets all conditions; leaving out any one of them does not help."
        return "No observation meets all conditions."


def explain(
    store: Store, specs: KeywordSpecs, condition: Condition, time_limit: float | None
) -> Explanation:
    """Return which parts of a condition make that nothing is found.

    Parameters
    ----------
    time_limit : float, optional
        How many seconds each part may be counted.
    """

    parts = condition.conditions if isinstance(condition, And) else (condition,)
    without = [And((*parts[:number], *parts[number + 1 :])) for number in range(len(parts))]
    return Explanation(
        _in_time(counting.count, store, specs, condition, time_limit),
        tuple(
            Part(
                part,
                format_condition(part, specs),
                _in_time(counting.count, store, specs, part, time_limit),
                _in_time(observations.is_any, store, others, time_limit),
            )
            for part, others in zip(parts, without, strict=True)
        ),
    )


def _in_time(ask: Callable[..., Answer], *asked: Any) -> Answer | None:
    """Return an answer, None if it takes longer than the time limit."""
    try:
        return ask(*asked)
    except QueryTimeout:
        return None
