"""The table of image statistics on the page of an observation, with a column for each part.

The parts are the extensions of the file and what each amplifier has read of them.
"""

from dataclasses import dataclass
from typing import Any

from ..formatting import number
from ..keywords import KeywordSpec, KeywordSpecs
from ..observation import Observation
from ..query import ALL, spec_in_filetype


@dataclass(frozen=True)
class StatisticRow:
    """A statistic of all parts.

    Attributes
    ----------
    name, address : str
        Its name, and the keyword address of the first part that has it.
    spec : KeywordSpec
        Its unit and description.
    values : list of str
        By part, empty where it has none.
    """

    name: str
    address: str
    spec: KeywordSpec
    values: list[str]


@dataclass(frozen=True)
class StatisticsView:
    """The statistics of the images of a file.

    Attributes
    ----------
    parts : list of str
        Such as ``SCI,1`` and ``SCI,1 amplifier C``.
    rows : list of StatisticRow
        The statistics that at least one part has; of the flags those that are set.
    """

    parts: list[str]
    rows: list[StatisticRow]


def view_statistics(
    observation: Observation, filetype: str, specs: KeywordSpecs
) -> StatisticsView | None:
    """Return what the page of an observation shows of the statistics of a file.

    Parameters
    ----------
    observation : Observation
        The observation.
    filetype : str
        One of its filetypes.
    specs : KeywordSpecs
        The specs of the archive.

    Returns
    -------
    StatisticsView or None
        None without statistics.
    """
    by_part = {
        (extver, part): values
        for extver, parts in observation.image_statistics.get(filetype, {}).items()
        for part, values in parts.items()
    }
    if not by_part:
        return None
    rows = []
    for name in specs.image_statistics:
        values = [found.get(name) for found in by_part.values()]
        if not any(values) if name.startswith("flag") else set(values) == {None}:
            continue
        extver, part = next(place for place, found in by_part.items() if name in found)
        address = f"stats.{filetype}.{extver}.{part}.{name}"
        spec = spec_in_filetype(name, filetype, specs)
        rows.append(StatisticRow(name, address, spec, [*map(_text, values)]))
    titles = [_title(specs.image_extname, extver, part) for extver, part in by_part]
    return StatisticsView(titles, rows)


def _title(extname: str, extver: str, part: str) -> str:
    extension = f"{extname},{extver}"
    return extension if part == ALL else f"{extension} amplifier {part.upper()}"


def _text(value: Any) -> str:
    if value is None:
        return ""
    return number(value) if isinstance(value, int) else f"{value:.6g}"
