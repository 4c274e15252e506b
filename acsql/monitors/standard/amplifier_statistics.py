"""Image statistics by amplifier, for the monitors of CCDs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from ...observation import Observation


class AmplifierStatistics(NamedTuple):
    """The statistics of the part of an image that one amplifier has read.

    Attributes
    ----------
    extver : int
        EXTVER of the image.
    amplifier : str
        Detector and amplifier, such as ``WFC A``.
    values : mapping
        The statistics by name, as `acsql.images.image_statistics` defines them.
    """

    extver: int
    amplifier: str
    values: Mapping[str, float]

    def fraction(self, name: str) -> float | None:
        """Return a number of pixels as a fraction of all, None without this statistic.

        Parameters
        ----------
        name : str
            A statistic that is a number of pixels, such as ``flag_16``.
        """
        number = self.values.get(name)
        return None if number is None else number / self.values["pixels"]


def by_amplifier(
    observation: Observation, filetype: str, required: str
) -> Iterator[AmplifierStatistics]:
    """Yield the statistics of each amplifier in the images of a file.

    Parameters
    ----------
    observation : Observation
        The observation.
    filetype : str
        The filetype of the file.
    required : str
        A statistic; amplifiers without it are left out.

    Yields
    ------
    AmplifierStatistics
        None for a file without statistics.
    """
    for extver, parts in observation.image_statistics.get(filetype, {}).items():
        for amplifier, values in parts.items():
            if amplifier != "all" and required in values:
                name = f"{observation['detector']} {amplifier.upper()}"
                yield AmplifierStatistics(int(extver), name, values)
