"""Statistics of the pixels of an image, extension by extension and amplifier by amplifier.

Definitions of the statistics, all of the pixels without overscan and in the unit of the image:

=================== ==============================================================================
``pixels``          number of pixels
``finite``          number of pixels that are neither NaN nor infinite; of drizzled images, those
                    with data.  All of the following are of these, but for the flags.
``zero``            number of pixels that are exactly 0
``saturated``       raw: pixels at the largest number of the converter, 65535 DN; others: pixels
                    with a flag of saturation, 256 or 2048 (STScI, ACS Data Quality Flags)
``flagged``         number of pixels with any data quality flag; ``flag_16`` ... with that flag
``minimum`` ...     as `numpy.min`, `numpy.max`, `numpy.mean`, `numpy.median`
``percentile_99_9`` as `numpy.percentile`, interpolated linearly
``clipped`` ...     as `astropy.stats.sigma_clip`, 3 sigma and 5 rounds about the median: number,
                    `numpy.mean`, `numpy.median` and `numpy.std` of the values that remain
``mad``             as `astropy.stats.median_absolute_deviation`, not scaled to a sigma
``overscan_mean``   bias level: clipped mean of the physical overscan beside the part that the
                    amplifier reads, of the columns where it has settled (ACS Data Handbook,
                    section 4.2.1)
``overscan_std``    read noise in DN: clipped standard deviation of the same pixels
``virtual_...``     the same of the virtual overscan, whose rows are read after the last one
=================== ==============================================================================

All are calculated in float64.  Means and standard deviations are sums in another order than those
of numpy, and equal them to within 1e-12 of the value; all others are equal.  A statistic of no
pixels is missing.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from itertools import chain, islice
from typing import NamedTuple

import numpy as np
from astropy.io import fits

from ..errors import PreviewError
from ..fits.amplifiers import Area, ImageParts, image_parts, size
from ..fits.chips import ImageHDU, Pixels, image_hdus, image_shape, stored_image
from ..keywords import KeywordSpecs
from .deviations import median, median_absolute_deviation, sigma_clip
from .distribution import Distribution, distributions, joined
from .stretch import StretchLimits, limits_of, percentile

# Names of the statistics that are percentiles, and the name of a whole image among amplifiers.
PERCENTILES: Mapping[str, float] = {
    "percentile_1": 1,
    "percentile_5": 5,
    "percentile_25": 25,
    "percentile_75": 75,
    "percentile_95": 95,
    "percentile_99": 99,
    "percentile_99_9": 99.9,
}
ALL = "all"
# Rows of flags that are searched at once: 0.5 MB of a WFC chip stay in a processor's cache.
STRIP = 64

# By number of the extension, amplifier or `ALL`, and name.
OfChip = dict[str, dict[str, int | float]]
ImageStatistics = dict[str, OfChip]


class MeasuredImage(NamedTuple):
    """The statistics of an image, and what its preview can use of their calculation.

    Attributes
    ----------
    statistics : dict
        As `image_statistics` returns them.
    limits : StretchLimits, optional
        As from `acsql.images.stretch.percentile_limits`; None where that raises an error.
    """

    statistics: ImageStatistics
    limits: StretchLimits | None


def image_statistics(
    hdus: fits.HDUList,
    chips: Sequence[Pixels],
    filename: str,
    filetype: str,
    specs: KeywordSpecs,
) -> ImageStatistics:
    """Return the statistics of all image extensions of a file.

    Parameters
    ----------
    hdus : HDUList
        The open file, as for `acsql.images.preview.read_chips`.
    chips : sequence of numpy.ndarray
        Its pixels, as `acsql.images.preview.read_chips` returns them.
    filename : str
        Name of the file for error messages.
    filetype : str
        Its filetype.
    specs : KeywordSpecs
        How the detectors are read out, and the data quality flags.

    Returns
    -------
    dict
        EXTVER to amplifier in lower case, or `ALL`, to the statistics by name.  Amplifiers are of
        images as a detector is read out, not of drizzled ones.

    Raises
    ------
    PreviewError
        If a header does not say where the overscan is, or the data quality is damaged.
    OSError
        If the system cannot read the file.
    """
    return measure(hdus, chips, filename, filetype, specs).statistics


def measure(
    hdus: fits.HDUList,
    chips: Sequence[Pixels],
    filename: str,
    filetype: str,
    specs: KeywordSpecs,
) -> MeasuredImage:
    """Return the statistics of all image extensions of a file, and the limits of its preview.

    Parameters
    ----------
    hdus : HDUList
        As for `image_statistics`.
    chips : sequence of numpy.ndarray
        As for `image_statistics`.
    filename : str
        As for `image_statistics`.
    filetype : str
        As for `image_statistics`.
    specs : KeywordSpecs
        As for `image_statistics`.

    Returns
    -------
    MeasuredImage
        Both.

    Raises
    ------
    PreviewError, OSError
        As from `image_statistics`.
    """
    header = hdus[0].header
    is_drizzled = specs.filetypes[filetype].weights is not None
    readout = None if is_drizzled else specs.readouts.get(str(header.get("DETECTOR")).strip())
    saturation = readout.saturation if readout and filetype == "raw" else None
    images = image_hdus(hdus, specs.image_extname, filename)
    parts = [image_parts(hdu, header.get("CCDAMP"), readout, filename) for hdu in images]
    of_chips, limits = _of_values(chips, parts, saturation, filename)
    for hdu, of_chip, parts_of_chip in zip(images, of_chips, parts, strict=True):
        for name, flags in _of_flags(hdus, hdu, parts_of_chip, specs, filename).items():
            if saturation is None:
                flags["saturated"] = flags.pop("flagged_saturated")
            else:
                del flags["flagged_saturated"]
            of_chip[name].update(flags)
    statistics = {str(hdu.ver): of_chip for hdu, of_chip in zip(images, of_chips, strict=True)}
    return MeasuredImage(statistics, limits)


def _of_values(
    chips: Sequence[Pixels], parts: Sequence[ImageParts], saturation: int | None, filename: str
) -> tuple[list[OfChip], StretchLimits | None]:
    """Return the statistics of the values of each chip, and the limits of all chips together."""
    areas = [_areas(chip, of_chip) for chip, of_chip in zip(chips, parts, strict=True)]
    around = [_around(chip, of_chip.area) for chip, of_chip in zip(chips, parts, strict=True)]
    found = iter(distributions([*chain(*areas), *chain(*around)]))
    of_areas = [list(islice(found, len(pixels))) for pixels in areas]
    of_chips = [joined(values) for values in of_areas]
    whole = joined([*of_chips, *found])
    statistics = [
        _of_chip(*each, saturation) for each in zip(chips, parts, of_areas, of_chips, strict=True)
    ]
    return statistics, _limits(whole, filename)


def _of_chip(
    chip: Pixels,
    parts: ImageParts,
    of_areas: Sequence[Distribution],
    of_all: Distribution,
    saturation: int | None,
) -> OfChip:
    """Return the statistics of the values of a chip, by amplifier and of `ALL`."""
    statistics = {ALL: {"pixels": size(parts.area), **_of_distribution(of_all, saturation)}}
    for (name, part), values in zip(parts.amplifiers.items(), of_areas, strict=False):
        # One amplifier has read all pixels.
        is_all = values is of_all
        of_area = statistics[ALL] if is_all else _of_distribution(values, saturation)
        statistics[name] = {
            **of_area,
            "pixels": size(part.area),
            **_of_overscan("overscan", chip[part.overscan]),
            **_of_overscan("virtual_overscan", chip[part.virtual_overscan]),
        }
    return statistics


def _limits(values: Distribution, filename: str) -> StretchLimits | None:
    with suppress(PreviewError):
        return limits_of(values.size, values.at, filename)
    return None


def _areas(chip: Pixels, parts: ImageParts) -> list[Pixels]:
    """Return the pixels of each amplifier of a chip, or all without overscan if it has none."""
    areas = [part.area for part in parts.amplifiers.values()] or [parts.area]
    return [chip[area] for area in areas]


def _around(chip: Pixels, area: Area) -> list[Pixels]:
    """Return the pixels of a chip below, above, left and right of an area."""
    rows, columns = area
    around = [chip[: rows.start], chip[rows.stop :]]
    around += [chip[rows, : columns.start], chip[rows, columns.stop :]]
    return [pixels for pixels in around if pixels.size]


def _of_distribution(values: Distribution, saturation: int | None) -> dict[str, int | float]:
    if not values.size:
        return {"finite": 0}
    statistics = {"finite": values.size, **_figures(values)}
    if saturation is not None:
        statistics["saturated"] = values.size - values.below(saturation)
    return statistics


def _figures(values: Distribution) -> dict[str, int | float]:
    """Return the statistics of at least one value."""
    number, clipped = values.size, sigma_clip(values)
    figures = {
        "minimum": values.at(0),
        "maximum": values.at(number - 1),
        "mean": values.moments(0, number)[0],
        "median": median(values),
        **{name: percentile(number, values.at, part) for name, part in PERCENTILES.items()},
        "clipped_mean": clipped.mean,
        "clipped_median": clipped.median,
        "clipped_std": clipped.std,
        "mad": median_absolute_deviation(values),
    }
    counts = {"zero": values.up_to(0) - values.below(0), "clipped": clipped.number}
    # The sum of very large values is infinite.
    return counts | {name: value for name, value in figures.items() if np.isfinite(value)}


def _of_overscan(name: str, pixels: Pixels) -> dict[str, int | float]:
    (values,) = distributions([pixels])
    if not values.size:
        return {}
    clipped = sigma_clip(values)
    return {f"{name}_mean": clipped.mean, f"{name}_std": clipped.std}


def _of_flags(
    hdus: fits.HDUList, image: ImageHDU, parts: ImageParts, specs: KeywordSpecs, filename: str
) -> dict[str, dict[str, int | float]]:
    """Return the numbers of flagged pixels of a chip, none if the file has no flags for it."""
    shape = image_shape(image, filename)
    found = [
        hdu
        for hdu in hdus
        if (hdu.name.upper(), hdu.ver) == (specs.dq_extname, image.ver)
        # An extension without pixels has neither an array nor the size of a constant image.  One
        # with a damaged XTENSION has no shape, and `image_shape` refuses it.
        and (getattr(hdu, "shape", True) or "NPIX1" in hdu.header)
    ]
    if not found or image_shape(found[0], filename) != shape:
        return {}
    stored = stored_image(found[0], filename)
    if stored.constant is not None:
        areas = {ALL: parts.area} | {name: part.area for name, part in parts.amplifiers.items()}
        value = np.array([int(stored.constant)])
        return {name: _counts(value, np.array([size(a)]), specs) for name, a in areas.items()}
    flags = stored.rows(found[0].fileinfo()["file"], filename)
    parts_of_chip = {name: part.area for name, part in parts.amplifiers.items()}
    found_in = {
        name: _present(flags[area]) for name, area in (parts_of_chip or {ALL: parts.area}).items()
    }
    counts = {name: _counts(values, numbers, specs) for name, (values, numbers) in found_in.items()}
    first, *others = counts.values()
    summed = {name: number + sum(other[name] for other in others) for name, number in first.items()}
    return {**counts, ALL: summed}


def _present(flags: Pixels) -> tuple[Pixels, Pixels]:
    """Return the values of data quality flags that occur, and how often; most pixels have none."""
    strips = (flags[first : first + STRIP] for first in range(0, len(flags), STRIP))
    found = np.concatenate([flags[:0].ravel(), *(strip[strip != 0] for strip in strips)])
    values, numbers = np.unique(found, return_counts=True)
    return values, numbers


def _counts(values: Pixels, numbers: Pixels, specs: KeywordSpecs) -> dict[str, int | float]:
    """Return the numbers of flagged pixels from the values of flags and their numbers."""
    bits = {f"flag_{flag}": flag for flag in specs.dq_flags}
    bits |= {"flagged": -1, "flagged_saturated": specs.saturation_flags}
    codes = values.astype(np.int64)
    return {name: int(numbers[(codes & bit) != 0].sum()) for name, bit in bits.items()}
