"""The documents of which `mission` makes others: what in them differs between observations.

Names, times, values and places in the sky are replaced in the promoted keywords and in every
header alike.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from acsql import names, paths

# Keywords of headers whose values differ between observations.
OWN = (
    "proposid",
    "pr_inv_l",
    "pr_inv_f",
    "linenum",
    "asn_id",
    "exptime",
    "expstart",
    "expend",
    "date_obs",
    "time_obs",
    "targname",
    "ra_targ",
    "dec_targ",
    "filter1",
    "filter2",
    "aperture",
)
CENTRE = ("crval1", "crval2")


class Template:
    """A document of which others are made, and where in it what they have of their own stands."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.document = document
        self.points = document.get("position") is not None
        self.associated = (document["asn_id"] or "").startswith("J")
        self._stem = document["ipppssoot"][:8]
        self._varied = {
            (filetype, extension): [
                name for name, value in header.items() if self._varies(name, value)
            ]
            for filetype, extensions in document["headers"].items()
            for extension, header in extensions.items()
        }

    def _varies(self, name: str, value: Any) -> bool:
        if name in (*OWN, *CENTRE):
            return True
        if isinstance(value, float):
            return name.startswith(("good", "snr", "mean"))
        return isinstance(value, str) and self._stem in value.lower()

    def filled(
        self,
        stem: str,
        promoted: Mapping[str, Any],
        pointing: tuple[float, float] | None,
        without: Sequence[str],
        ingested: datetime,
        level: float,
    ) -> dict[str, Any]:
        """Return a document of another observation of the same kind.

        Parameters
        ----------
        stem : str
            The first eight characters of its file names.
        promoted : mapping
            The promoted keywords whose values differ between observations.
        pointing : (float, float), optional
            Right ascension and declination in degrees.
        without : sequence of str
            The filetypes that it lacks.
        level : float
            By how much what was measured of its pixels differs.
        """
        own = self.document
        move = _Move((own["ra_targ"], own["dec_targ"]), pointing) if pointing else None
        changes = _Changes(self._stem, stem, promoted, move, level)
        filetypes = [name for name in own["datasets"] if name not in without]
        ipppssoot = stem + own["ipppssoot"][8:]
        path = paths.observation_path(ipppssoot)
        document = {
            **own,
            "_id": names.rootname(ipppssoot),
            "ipppssoot": ipppssoot,
            "path": path,
            "first_ingest_date": ingested,
            "last_ingest_date": ingested,
            **promoted,
            "datasets": {name: changes.renamed(own["datasets"][name]) for name in filetypes},
            "headers": {
                name: {
                    extension: changes.of(header, self._varied[name, extension])
                    for extension, header in own["headers"][name].items()
                }
                for name in filetypes
            },
            "files": {
                name: {
                    **own["files"][name],
                    "path": f"{path}/{changes.renamed(own['datasets'][name])}",
                    "mtime": ingested,
                }
                for name in filetypes
            },
            "previews": {
                name: self._picture(picture, changes, promoted["proposid"])
                for name, picture in own["previews"].items()
                if name in filetypes
            },
        }
        for name in ("position", "footprint"):
            if move and own.get(name):
                moved = _each_point(own[name]["coordinates"], move)
                document[name] = {"type": own[name]["type"], "coordinates": moved}
        return document

    def _picture(
        self, picture: Mapping[str, Any], changes: "_Changes", proposid: int
    ) -> dict[str, Any]:
        return {
            name: f"{proposid}/{changes.renamed(Path(value).name)}"
            if name in ("jpeg", "thumbnail") and value
            else value
            for name, value in picture.items()
        }


@dataclass(frozen=True)
class _Changes:
    """What changes in the headers of a template."""

    before: str
    stem: str
    promoted: Mapping[str, Any]
    move: "_Move | None"
    level: float

    def renamed(self, text: str) -> str:
        """Return a text that names the template's files as one that names the new ones."""
        upper = text.replace(self.before.upper(), self.stem.upper())
        return upper.replace(self.before, self.stem)

    def of(self, header: Mapping[str, Any], varied: Sequence[str]) -> dict[str, Any]:
        """Return a header with the values that are of the new observation."""
        changed = dict(header)
        for name in varied:
            value = header[name]
            if name in self.promoted:
                changed[name] = self.promoted[name]
            elif isinstance(value, str):
                changed[name] = self.renamed(value)
            elif isinstance(value, float) and name not in (*OWN, *CENTRE):
                changed[name] = value * self.level
        if self.move and isinstance(header.get(CENTRE[0]), float) and "cd1_1" in header:
            moved = self.move(header[CENTRE[0]], header[CENTRE[1]])
            changed |= dict(zip(CENTRE, moved, strict=True))
        return changed


class _Move:
    """Moves points of the sky near one place to the same places near another.

    By the gnomonic projection and its inverse (Calabretta and Greisen 2002, section 5.1.3), so
    that a field keeps its size and its orientation; degrees.
    """

    def __init__(self, old: tuple[float, float], new: tuple[float, float]) -> None:
        self._ra0, self._dec0 = map(math.radians, old)
        self._ra1, self._dec1 = map(math.radians, new)

    def __call__(self, ra: float, dec: float) -> tuple[float, float]:
        ra, dec = math.radians(ra) - self._ra0, math.radians(dec)
        sine, cosine = math.sin(self._dec0), math.cos(self._dec0)
        scale = sine * math.sin(dec) + cosine * math.cos(dec) * math.cos(ra)
        xi = math.cos(dec) * math.sin(ra) / scale
        eta = (cosine * math.sin(dec) - sine * math.cos(dec) * math.cos(ra)) / scale
        sine, cosine = math.sin(self._dec1), math.cos(self._dec1)
        away = cosine - eta * sine
        moved = math.degrees(self._ra1 + math.atan2(xi, away)) % 360
        return moved, math.degrees(math.atan2(sine + eta * cosine, math.hypot(xi, away)))


def _each_point(coordinates: Any, move: _Move) -> Any:
    """Return GeoJSON coordinates with every point in them moved."""
    if isinstance(coordinates[0], list):
        return [_each_point(part, move) for part in coordinates]
    ra, dec = move(*coordinates)
    # GeoJSON longitudes run from -180 to 180 degrees.
    return [ra - 360 if ra > 180 else ra, dec]
