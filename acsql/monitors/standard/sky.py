"""Sky background by filter against the angle from the Sun, from calibrated exposures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from ..monitor import Monitor, Row, column
from .keyword_values import filter_name, number

if TYPE_CHECKING:
    from astropy.table import Table

    from ...observation import Observation

# Sources skew the values more than this part of their standard deviation: Bertin and Arnouts 1996,
# as photutils.background.SExtractorBackground.
_CROWDED = 0.3
# Degrees; nearer to the Sun, zodiacal light is clearly brighter.
_NEAR_SUN = 90.0


def measure(observation: Observation) -> Iterator[Row]:
    """Measure the sky background of each chip, with the angle from the Sun.

    The background is the mode of the sigma-clipped values of the ``flt`` file, estimated as 2.5
    times the median less 1.5 times the mean, or the median where sources crowd (Bertin and Arnouts
    1996), divided by the exposure time.  CALACS has subtracted bias, dark current and
    post-flash.  It is too large if an object fills the chip.  ``SUNANGLE`` is the angle between
    the Sun and the V1 axis, ``SUN_ALT`` the altitude of the Sun above the limb of the Earth.
    """
    header = observation.stored_header("flt", 0)
    for extver, parts in observation.image_statistics.get("flt", {}).items():
        if "clipped_mean" in parts["all"]:
            yield {
                "extver": int(extver),
                "filter": f"{observation['detector']} {filter_name(observation)}",
                "sky": _mode(parts["all"]) / observation["exptime"],
                "sun_angle": number(header, "sunangle"),
                "sun_altitude": number(header, "sun_alt"),
                "exptime": observation["exptime"],
            }


def _mode(statistics: Mapping[str, float]) -> float:
    mean, median, deviation = (
        statistics[name] for name in ("clipped_mean", "clipped_median", "clipped_std")
    )
    is_crowded = abs(mean - median) > _CROWDED * deviation
    return median if is_crowded else 2.5 * median - 1.5 * mean


def by_filter(table: Table) -> Table:
    """Return the median background of each filter, nearer to the Sun than 90 degrees and beyond.

    Parameters
    ----------
    table : Table
        The rows of this monitor.

    Returns
    -------
    Table
        NaN where no exposure is.
    """
    import numpy as np
    from astropy.table import Table as Made

    known = table[~(table["sky"].mask | table["sun_angle"].mask)]
    filters = np.asarray(known["filter"].astype(str))
    rows = []
    for name in np.unique(filters):
        own = known[filters == name]
        sky, is_near = np.asarray(own["sky"]), np.asarray(own["sun_angle"]) < _NEAR_SUN
        parts = sky[is_near], sky[~is_near]
        rows.append((name, len(own), *(np.median(p) if p.size else np.nan for p in parts)))
    names = ("filter", "images", "near_sun", "far_from_sun")
    return Made(rows=rows or None, names=names, dtype=(str, int, float, float))


MONITOR = Monitor(
    name="sky",
    title="Sky background",
    measure=measure,
    condition="imagetyp=EXT detector=WFC,HRC exptime>0 exists(stats.flt.1.all.mean)",
    filetypes=("flt",),
    columns=(
        column("filter", "str", "detector and filter"),
        column("sky", "float", "background of a pixel", "electron / s"),
        column("sun_angle", "float", "angle between the Sun and the V1 axis", "deg"),
        column("sun_altitude", "float", "altitude of the Sun above the limb of the Earth", "deg"),
        column("exptime", "float", "exposure time", "s"),
        column("extver", "int", "EXTVER of the SCI extension"),
    ),
    by="filter",
    plotted=("sky",),
    against=("sun_angle",),
    summary=by_filter,
)
