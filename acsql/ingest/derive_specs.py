"""Keyword specs learnt from FITS files: lists derived anew, and keywords added that were met.

Lists are never typed by hand.  What an archive has learnt lies in a folder of its own over the
packaged specs, in the same YAML.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from ..archive import Archive
from ..config import specs_overlay
from ..errors import FileError, InvalidName, SpecError
from ..fits import cards
from ..fits.open import open_fits
from ..keywords import (
    BLOCK,
    BLOCK_KEYWORD,
    COMMENTARY,
    HeaderKey,
    KeywordSpecs,
    RawSpecs,
    header_entries,
    load,
    read_folder,
)
from ..names import Filename
from ..store import keywords_not_in_specs
from . import typing
from .observation import find_detector

Met = tuple[HeaderKey, str, str]

# When files disagree, the type that holds all values that were seen; text may be a blank.
_WIDEST = ("float", "int", "bool", "datetime", "date", "time", "str")


def derive(directory: Path, specs: KeywordSpecs) -> tuple[list[Met], list[str]]:
    """Return the keywords that the headers of FITS files have, and what could not be read.

    Parameters
    ----------
    directory : Path
        Where files are looked for, at any depth; those not named like ours are passed over.

    Returns
    -------
    met : list of (HeaderKey, keyword, type)
        Each once; types are those of the specs where these know the keyword.
    problems : list of str
        One line for each file that could not be read.
    """
    if not directory.is_dir():
        raise SpecError(f"{directory} is not a folder")
    met: dict[tuple[HeaderKey, str], str] = {}
    problems = []
    for path in sorted(directory.rglob("*.fits")):
        try:
            if Filename.parse(path.name).filetype in specs.filetypes:
                _learn(path, specs, met)
        except InvalidName:
            continue
        except FileError as error:
            problems.append(str(error))
    return [(key, keyword, type_) for (key, keyword), type_ in sorted(met.items())], problems


def _learn(path: Path, specs: KeywordSpecs, met: dict[tuple[HeaderKey, str], str]) -> None:
    filetype = Filename.parse(path.name).filetype
    try:
        with open_fits(path) as hdus:
            read_headers = [cards.read(hdu) for hdu in hdus]
    except OSError as error:
        raise FileError(f"{path.name} is not a FITS file that can be read: {error}") from error
    detector = find_detector({filetype: read_headers}, specs)
    if detector is None:
        raise FileError(f"{path.name}: no header tells the detector")
    for extension, header in enumerate(read_headers):
        key = HeaderKey(detector, filetype, extension)
        for keyword, value in header:
            if keyword in COMMENTARY:
                continue
            block = BLOCK.fullmatch(keyword)
            listed = BLOCK_KEYWORD.format(block[2]) if block else keyword
            known = specs.spec(listed)
            type_ = known.type if known else typing.natural_type(value)
            met[key, listed] = widest([type_, met.get((key, listed), type_)])


def widest(types: Iterable[str]) -> str:
    """Return the one of some types that holds the values of all."""
    return min(types, key=_WIDEST.index)


def not_in_specs(met: Iterable[Met], specs: KeywordSpecs) -> list[Met]:
    """Return the keywords that were met and that the specs do not list where they were."""
    return [
        (key, keyword, type_)
        for key, keyword, type_ in met
        if specs.listed_at(keyword, key) is None
    ]


def raw_specs(met: Iterable[Met], known: KeywordSpecs | None = None) -> RawSpecs:
    """Return keywords that were met in the form of the YAML files.

    Parameters
    ----------
    known : KeywordSpecs, optional
        Keywords that these specs name are not described again.
    """
    met = list(met)
    types: dict[str, list[str]] = {}
    for _, keyword, type_ in met:
        types.setdefault(keyword, []).append(type_)
    of_keyword = {keyword: widest(seen) for keyword, seen in types.items()}
    raw = RawSpecs()
    for key, keyword, type_ in met:
        spec = known.spec(keyword) if known else None
        if spec is None:
            raw.keywords[keyword] = {"type": of_keyword[keyword]}
        filetypes = raw.lists.setdefault(key.detector, {})
        content = filetypes.setdefault(key.filetype, {}).setdefault(key.extension, {})
        content.setdefault("keywords", []).append(keyword)
        if type_ != (spec.type if spec else of_keyword[keyword]):
            content.setdefault("types", {})[keyword] = type_
    return raw


def add(met: Iterable[Met], folder: Path, known: KeywordSpecs) -> None:
    """Write keywords that were met into a folder of specs, beside what stands there."""
    before = read_folder(folder) if folder.is_dir() else RawSpecs()
    added = raw_specs(met, known)
    for key, content in header_entries(added.lists):
        filetypes = before.lists.setdefault(key.detector, {})
        target = filetypes.setdefault(key.filetype, {}).setdefault(key.extension, {"keywords": []})
        target["keywords"] = sorted({*target["keywords"], *content["keywords"]})
        if "types" in content:
            target["types"] = target.get("types", {}) | content["types"]
    before.keywords = added.keywords | before.keywords
    write(before, folder)


def write(raw: RawSpecs, folder: Path) -> None:
    """Write keywords and lists as YAML files, whatever was in these files before.

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


def _dump(content: dict[str, Any], path: Path) -> None:
    text = yaml.safe_dump(content, default_flow_style=None, sort_keys=False, width=96)
    path.write_text(text, encoding="utf-8")


def update(
    archive: Archive, into: Path | None = None, dry_run: bool = False
) -> tuple[list[Met], Path]:
    """Add the keywords that ingests found and that are not in the specs to the specs.

    Parameters
    ----------
    archive : Archive
        The archive whose ingests are meant.
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
        add(added, folder, known)
    return added, folder
