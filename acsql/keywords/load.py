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
from .model import DetectorReadout, Filetype, Flag, HeaderKey, KeywordSpec, Promotion, StatisticSpec
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
    promoted = {keyword: entries or {} for keyword, entries in raw.promoted.items()}
    return KeywordSpecs(
        **_of_instrument(raw.instrument),
        own_fields={name: _keyword_spec(name, entries) for name, entries in raw.own_fields.items()},
        image_statistics=_image_statistics(raw),
        keywords={spec.name: spec for spec in specs.values()},
        lists=_lists(raw, specs),
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


def _of_instrument(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return the attributes of `KeywordSpecs` that ``instrument.yaml`` describes."""
    unchanged = (
        "instrument",
        "image_extname",
        "dq_extname",
        "dq_flags",
        "table_columns",
        "detectors",
    )
    sequences = (
        "instrument_keywords",
        "footprint_filetypes",
        "thumbnail_filetypes",
        "thumbnail_fallbacks",
    )
    keywords = ("reference_files", "pixel_values")
    return {
        **{name: content[name] for name in unchanged},
        **{name: tuple(content[name]) for name in sequences},
        **{name: tuple(map(names.field, content[name])) for name in keywords},
        "internal_exposures": {
            names.field(keyword): tuple(values)
            for keyword, values in content["internal_exposures"].items()
        },
        "readouts": {
            detector: DetectorReadout(**entries)
            for detector, entries in content["readouts"].items()
        },
        "saturation_flags": sum(content["saturation_flags"]),
        "header_groups": {
            filetype: {title: tuple(patterns) for title, patterns in groups.items()}
            for filetype, groups in content["header_groups"].items()
        },
        "filetypes": {
            name: Filetype(name, **{**entries, "extensions": tuple(entries.get("extensions", ()))})
            for name, entries in content["filetypes"].items()
        },
    }


def _lists(
    raw: RawSpecs, specs: Mapping[str, KeywordSpec]
) -> dict[HeaderKey, Mapping[str, KeywordSpec]]:
    """Return the keywords of each header, with the types that they have in it."""
    return {
        key: MappingProxyType(
            {
                specs[keyword].name: _with_type(specs[keyword], content.get("types", {}))
                for keyword in content["keywords"]
            }
        )
        for key, content in header_entries(raw.lists)
    }


def _image_statistics(raw: RawSpecs) -> dict[str, StatisticSpec]:
    return {
        name: StatisticSpec(
            _keyword_spec(name, entries),
            tuple(entries.get("filetypes", ())),
            bool(entries.get("amplifiers")),
        )
        for name, entries in (raw.image_statistics | _flag_statistics(raw)).items()
    }


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
