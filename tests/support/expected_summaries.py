"""Totals, statistics and summaries of proposals, computed in plain Python from documents."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from acsql.store.summaries.totals import Totals


def number(value: object) -> float | None:
    """Return a value if it is a number other than NaN."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return value if is_number and value == value else None


def text(value: object) -> str | None:
    """Return a value if it is a text that is not blank."""
    return value if isinstance(value, str) and value else None


def date(value: object) -> datetime | None:
    """Return a value if it is a date."""
    return value if isinstance(value, datetime) else None


def sizes(document: dict) -> dict[str, int]:
    """Return the sizes of the files of an observation."""
    return {name: file["size"] for name, file in (document.get("files") or {}).items()}


def totals(documents: list[dict], detectors: Iterable[str], filetypes: Iterable[str]) -> Totals:
    """Return the totals of observations."""
    of_detectors = Counter(text(document.get("detector")) for document in documents)
    files = [item for document in documents for item in sizes(document).items()]
    previews = [p for document in documents for p in (document.get("previews") or {}).values()]
    by_filetype = {name: [size for other, size in files if other == name] for name in filetypes}
    return Totals(
        len(documents),
        sum(preview.get("jpeg") is not None for preview in previews),
        {name: of_detectors[name] for name in detectors if of_detectors[name]},
        {name: {"files": len(of), "bytes": sum(of)} for name, of in by_filetype.items() if of},
    )


def observations_over_time(documents: list[dict]) -> dict[tuple[str | None, str | None], tuple]:
    """Return observations and exposure time by month and detector."""
    found: dict[tuple[str | None, str | None], tuple] = {}
    for document in documents:
        day = date(document.get("date_obs"))
        key = (day and f"{day:%Y-%m}", text(document.get("detector")))
        observations, exptime = found.get(key, (0, 0.0))
        found[key] = (observations + 1, exptime + (number(document.get("exptime")) or 0))
    return found


def growth(documents: list[dict], field: str) -> dict[str | None, tuple[int, int]]:
    """Return the files and bytes of each month of a date."""
    found: dict[str | None, tuple[int, int]] = {}
    for document in documents:
        day = date(document.get(field))
        for size in sizes(document).values():
            files, total = found.get(day and f"{day:%Y-%m}", (0, 0))
            found[day and f"{day:%Y-%m}"] = (files + 1, total + size)
    return found


def headers(documents: list[dict]) -> Counter:
    """Return the numbers of headers by detector, filetype and extension."""
    return Counter(
        (text(document.get("detector")), filetype, int(extension))
        for document in documents
        for filetype, extensions in (document.get("headers") or {}).items()
        for extension in extensions
    )


def filters(documents: list[dict]) -> Counter:
    """Return the numbers of observations by filter and detector."""
    return Counter(
        (name, text(document.get("detector")))
        for document in documents
        for name in {text(document.get("filter1")), text(document.get("filter2"))} - {None}
    )


def proposals(documents: list[dict], filetypes: Iterable[str]) -> list[dict]:
    """Return the summaries of proposals."""
    numbers = {document.get("proposid") for document in documents} - {None}
    return [
        _proposal(n, [d for d in documents if d.get("proposid") == n], filetypes)
        for n in sorted(numbers)
    ]


def _proposal(proposid: int, documents: list[dict], filetypes: Iterable[str]) -> dict:
    def texts(*names: str) -> list[str]:
        """Return the texts in fields, each once."""
        return sorted({text(d.get(name)) for d in documents for name in names} - {None})

    days = [day for d in documents if (day := date(d.get("date_obs")))]
    pictures: dict[tuple, tuple[int, str]] = {}
    for d in documents:
        key = tuple(text(d.get(name)) for name in ("detector", "filter1", "filter2"))
        previews = d.get("previews") or {}
        made = [-i for i, f in enumerate(filetypes) if previews.get(f, {}).get("thumbnail")]
        if made:
            pictures[key] = max(pictures.get(key, (-99, "")), (max(made), d["_id"]))
    return {
        "_id": proposid,
        "observations": len(documents),
        "detectors": dict(Counter(t for d in documents if (t := text(d.get("detector"))))),
        "targets": texts("targname"),
        "visits": texts("visit"),
        "filters": texts("filter1", "filter2"),
        "first": min(days, default=None),
        "last": max(days, default=None),
        "exptime": sum(number(d.get("exptime")) or 0 for d in documents),
        "pr_inv_l": max(texts("pr_inv_l"), default=None),
        "pr_inv_f": max(texts("pr_inv_f"), default=None),
        "thumbnails": [
            (*key, rootname)
            for key, (_, rootname) in sorted(
                pictures.items(), key=lambda item: [name or "" for name in item[0]]
            )
        ],
    }
