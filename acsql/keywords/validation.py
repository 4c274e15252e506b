"""Consistency checks of raw keyword specs.

The checks are our own rather than a schema library's: most of them compare files with each other,
and all problems are reported at once, one line each, in the words of the YAML files.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from .. import names
from .model import COMMENTARY, CORNERS, READOUT_ENTRIES, TYPES
from .raw import RawSpecs, header_entries


def check(raw: RawSpecs) -> list[str]:
    """Return the inconsistencies of raw specs.

    Parameters
    ----------
    raw : RawSpecs
        As `read_folder` or `overlay` returns them.

    Returns
    -------
    list of str
        One line for each problem, with its file and keyword; empty for sound specs.
    """
    return [
        *_check_keywords("own_fields.yaml", raw.own_fields),
        *_check_keywords("image_statistics.yaml", raw.image_statistics),
        *_check_keywords("keywords.yaml", raw.keywords),
        *_check_footprint(raw),
        *_check_thumbnails(raw),
        *_check_listed_keywords(raw),
        *_check_dq_flags(raw),
        *_check_flags(raw),
        *_check_readouts(raw),
        *_check_groups(raw),
        *_check_lists(raw),
        *_check_extensions(raw),
        *_check_promoted(raw),
        *_check_unlisted(raw),
    ]


def _check_keywords(file: str, keywords: Mapping[str, Any]) -> Iterator[str]:
    allowed = {"type", "unit", "description", "formats", "mjd", "ucd", "utype"}
    if file == "own_fields.yaml":  # for keywords, promoted.yaml has these
        allowed |= {"indexed", "facet"}
    if file == "image_statistics.yaml":
        allowed |= {"filetypes", "amplifiers"}
    stored: dict[str, str] = {}
    for keyword, entries in keywords.items():
        if not isinstance(keyword, str):
            # YAML reads NO, ON and Y as truth values.
            yield f"{file}: {keyword!r} is not a keyword; put it in quotes"
            continue
        if not isinstance(entries, dict) or entries.get("type") not in TYPES:
            yield f"{file}: {keyword} has no type; expected one of {', '.join(TYPES)}"
            continue
        for entry in sorted(entries.keys() - allowed):
            yield f"{file}: {keyword} has the unknown entry {entry}"
        if entries.get("formats") and entries["type"] not in ("date", "time", "datetime"):
            yield f"{file}: {keyword} has formats, but its type is {entries['type']}"
        if entries.get("mjd") and entries["type"] != "float":
            yield f"{file}: {keyword} is marked mjd, but its type is {entries['type']}"
        name = names.field(keyword)
        if name in stored:
            yield f"{file}: {keyword} and {stored[name]} are both stored as {name}"
        stored[name] = keyword


def _check_footprint(raw: RawSpecs) -> Iterator[str]:
    for filetype in raw.instrument.get("footprint_filetypes", ()):
        if filetype not in raw.instrument.get("filetypes", {}):
            yield f"instrument.yaml: footprint_filetypes: there is no filetype {filetype}"


def _check_thumbnails(raw: RawSpecs) -> Iterator[str]:
    for filetype in raw.instrument.get("thumbnail_filetypes", ()):
        if not raw.instrument.get("filetypes", {}).get(filetype, {}).get("preview"):
            yield f"instrument.yaml: thumbnail_filetypes: {filetype} has no preview"
    fallbacks = raw.instrument.get("thumbnail_fallbacks", [])
    last = raw.instrument.get("thumbnail_filetypes", [])[-len(fallbacks) :]
    if fallbacks and fallbacks != last:
        yield "instrument.yaml: thumbnail_fallbacks: they are not the last of thumbnail_filetypes"


def _check_listed_keywords(raw: RawSpecs) -> Iterator[str]:
    for entry in ("reference_files", "pixel_values"):
        for keyword in raw.instrument.get(entry, ()):
            if keyword not in raw.keywords:
                yield f"instrument.yaml: {entry}: keywords.yaml has no {keyword}"


def _check_dq_flags(raw: RawSpecs) -> Iterator[str]:
    for bit, meaning in raw.instrument.get("dq_flags", {}).items():
        if type(bit) is not int or bit < 1 or bit & (bit - 1) or not isinstance(meaning, str):
            entry = f"{bit!r}: {meaning!r}"
            yield f"instrument.yaml: dq_flags: {entry} is not a power of 2 with its meaning"


def _check_readouts(raw: RawSpecs) -> Iterator[str]:
    for detector, readout in raw.instrument.get("readouts", {}).items():
        where = f"instrument.yaml: readouts: {detector}"
        if detector not in raw.instrument.get("detectors", {}):
            yield f"{where}: there is no such detector"
        if readout.keys() != READOUT_ENTRIES:
            yield f"{where}: expected the entries {', '.join(sorted(READOUT_ENTRIES))}"
            continue
        for corners in readout["amplifiers"].values():
            for amplifier, corner in corners.items():
                if corner not in CORNERS:
                    yield f"{where}: {amplifier}: {corner!r} is not one of {', '.join(CORNERS)}"


def _check_flags(raw: RawSpecs) -> Iterator[str]:
    texts, kinds = ("title", "description", "example"), ("detectors", "filetypes")
    for name, entries in raw.flags.items():
        if not isinstance(name, str) or not re.fullmatch(r"[a-z][a-z0-9_]*", name):
            yield f"flags.yaml: {name!r} is not a name like satellite_trail"
            continue
        if not isinstance(entries, dict):
            yield f"flags.yaml: {name}: expected a mapping"
            continue
        for entry in sorted(entries.keys() - {*texts, *kinds}):
            yield f"flags.yaml: {name} has the unknown entry {entry}"
        for entry in texts:
            if not isinstance(entries.get(entry, "" if entry == "example" else None), str):
                yield f"flags.yaml: {name}: {entry} is not a text"
        for kind in kinds:
            for value in entries.get(kind) or ():
                if value not in raw.instrument.get(kind, {}):
                    yield f"flags.yaml: {name}: {kind}: instrument.yaml has no {value}"


def _check_groups(raw: RawSpecs) -> Iterator[str]:
    for filetype, groups in raw.instrument.get("header_groups", {}).items():
        if filetype not in raw.instrument.get("filetypes", {}):
            yield f"instrument.yaml: header_groups: there is no filetype {filetype}"
        for title, patterns in groups.items():
            if not isinstance(patterns, list) or not all(isinstance(p, str) for p in patterns):
                where = f"instrument.yaml: header_groups: {filetype}"
                yield f"{where}: {title} is not a list of keywords"


def _check_lists(raw: RawSpecs) -> Iterator[str]:
    for key, content in header_entries(raw.lists):
        where = f"lists: {key}"
        if key.detector not in raw.instrument.get("detectors", {}):
            yield f"{where}: instrument.yaml has no detector {key.detector}"
        if key.filetype not in raw.instrument.get("filetypes", {}):
            yield f"{where}: instrument.yaml has no filetype {key.filetype}"
        listed = content.get("keywords", [])
        for keyword in listed:
            if keyword not in raw.keywords:
                yield f"{where}: keywords.yaml has no {keyword}"
        for keyword in sorted({k for k in listed if listed.count(k) > 1}):
            yield f"{where}: {keyword} is listed twice"
        for keyword, type_ in content.get("types", {}).items():
            if keyword not in listed:
                yield f"{where}: a type is given for {keyword}, which is not listed"
            if type_ not in TYPES:
                yield f"{where}: {keyword} has the unknown type {type_}"
            elif type_ == raw.keywords.get(keyword, {}).get("type"):
                yield f"{where}: the type of {keyword} is the one in keywords.yaml"


def _check_extensions(raw: RawSpecs) -> Iterator[str]:
    for extname, listed in raw.extensions.items():
        for keyword in listed:
            if keyword not in raw.keywords:
                yield f"extensions.yaml: {extname}: keywords.yaml has no {keyword}"


def _check_promoted(raw: RawSpecs) -> Iterator[str]:
    for keyword, entries in raw.promoted.items():
        if keyword not in raw.keywords:
            yield f"promoted.yaml: keywords.yaml has no {keyword}"
        if names.field(str(keyword)) in raw.own_fields:
            yield f"promoted.yaml: {keyword} would be stored over a field of own_fields.yaml"
        if not isinstance(entries or {}, dict):
            yield f"promoted.yaml: {keyword}: expected a mapping"
            continue
        entries = entries or {}
        for entry in sorted(entries.keys() - {"also", "indexed", "facet", "pattern", "upper"}):
            yield f"promoted.yaml: {keyword} has the unknown entry {entry}"
        for address in entries.get("also", []):
            if not re.fullmatch(r"[a-z]+\.\d+\.[^.]+", address):
                yield f"promoted.yaml: {keyword}: {address} is not filetype.extension.KEYWORD"
        try:
            re.compile(entries.get("pattern") or "")
        except re.error as error:
            yield f"promoted.yaml: {keyword}: {entries['pattern']!r} is not a pattern: {error}"


def _check_unlisted(raw: RawSpecs) -> Iterator[str]:
    listed = {
        keyword
        for _, content in header_entries(raw.lists)
        for keyword in content.get("keywords", [])
    }.union(*raw.extensions.values())
    for keyword in sorted(raw.keywords.keys() - listed - {*COMMENTARY}, key=str):
        yield f"keywords.yaml: no list has {keyword}"
