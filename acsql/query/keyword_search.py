"""Search for keywords by a part of their name, address or description.

The search box, the keyword page and API of the site, and ``acsql keywords`` share this search and
its order.
"""

from collections.abc import Iterator

from .. import names
from ..keywords import KeywordSpec, KeywordSpecs
from .annotation_fields import ANNOTATION_FIELDS
from .columns import Column, computed_column, header_column
from .document_fields import REGION, REGION_SPEC, datasets
from .image_statistics import is_statistic, statistic_addresses

# Columns of the rows that `keyword_row` returns.
KEYWORD_COLUMNS = tuple(
    computed_column(name, "str") for name in ("keyword", "type", "unit", "address", "description")
)


def search_keywords(text: str, specs: KeywordSpecs, limit: int | None = None) -> list[Column]:
    """Return the columns that a text matches, the best matches first.

    Names equal to the text come first, then names that begin with it, names that contain it,
    and descriptions that contain it.  Among equal matches top-level fields come before header
    keywords, which keep the order of the specs.

    Parameters
    ----------
    text : str
        Part of a keyword, in FITS spelling or as stored, or of a description, in any case; an
        address like ``flt.1.good`` matches only keywords of that header.  The empty text
        matches every keyword.
    specs : KeywordSpecs
        The specs of the archive.
    limit : int, optional
        Largest number of columns to return.

    Returns
    -------
    list of Column
        One column for each address of a keyword; of statistics of images those of one part, unless
        the text is the beginning of their address.
    """
    words = text.strip().lower()
    header, _, partial_name = words.rpartition(".")
    matches = [
        (rank, False, Column(name, spec))
        for name, spec in (
            *specs.top_level.items(),
            *ANNOTATION_FIELDS.items(),
            *datasets(specs),
            (REGION, REGION_SPEC),
        )
        if (rank := _rank(words, name, spec)) is not None
    ]
    for name, spec in specs.keywords.items():
        anywhere = _rank(words, name, spec)
        in_header = _rank(partial_name, name, spec) if header else None
        if anywhere is None and in_header is None:
            continue
        for column in _header_columns(name, specs):
            rank = in_header if column.address.startswith(f"{header}.") else anywhere
            if rank is not None:
                matches.append((rank, True, column))
    prefix = words if is_statistic(words) else ""
    for address, name, spec in statistic_addresses(specs, prefix):
        rank = 0 if prefix else _rank(words, name, spec)
        if rank is not None:
            matches.append((rank, True, Column(address, spec)))
    matches.sort(key=lambda match: match[:2])
    return [column for _, _, column in matches[:limit]]


def _rank(words: str, name: str, spec: KeywordSpec) -> int | None:
    """Return how well a keyword matches, 0 being best, or None if it does not."""
    part = names.field(words)
    if name == part:
        return 0
    if name.startswith(part):
        return 1
    if part in name:
        return 2
    return 3 if words in (spec.description or "").lower() else None


def _header_columns(name: str, specs: KeywordSpecs) -> Iterator[Column]:
    """Yield the column of a keyword in each header that can have it."""
    for header in specs.headers_with(name):
        column = header_column(header, name, specs)
        if column is not None:
            yield column


def keyword_row(column: Column) -> dict[str, str | None]:
    """Return a column as a row of a table of keywords.

    Parameters
    ----------
    column : Column
        A result of `search_keywords`.

    Returns
    -------
    dict
        Values of the columns `KEYWORD_COLUMNS`.
    """
    return {
        "keyword": column.spec.fits_keyword,
        "type": column.spec.type,
        "unit": column.spec.unit,
        "address": column.address,
        "description": column.spec.description,
    }
