"""The YAML files of a folder of keyword specs, read and merged but not yet checked."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import yaml

from ..errors import SpecError
from .model import HeaderKey


@dataclass
class RawSpecs:
    """The content of the YAML files, before anything is made of it."""

    instrument: dict[str, Any] = field(default_factory=dict)
    master: dict[str, Any] = field(default_factory=dict)
    keywords: dict[str, Any] = field(default_factory=dict)
    promoted: dict[str, Any] = field(default_factory=dict)
    lists: dict[str, Any] = field(default_factory=dict)


def merged(folders: Iterable[Traversable]) -> RawSpecs:
    """Return the specs of several folders as one; what is said again later changes nothing."""
    first, *others = map(read_folder, folders)
    for raw in others:
        _lay_over(first, raw)
    return first


def _lay_over(merged: RawSpecs, raw: RawSpecs) -> None:
    """Add what another folder says, entry by entry."""
    merged.instrument |= raw.instrument
    for name in ("master", "keywords", "promoted"):
        target = getattr(merged, name)
        for keyword, facts in getattr(raw, name).items():
            target[keyword] = {**(target.get(keyword) or {}), **(facts or {})}
    for key, content in header_entries(raw.lists):
        extensions = merged.lists.setdefault(key.detector, {}).setdefault(key.filetype, {})
        target = extensions.setdefault(key.extension, {"keywords": []})
        listed = target["keywords"]
        target["keywords"] = [*listed, *(k for k in content["keywords"] if k not in listed)]
        if target.get("types") or content.get("types"):
            target["types"] = {**target.get("types", {}), **content.get("types", {})}
    # A type of its own that a keyword has by now everywhere says nothing any more.
    for _, content in header_entries(merged.lists):
        if "types" in content:
            content["types"] = {
                keyword: type_
                for keyword, type_ in content["types"].items()
                if type_ != merged.keywords.get(keyword, {}).get("type")
            }


def read_folder(folder: Traversable | Path) -> RawSpecs:
    """Read the YAML files of a folder of specs, without looking for sense in them.

    Raises
    ------
    SpecError
        If a file is not YAML or not a mapping.
    """
    lists = folder.joinpath("lists")
    files = sorted(lists.iterdir(), key=lambda path: path.name) if lists.is_dir() else []
    return RawSpecs(
        instrument=_mapping(folder.joinpath("instrument.yaml")),
        master=_mapping(folder.joinpath("master.yaml")),
        keywords=_mapping(folder.joinpath("keywords.yaml")),
        promoted=_mapping(folder.joinpath("promoted.yaml")),
        lists={
            path.name.removesuffix(".yaml").upper(): _lists(path)
            for path in files
            if path.name.endswith(".yaml")
        },
    )


def _mapping(path: Traversable) -> dict[str, Any]:
    if not path.is_file():
        return {}
    # libyaml's loader where PyYAML was built with it: the plain one takes a second here.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=loader)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise SpecError(f"cannot read {path}: {error}") from error
    if not isinstance(content or {}, dict):
        raise SpecError(f"{path}: expected a mapping")
    return content or {}


def _lists(path: Traversable) -> dict[str, Any]:
    content = _mapping(path)
    for filetype, extensions in content.items():
        if not isinstance(extensions, dict) or not all(
            _is_list(extension, found) for extension, found in extensions.items()
        ):
            raise SpecError(
                f"{path}: {filetype}: expected lines like '0: {{keywords: [EXPTIME]}}', "
                "with nothing beside 'keywords' but 'types'"
            )
    return content


def _is_list(extension: Any, content: Any) -> bool:
    """Whether this is the number of an extension, and the keywords of its header."""
    return (
        type(extension) is int
        and isinstance(content, dict)
        and content.keys() <= {"keywords", "types"}
        and isinstance(content.get("keywords"), list)
        and all(isinstance(keyword, str) for keyword in content["keywords"])
        and isinstance(content.get("types", {}), dict)
    )


def header_entries(lists: Mapping[str, Any]) -> Iterator[tuple[HeaderKey, dict[str, Any]]]:
    """Yield each (detector, filetype, extension) of raw lists with what stands there."""
    for detector, filetypes in lists.items():
        for filetype, extensions in filetypes.items():
            for extension, content in extensions.items():
                yield HeaderKey(detector, filetype, extension), content
