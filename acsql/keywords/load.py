"""Loading of keyword specs: the packaged YAML files, with those of an archive over them."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from functools import lru_cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from types import MappingProxyType
from typing import Any

from .. import names
from ..errors import SpecError
from .model import Filetype, KeywordSpec, KeywordSpecs, Promotion
from .raw import RawSpecs, header_entries, merge_folders
from .validation import check


def packaged_folder() -> Traversable:
    """Return the folder of specs that acsql brings along, wherever it is installed."""
    return resources.files("acsql.keyword_specs")


def load(overlay: Path | None = None) -> KeywordSpecs:
    """Read the specs that acsql brings along, and those of `overlay` over them.

    Parameters
    ----------
    overlay : Path, optional
        A folder of the same shape; what it says goes before, and it need not exist.

    Raises
    ------
    SpecError
        If a file cannot be read or `check` finds anything inconsistent; the message lists it.
    """
    if overlay is None or not overlay.is_dir():
        return _packaged_specs()
    return _sound([packaged_folder(), overlay])


@lru_cache(maxsize=1)
def _packaged_specs() -> KeywordSpecs:
    return _sound([packaged_folder()])


def _sound(folders: Iterable[Traversable]) -> KeywordSpecs:
    raw = merge_folders(folders)
    problems = check(raw)
    if problems:
        raise SpecError("the keyword specs are inconsistent:\n" + "\n".join(problems))
    return _build(raw)


def _build(raw: RawSpecs) -> KeywordSpecs:
    specs = {keyword: _keyword(keyword, facts) for keyword, facts in raw.keywords.items()}
    own_fields = {name: _keyword(name, facts) for name, facts in raw.own_fields.items()}
    promoted = {keyword: facts or {} for keyword, facts in raw.promoted.items()}
    lists = {
        key: MappingProxyType(
            {
                specs[keyword].name: _override(specs[keyword], content.get("types", {}))
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
        reference_files=tuple(map(names.field, raw.instrument["reference_files"])),
        dq_extname=raw.instrument["dq_extname"],
        dq_flags=raw.instrument["dq_flags"],
        detectors=raw.instrument["detectors"],
        filetypes={
            name: Filetype(name, **facts) for name, facts in raw.instrument["filetypes"].items()
        },
        own_fields=own_fields,
        keywords={spec.name: spec for spec in specs.values()},
        lists=lists,
        promoted={
            specs[keyword].name: _promotion(specs[keyword], facts)
            for keyword, facts in promoted.items()
        },
        indexed=_marked("indexed", raw.own_fields, promoted),
        facets=_marked("facet", raw.own_fields, promoted),
        version=_version(raw),
    )


def _marked(entry: str, *keywords: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the stored names of the keywords of which an entry is true."""
    return tuple(
        names.field(keyword)
        for part in keywords
        for keyword, facts in part.items()
        if facts.get(entry)
    )


def _version(raw: RawSpecs) -> str:
    """Return what tells one content of the specs from another: a part of its SHA-256."""
    content = json.dumps(asdict(raw), sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()[:12]


def _keyword(keyword: str, facts: Mapping[str, Any]) -> KeywordSpec:
    return KeywordSpec(
        keyword,
        facts["type"],
        facts.get("unit"),
        facts.get("description"),
        tuple(facts.get("formats", ())),
        bool(facts.get("mjd")),
    )


def _override(spec: KeywordSpec, types: Mapping[str, str]) -> KeywordSpec:
    return replace(spec, type=types[spec.keyword]) if spec.keyword in types else spec


def _promotion(spec: KeywordSpec, facts: Mapping[str, Any]) -> Promotion:
    places = (address.split(".", 2) for address in facts.get("also", ()))
    return Promotion(
        spec,
        also=tuple((filetype, int(ext), names.field(kw)) for filetype, ext, kw in places),
        pattern=facts.get("pattern"),
    )
