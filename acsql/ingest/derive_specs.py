"""Derivation of keyword specs from FITS files.

Lists of keywords are never typed by hand.  Keywords that an archive adds are written to its specs
overlay, a folder laid over the packaged specs, in the same YAML.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml

from ..archive import Archive
from ..config import specs_overlay
from ..errors import FileError, InvalidName, SpecError
from ..fits import cards
from ..fits.open import open_fits
from ..keywords import (
    COMMENTARY,
    HeaderKey,
    KeywordSpecs,
    RawSpecs,
    header_entries,
    load,
    read_folder,
    spec_keyword,
)
from ..names import Filename
from ..store import keywords_not_in_specs
from .promotion import find_detector
from .typing import natural_type

# A keyword of a header, with its type.
HeaderKeyword = tuple[HeaderKey, str, str]

# Where files disagree, the first of the types that values have: it holds all types after it.
# Text is last, because a blank is text and means an unknown value of any type.
_WIDEST_FIRST = ("float", "int", "bool", "datetime", "date", "time", "str")


def derive_keywords(directory: Path, specs: KeywordSpecs) -> tuple[list[HeaderKeyword], list[str]]:
    """Return the keywords in the headers of FITS files.

    Parameters
    ----------
    directory : Path
        The folder, searched at any depth; files whose names are not of ACS are ignored.
    specs : KeywordSpecs
        The filetypes, and the types of keywords that are in the specs.

    Returns
    -------
    keywords : list of (HeaderKey, keyword, type)
        Sorted, each once.
    problems : list of str
        One line for each file that could not be read.

    Raises
    ------
    SpecError
        If `directory` is not a folder.
    """
    if not directory.is_dir():
        raise SpecError(f"{directory} is not a folder")
    types: dict[tuple[HeaderKey, str], str] = {}
    problems = []
    for path in sorted(directory.rglob("*.fits")):
        try:
            filetype = Filename.parse(path.name).filetype
        except InvalidName:
            continue
        if filetype not in specs.filetypes:
            continue
        try:
            for key, keyword, type_ in _keywords_of(path, filetype, specs):
                types[key, keyword] = widest_type([type_, types.get((key, keyword), type_)])
        except FileError as error:
            problems.append(str(error))
    return [(key, keyword, type_) for (key, keyword), type_ in sorted(types.items())], problems


def _keywords_of(path: Path, filetype: str, specs: KeywordSpecs) -> Iterator[HeaderKeyword]:
    """Yield the keywords of one file."""
    try:
        with open_fits(path) as hdus:
            headers = [cards.read(hdu) for hdu in hdus]
    except OSError as error:
        raise FileError(f"{path.name} is not a readable FITS file: {error}") from error
    detector = find_detector({filetype: headers}, specs)
    if detector is None:
        raise FileError(f"{path.name}: no header has the detector")
    for extension, header in enumerate(headers):
        key = HeaderKey(detector, filetype, extension)
        for keyword, value in header:
            if keyword not in COMMENTARY:
                listed = spec_keyword(keyword)
                spec = specs.spec(listed)
                yield key, listed, spec.type if spec else natural_type(value)


def widest_type(types: Iterable[str]) -> str:
    """Return the type that holds the values of all types.

    Parameters
    ----------
    types : iterable of str
        At least one of `acsql.keywords.TYPES`.

    Returns
    -------
    str
        One of them.
    """
    return min(types, key=_WIDEST_FIRST.index)


def not_in_specs(keywords: Iterable[HeaderKeyword], specs: KeywordSpecs) -> list[HeaderKeyword]:
    """Return the keywords that are not in the specs of their header.

    Parameters
    ----------
    keywords : iterable of (HeaderKey, keyword, type)
        Keywords of files.
    specs : KeywordSpecs
        The specs.

    Returns
    -------
    list of (HeaderKey, keyword, type)
        In the same order.
    """
    return [
        (key, keyword, type_)
        for key, keyword, type_ in keywords
        if specs.listed_at(keyword, key) is None
    ]


def raw_specs(keywords: Iterable[HeaderKeyword], known: KeywordSpecs | None = None) -> RawSpecs:
    """Return keywords in the form of the YAML files.

    Parameters
    ----------
    keywords : iterable of (HeaderKey, keyword, type)
        Keywords of files.
    known : KeywordSpecs, optional
        Keywords that are in these specs are listed only, and not described again.

    Returns
    -------
    RawSpecs
        Descriptions and lists.
    """
    keywords = list(keywords)
    types: dict[str, list[str]] = {}
    for _, keyword, type_ in keywords:
        types.setdefault(keyword, []).append(type_)
    widest = {keyword: widest_type(several) for keyword, several in types.items()}
    raw = RawSpecs()
    for key, keyword, type_ in keywords:
        spec = known.spec(keyword) if known else None
        if spec is None:
            raw.keywords[keyword] = {"type": widest[keyword]}
        filetypes = raw.lists.setdefault(key.detector, {})
        entry = filetypes.setdefault(key.filetype, {}).setdefault(key.extension, {})
        entry.setdefault("keywords", []).append(keyword)
        if type_ != (spec.type if spec else widest[keyword]):
            entry.setdefault("types", {})[keyword] = type_
    return raw


def add_to_folder(keywords: Iterable[HeaderKeyword], folder: Path, known: KeywordSpecs) -> None:
    """Add keywords to a folder of specs.

    Parameters
    ----------
    keywords : iterable of (HeaderKey, keyword, type)
        Keywords of files.
    folder : Path
        A specs overlay, made if necessary; what it contains is kept.
    known : KeywordSpecs
        Keywords that are in these specs are listed only, and not described again.

    Raises
    ------
    SpecError
        If the folder cannot be read or written.
    """
    raw = read_folder(folder) if folder.is_dir() else RawSpecs()
    added = raw_specs(keywords, known)
    for key, entry in header_entries(added.lists):
        filetypes = raw.lists.setdefault(key.detector, {})
        target = filetypes.setdefault(key.filetype, {}).setdefault(key.extension, {"keywords": []})
        target["keywords"] = sorted({*target["keywords"], *entry["keywords"]})
        if "types" in entry:
            target["types"] = target.get("types", {}) | entry["types"]
    raw.keywords = added.keywords | raw.keywords
    write_folder(raw, folder)


def write_folder(raw: RawSpecs, folder: Path) -> None:
    """Write keywords and lists as YAML files, which replace files of the same names.

    Parameters
    ----------
    raw : RawSpecs
        Keywords and lists.
    folder : Path
        Made if necessary.

    Raises
    ------
    SpecError
        If the folder cannot be written.
    """
    try:
        (folder / "lists").mkdir(parents=True, exist_ok=True)
        _dump(dict(sorted(raw.keywords.items())), folder / "keywords.yaml")
        for detector, filetypes in raw.lists.items():
            _dump(filetypes, folder / "lists" / f"{detector.lower()}.yaml")
    except OSError as error:
        raise SpecError(f"cannot write keyword specs to {folder}: {error.strerror}") from error


def _dump(entries: dict[str, Any], path: Path) -> None:
    text = yaml.safe_dump(entries, default_flow_style=None, sort_keys=False, width=96)
    path.write_text(text, encoding="utf-8")


def update(
    archive: Archive, into: Path | None = None, dry_run: bool = False
) -> tuple[list[HeaderKeyword], Path]:
    """Add the keywords that ingests found and that are not in the specs to the specs.

    Parameters
    ----------
    archive : Archive
        The archive with these ingests.
    into : Path, optional
        The folder to write, by default the specs overlay of the archive.
    dry_run : bool
        Write nothing.

    Returns
    -------
    added : list of (HeaderKey, keyword, type)
        The keywords that are (or would be) added.
    folder : Path
        The folder that is (or would be) written.

    Raises
    ------
    SpecError
        If the folder cannot be written.
    """
    overlay = specs_overlay(archive.config)
    folder = into or overlay
    known = load(overlay)
    added = not_in_specs(keywords_not_in_specs.stored(archive.store), known)
    if added and not dry_run:
        add_to_folder(added, folder, known)
    return added, folder
