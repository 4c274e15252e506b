"""Facts about ACS files that ObsCore needs and no keyword has, read from ``obscore.yaml``.

The file is not part of the specs of an archive: a change of it changes no stored document.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from ..errors import SpecError
from ..keywords import packaged_folder

FILE = "obscore.yaml"
_METRES = 1e-10  # of an angstrom
# The beginning of the names of positions of a filter wheel without a filter.
_CLEAR = "CLEAR"

# Shortest and longest wavelength in metres.
Band = tuple[float, float]


@dataclass(frozen=True)
class FiletypeFacts:
    """The facts of ObsCore about a filetype.

    Attributes
    ----------
    level : int
        The calibration level.
    product : str, optional
        The type of the data product.
    content : str, optional
        The UCD of the values.
    """

    level: int
    product: str | None = None
    content: str | None = None


@dataclass(frozen=True)
class DetectorFacts:
    """The facts of ObsCore about a detector.

    Attributes
    ----------
    field : float
        The diagonal of its field of view in degrees.
    pixel : float
        The size of a pixel in arcsec.
    response : tuple of float
        Shortest and longest wavelength in metres.
    """

    field: float
    pixel: float
    response: Band


@dataclass(frozen=True)
class ObsCoreFacts:
    """The facts of ObsCore about ACS files.

    Attributes
    ----------
    filetypes, detectors : mapping
        By name.
    filters : mapping
        The bands of filters by name.
    """

    filetypes: Mapping[str, FiletypeFacts]
    detectors: Mapping[str, DetectorFacts]
    filters: Mapping[str, Band]

    def band(self, detector: str | None, filters: Iterable[str | None]) -> Band | None:
        """Return the wavelengths that reach a detector.

        Parameters
        ----------
        detector : str or None
            Its name.
        filters : iterable of str or None
            The names in its filter wheels.

        Returns
        -------
        tuple of float, or None
            The wavelengths that all filters let through, in metres; None if a filter or the
            detector is not known, or they have none in common.
        """
        known = self.detectors.get(detector or "")
        bands = [known.response] if known else []
        named = [name for name in filters if name and not name.startswith(_CLEAR)]
        if not bands or not self.filters.keys() >= set(named):
            return None
        # The pipeline names the filters of the one wheel of SBC once; a band outside the response
        # of the detector, such as the last nanometres of a prism, ends there.
        bands += [self.filters[name] for name in named]
        shortest, longest = max(low for low, _ in bands), min(high for _, high in bands)
        return (shortest, longest) if shortest < longest else None


def load(overlay: Path | None = None) -> ObsCoreFacts:
    """Return the facts.

    Parameters
    ----------
    overlay : Path, optional
        Folder of the archive's own specs, whose file `FILE`, if any, replaces entries.

    Raises
    ------
    SpecError
        If a file is not as the packaged one.
    """
    own = None if overlay is None else overlay / FILE
    if own is None or not own.is_file():
        return _packaged()
    content = _read(packaged_folder().joinpath(FILE).read_text("utf-8"), FILE)
    for section, entries in _read(own.read_text("utf-8"), own).items():
        content[section] = content.get(section, {}) | entries
    return _facts(content, own)


@cache
def _packaged() -> ObsCoreFacts:
    path = packaged_folder().joinpath(FILE)
    return _facts(_read(path.read_text(encoding="utf-8"), path), path)


def _read(text: str, path: object) -> dict[str, Any]:
    try:
        content = yaml.safe_load(text) or {}
    except yaml.YAMLError as error:
        raise SpecError(f"cannot read {path}: {error}") from error
    if not isinstance(content, dict) or not all(isinstance(v, dict) for v in content.values()):
        raise SpecError(f"{path}: expected sections with entries by name")
    return content


def _facts(content: Mapping[str, Any], path: object) -> ObsCoreFacts:
    try:
        filetypes = {name: FiletypeFacts(**each) for name, each in content["filetypes"].items()}
        detectors = {name: _detector(**each) for name, each in content["detectors"].items()}
        filters = {
            name: _band(centre - width / 2, centre + width / 2)
            for name, (centre, width) in content["filters"].items()
        }
        filters |= {name: _band(*ends) for name, ends in content["ranges"].items()}
    except (KeyError, TypeError, ValueError) as error:
        raise SpecError(f"{path} differs in structure from the packaged {FILE}: {error}") from error
    return ObsCoreFacts(filetypes, detectors, filters)


def _detector(
    field: tuple[float, float], pixel: float, response: tuple[float, float]
) -> DetectorFacts:
    """Return the facts of a detector, from its field of view in arcsec and response in angstrom."""
    return DetectorFacts(math.hypot(*field) / 3600, pixel, _band(*response))


def _band(shortest: float, longest: float) -> Band:
    """Return a band in metres, from angstrom, without the digits that are not exact."""
    return round(shortest * _METRES, 15), round(longest * _METRES, 15)
