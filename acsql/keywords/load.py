"""Loading of keyword specs: the packaged YAML files, with those of an archive over them."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from functools import lru_cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from types import MappingProxyType
from typing import Any

from .. import names
from ..errors import SpecError
from . import cache
from .model import DetectorReadout, Filetype, Flag, KeywordSpec, Promotion, StatisticSpec
from .raw import RawSpecs, header_entries, merge_folders
from .specs import KeywordSpecs
from .validation import check


def packaged_folder() -> Traversable:
    """Return the folder of the packaged specs, wherever acsql is installed."""
    return resources.files("acsql.keyword_specs")


def load(overlay: Path | None = None) -> KeywordSpecs:
    """Return the packaged specs, with a specs overlay laid over them.

    Parameters
    ----------
    overlay : Path, optional
        Folder of the archive's own specs, with files as in the packaged folder; it need not
        exist.  Its entries replace the packaged ones.

    Returns
    -------
    KeywordSpecs
        Read once for the packaged specs alone, and at each call with an overlay.

    Raises
    ------
    SpecError
        If a file cannot be read, or `check` finds inconsistencies, which the message lists.
    """
    if overlay is None or not overlay.is_dir():
        return _packaged_specs()
    return _load_folders([packaged_folder(), overlay])


@lru_cache(maxsize=1)
def _packaged_specs() -> KeywordSpecs:
    return _load_folders([packaged_folder()])


def _load_folders(folders: Sequence[Traversable]) -> KeywordSpecs:
    content, version = cache.remembered(folders, lambda: _checked(folders))
    return _build(RawSpecs(**content), version)


def _checked(folders: Iterable[Traversable]) -> tuple[dict[str, Any], str]:
    """Return the merged content of folders, and the version of the specs."""
    raw = merge_folders(folders)
    problems = check(raw)
    if problems:
        raise SpecError("the keyword specs are inconsistent:\n" + "\n".join(problems))
    return asdict(raw), _version(raw)


def _build(raw: RawSpecs, version: str) -> KeywordSpecs:
    specs = {keyword: _keyword_spec(keyword, entries) for keyword, entries in raw.keywords.items()}
    own_fields = {name: _keyword_spec(name, entries) for name, entries in raw.own_fields.items()}
    promoted = {keyword: entries or {} for keyword, entries in raw.promoted.items()}
    lists = {
        key: MappingProxyType(
            {
                specs[keyword].name: _with_type(specs[keyword], content.get("types", {}))
                for keyword in content["keywords"]
            }
        )
        for key, content in header_entries(raw.lists)
    }
    return KeywordSpecs(
        instrument=raw.instrument["instrument"],
        instrument_keywords=tuple(raw.instrument["instrument_keywords"]),
        image_extname=raw.instrument["image_extname"],
        internal_exposures={
            names.field(keyword): tuple(values)
            for keyword, values in raw.instrument["internal_exposures"].items()
        },
        footprint_filetypes=tuple(raw.instrument["footprint_filetypes"]),
        thumbnail_filetypes=tuple(raw.instrument["thumbnail_filetypes"]),
        thumbnail_fallbacks=tuple(raw.instrument["thumbnail_fallbacks"]),
        reference_files=tuple(map(names.field, raw.instrument["reference_files"])),
        pixel_values=tuple(map(names.field, raw.instrument["pixel_values"])),
        dq_extname=raw.instrument["dq_extname"],
        dq_flags=raw.instrument["dq_flags"],
        readouts={
            detector: DetectorReadout(**entries)
            for detector, entries in raw.instrument["readouts"].items()
        },
        saturation_flags=sum(raw.instrument["saturation_flags"]),
        table_columns=raw.instrument["table_columns"],
        header_groups={
            filetype: {title: tuple(patterns) for title, patterns in groups.items()}
            for filetype, groups in raw.instrument["header_groups"].items()
        },
        detectors=raw.instrument["detectors"],
        filetypes={
            name: Filetype(name, **{**entries, "extensions": tuple(entries.get("extensions", ()))})
            for name, entries in raw.instrument["filetypes"].items()
        },
        own_fields=own_fields,
        image_statistics={
            name: StatisticSpec(
                _keyword_spec(name, entries),
                tuple(entries.get("filetypes", ())),
                bool(entries.get("amplifiers")),
            )
            for name, entries in (raw.image_statistics | _flag_statistics(raw)).items()
        },
        keywords={spec.name: spec for spec in specs.values()},
        lists=lists,
        extensions={
            extname: frozenset(map(names.field, listed))
            for extname, listed in raw.extensions.items()
        },
        promoted={
            specs[keyword].name: _promotion(specs[keyword], entries)
            for keyword, entries in promoted.items()
        },
        flags={name: _flag(name, entries) for name, entries in raw.flags.items()},
        indexed=_flagged("indexed", raw.own_fields, promoted),
        facets=_flagged("facet", raw.own_fields, promoted),
        version=version,
    )


def _flag_statistics(raw: RawSpecs) -> dict[str, Any]:
    """Return the entries of the statistics that count data quality flags."""
    return {
        f"flag_{flag}": {"type": "int", "description": f"number of pixels with the flag: {meaning}"}
        for flag, meaning in raw.instrument["dq_flags"].items()
    }


def _flagged(entry: str, *files: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the stored names of the keywords whose entry of this name is true."""
    return tuple(
        names.field(keyword)
        for keywords in files
        for keyword, entries in keywords.items()
        if entries.get(entry)
    )


def _version(raw: RawSpecs) -> str:
    """Return an identifier of the content: the first digits of its SHA-256."""
    content = json.dumps(asdict(raw), sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()[:12]


def _keyword_spec(keyword: str, entries: Mapping[str, Any]) -> KeywordSpec:
    return KeywordSpec(
        keyword,
        entries["type"],
        entries.get("unit"),
        entries.get("description"),
        tuple(entries.get("formats", ())),
        bool(entries.get("mjd")),
        entries.get("ucd"),
        entries.get("utype"),
    )


def _with_type(spec: KeywordSpec, types: Mapping[str, str]) -> KeywordSpec:
    return replace(spec, type=types[spec.keyword]) if spec.keyword in types else spec


def _flag(name: str, entries: Mapping[str, Any]) -> Flag:
    some = {kind: tuple(entries.get(kind, ())) for kind in ("detectors", "filetypes")}
    return Flag(
        name, entries["title"], entries["description"], example=entries.get("example"), **some
    )


def _promotion(spec: KeywordSpec, entries: Mapping[str, Any]) -> Promotion:
    addresses = (address.split(".", 2) for address in entries.get("also", ()))
    return Promotion(
        spec,
        also=tuple((filetype, int(ext), names.field(kw)) for filetype, ext, kw in addresses),
        pattern=entries.get("pattern"),
        upper=bool(entries.get("upper")),
    )
