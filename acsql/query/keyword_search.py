"""Which keywords there are: found by a part of their name or of what is said of them."""

from collections.abc import Iterator

from ..keywords import KeywordSpec, KeywordSpecs
from . import Column

COLUMNS = tuple(
    Column(name, KeywordSpec(name.upper(), "str"))
    for name in ("keyword", "type", "unit", "address", "description")
)


def find(text: str, specs: KeywordSpecs) -> Iterator[dict[str, str | None]]:
    """Yield the keywords whose name or description has a text in it, with each of their addresses.

    Parameters
    ----------
    text : str
        In any case; a keyword in FITS spelling or as it is stored.

    Yields
    ------
    dict
        With `COLUMNS`; those at the top of a document come first.
    """
    wanted = text.casefold().strip()
    for name, spec in specs.top_level.items():
        if _has(wanted, name, spec):
            yield _row(spec, name)
    for name, spec in specs.keywords.items():
        if _has(wanted, name, spec):
            for filetype, extension in specs.headers_with(name):
                yield _row(spec, f"{filetype}.{extension}.{name}")


def _has(wanted: str, name: str, spec: KeywordSpec) -> bool:
    texts = (name, spec.keyword, spec.description or "")
    return any(wanted in text.casefold() for text in texts)


def _row(spec: KeywordSpec, address: str) -> dict[str, str | None]:
    return {
        "keyword": spec.keyword,
        "type": spec.type,
        "unit": spec.unit,
        "address": address,
        "description": spec.description,
    }
