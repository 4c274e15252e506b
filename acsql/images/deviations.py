"""Deviations from the median of a distribution: sigma clipping, and the median absolute deviation.

Both need values by rank, ranks by value and moments of ranks, and no pass over the pixels.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from .distribution import Distribution

# Standard deviations beyond which values are clipped, and the most rounds of clipping: the defaults
# of astropy.stats.sigma_clip.
SIGMA = 3.0
ROUNDS = 5


class Clipped(NamedTuple):
    """The result of sigma clipping.

    Attributes
    ----------
    number : int
        Number of the values.
    mean, median, std : float
        Of the values.
    """

    number: int
    mean: float
    median: float
    std: float


def median(values: Distribution, first: int = 0, last: int | None = None) -> float:
    """Return the median of some ranks, by default of all, as `numpy.median` does.

    Parameters
    ----------
    values : Distribution
        With at least one value.
    first, last : int
        The ranks from `first` to before `last`.
    """
    last = values.size if last is None else last
    middle = first + last
    return (values.at((middle - 1) // 2) + values.at(middle // 2)) / 2


def sigma_clip(values: Distribution) -> Clipped:
    """Clip values far from the median, as `astropy.stats.sigma_clip` does.

    Each of at most 5 rounds removes the values that are further than 3 standard deviations from
    the median of those that remain.

    Parameters
    ----------
    values : Distribution
        With at least one value.

    Returns
    -------
    Clipped
        Statistics of the values that remain.
    """
    first, last = 0, values.size
    mean, std = values.moments(first, last)
    for _ in range(ROUNDS):
        centre, reach = median(values, first, last), SIGMA * std
        if not np.isfinite(centre + reach):
            break
        kept = max(first, values.below(centre - reach)), min(last, values.up_to(centre + reach))
        if kept == (first, last):
            break
        first, last = kept
        mean, std = values.moments(first, last)
    return Clipped(last - first, mean, median(values, first, last), std)


def median_absolute_deviation(values: Distribution) -> float:
    """Return the median of the absolute deviations from the median.

    As `astropy.stats.median_absolute_deviation`, without a factor.

    Parameters
    ----------
    values : Distribution
        With at least one value.
    """
    centre, number = median(values), values.size
    places = {(number - 1) // 2, number // 2}
    return sum(_deviation(values, centre, place) for place in places) / len(places)


def _deviation(values: Distribution, centre: float, place: int) -> float:
    """Return the absolute deviation at a place in their order.

    The deviations of the values above the median ascend with the rank, and those of the others
    descend; the first `place + 1` of both consist of a beginning of each.
    """
    split, number = values.below(centre), values.size

    def enough(above: int) -> bool:
        """Whether no smaller deviation is left above the median."""
        rank = split - 1 - (place - above)
        return above > place or values.at(split + above) - centre >= centre - values.at(rank)

    above = _first(max(0, place + 1 - split), min(place + 1, number - split), enough)
    deviations = []
    if above > 0:
        deviations.append(values.at(split + above - 1) - centre)
    if above <= place:
        deviations.append(centre - values.at(split - 1 - (place - above)))
    return max(deviations)


def _first(low: int, high: int, holds: Callable[[int], bool]) -> int:
    """Return the first number from low to before high for which a condition holds, else high."""
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle + 1, high)
    return low
