"""Addresses of the statistics of images: ``stats.flt.1.all.mean``, ``stats.raw.2.a.overscan_mean``.

After ``stats`` come the filetype, the EXTVER of the image extension, the amplifier that read a part
of the image or ``all``, and the name of the statistic.
"""

import difflib
import re
from collections.abc import Iterator
from dataclasses import replace

from ..errors import QueryError
from ..keywords import KeywordSpec, KeywordSpecs, StatisticSpec
from .messages import abbreviate

# The field of documents that has them; no filetype has this name.
PREFIX = "stats."
# The whole image among the amplifiers.
ALL = "all"

_ADDRESS = re.compile(r"stats\.([a-z0-9]+)\.(\d{1,4})\.([a-z]+)\.([a-z0-9_]+)")
# WFC has two chips, all other images are one.
_EXTENSIONS = (1, 2)


def is_statistic(address: str) -> bool:
    """Return whether a keyword address is that of a statistic of an image."""
    return address.startswith(PREFIX)


def statistic_spec(address: str, specs: KeywordSpecs) -> KeywordSpec:
    """Return the spec of the statistic at an address.

    Parameters
    ----------
    address : str
        In lower case, such as ``stats.flt.1.all.mean``.
    specs : KeywordSpecs
        The specs of the archive.

    Raises
    ------
    QueryError
        If there is no such statistic; the message says what is wrong with the address.
    """
    match = _ADDRESS.fullmatch(address)
    if not match:
        raise QueryError(
            f"{abbreviate(address)} is not a statistic; write one like stats.flt.1.all.mean: "
            "filetype, number of the image extension, amplifier or all, name"
        )
    filetype, _, amplifier, name = match.groups()
    filetypes = specs.with_preview()
    if filetype not in filetypes:
        raise QueryError(f"{address}: there are statistics of {', '.join(filetypes)}")
    if amplifier not in (parts := _parts(filetype, specs)):
        raise QueryError(f"{address}: the parts of {filetype} images are {', '.join(parts)}")
    statistic = specs.image_statistics.get(name)
    if statistic is None or not _has(statistic, filetype, amplifier):
        of_part = [
            each for each, spec in specs.image_statistics.items() if _has(spec, filetype, amplifier)
        ]
        nearest = difflib.get_close_matches(name, of_part, n=3)
        hint = f"; did you mean {' or '.join(nearest)}?" if nearest else ""
        raise QueryError(f"{address}: there is no such statistic{hint}")
    return spec_in_filetype(name, filetype, specs)


def spec_in_filetype(name: str, filetype: str, specs: KeywordSpecs) -> KeywordSpec:
    """Return the spec of a statistic, with the unit of the images of a filetype.

    Parameters
    ----------
    name : str
        One of `KeywordSpecs.image_statistics`.
    filetype : str
        The filetype.
    specs : KeywordSpecs
        The specs of the archive.
    """
    spec = specs.image_statistics[name].spec
    is_value = spec.type == "float" and spec.unit is None
    return replace(spec, unit=specs.filetypes[filetype].unit) if is_value else spec


def statistic_addresses(
    specs: KeywordSpecs, prefix: str = ""
) -> Iterator[tuple[str, str, KeywordSpec]]:
    """Yield the addresses of statistics.

    Parameters
    ----------
    specs : KeywordSpecs
        The specs of the archive.
    prefix : str
        The beginning of the addresses.  Without it only the first extension is listed, with values
        of the whole image where it has the statistic and of amplifier A elsewhere.

    Yields
    ------
    address, name : str
        The address and the name of the statistic.
    spec : KeywordSpec
        Its spec.
    """
    for name, statistic in specs.image_statistics.items():
        for filetype in specs.with_preview():
            parts = [part for part in _parts(filetype, specs) if _has(statistic, filetype, part)]
            spec = spec_in_filetype(name, filetype, specs)
            for extension in _EXTENSIONS if prefix else _EXTENSIONS[:1]:
                for part in parts if prefix else parts[:1]:
                    address = f"{PREFIX}{filetype}.{extension}.{part}.{name}"
                    if address.startswith(prefix):
                        yield address, name, spec


def _parts(filetype: str, specs: KeywordSpecs) -> list[str]:
    """Return the parts of images of a filetype; drizzled images combine those of amplifiers."""
    if specs.filetypes[filetype].weights:
        return [ALL]
    amplifiers = {
        amplifier.lower()
        for readout in specs.readouts.values()
        for corners in readout.amplifiers.values()
        for amplifier in corners
    }
    return [ALL, *sorted(amplifiers)]


def _has(statistic: StatisticSpec, filetype: str, part: str) -> bool:
    has_filetype = not statistic.filetypes or filetype in statistic.filetypes
    return has_filetype and not (statistic.amplifiers and part == ALL)
