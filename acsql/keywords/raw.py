"""The YAML files of a folder of keyword specs, read and merged but not yet checked."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import reduce
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import yaml

from ..errors import SpecError
from .model import HeaderKey

# The content of a YAML file of unknown keys.
Content = dict[str, Any]


@dataclass
class RawSpecs:
    """The content of the YAML files of a folder.

    Attributes
    ----------
    instrument : dict
        Content of ``instrument.yaml``.
    own_fields, image_statistics, keywords, promoted : dict
        Entries by keyword, of the files of these names.
    flags : dict
        Entries by name, of ``flags.yaml``.
    extensions : dict
        Keywords by EXTNAME, of ``extensions.yaml``.
    lists : dict
        Keywords by detector, filetype and extension, of the files in ``lists/``.
    """

    instrument: Content = field(default_factory=dict)
    own_fields: Content = field(default_factory=dict)
    image_statistics: Content = field(default_factory=dict)
    keywords: Content = field(default_factory=dict)
    promoted: Content = field(default_factory=dict)
    flags: Content = field(default_factory=dict)
    extensions: Content = field(default_factory=dict)
    lists: Content = field(default_factory=dict)


def merge_folders(folders: Iterable[Traversable]) -> RawSpecs:
    """Return the specs of several folders as one.

    Parameters
    ----------
    folders : iterable of Traversable
        Each is laid over those before it.

    Returns
    -------
    RawSpecs
        As `overlay` returns them.

    Raises
    ------
    SpecError
        If a file is not YAML or has not the expected shape.
    """
    return reduce(overlay, map(read_folder, folders))


def overlay(base: RawSpecs, top: RawSpecs) -> RawSpecs:
    """Return specs with others laid over them.

    Parameters
    ----------
    base, top : RawSpecs
        Entries of `top` replace those of `base` one by one, and lists are appended; entries
        that `base` has already change nothing.

    Returns
    -------
    RawSpecs
        New specs; neither argument is changed.
    """
    keywords = _overlay_entries(base.keywords, top.keywords)
    return RawSpecs(
        instrument=base.instrument | top.instrument,
        own_fields=_overlay_entries(base.own_fields, top.own_fields),
        image_statistics=_overlay_entries(base.image_statistics, top.image_statistics),
        keywords=keywords,
        promoted=_overlay_entries(base.promoted, top.promoted),
        flags=_overlay_entries(base.flags, top.flags),
        extensions={
            extname: list(
                dict.fromkeys([*base.extensions.get(extname, ()), *top.extensions.get(extname, ())])
            )
            for extname in {**base.extensions, **top.extensions}
        },
        lists=_overlay_lists(base.lists, top.lists, keywords),
    )


def _overlay_entries(base: Content, top: Content) -> Content:
    return base | {
        keyword: {**(base.get(keyword) or {}), **(entries or {})}
        for keyword, entries in top.items()
    }


def _overlay_lists(base: Content, top: Content, keywords: Content) -> Content:
    """Return lists with others appended, and with those types alone that `keywords` has not."""
    headers: dict[HeaderKey, Content] = dict(header_entries(base))
    for key, content in header_entries(top):
        headers[key] = _append(headers.get(key, {"keywords": []}), content)
    lists: Content = {}
    for key, content in headers.items():
        if "types" in content:
            content = content | {"types": _overrides(content["types"], keywords)}
        lists.setdefault(key.detector, {}).setdefault(key.filetype, {})[key.extension] = content
    return lists


def _append(base: Content, top: Content) -> Content:
    listed = base["keywords"]
    content = base | {"keywords": [*listed, *(k for k in top["keywords"] if k not in listed)]}
    if base.get("types") or top.get("types"):
        content["types"] = {**base.get("types", {}), **top.get("types", {})}
    return content


def _overrides(types: Mapping[str, Any], keywords: Content) -> Content:
    """Return the types of a list that differ from those of the keywords."""
    return {
        keyword: type_
        for keyword, type_ in types.items()
        if type_ != keywords.get(keyword, {}).get("type")
    }


def read_folder(folder: Traversable | Path) -> RawSpecs:
    """Read the YAML files of a folder of specs.

    Parameters
    ----------
    folder : Traversable or Path
        Any of its files may be missing.

    Returns
    -------
    RawSpecs
        For `acsql.keywords.check` to check.

    Raises
    ------
    SpecError
        If a file is not YAML or has not the expected shape.
    """
    lists = folder.joinpath("lists")
    files = sorted(lists.iterdir(), key=lambda path: path.name) if lists.is_dir() else []
    return RawSpecs(
        instrument=_read_mapping(folder.joinpath("instrument.yaml")),
        own_fields=_read_mapping(folder.joinpath("own_fields.yaml")),
        image_statistics=_read_mapping(folder.joinpath("image_statistics.yaml")),
        keywords=_read_mapping(folder.joinpath("keywords.yaml")),
        promoted=_read_mapping(folder.joinpath("promoted.yaml")),
        flags=_read_mapping(folder.joinpath("flags.yaml")),
        extensions=_read_extensions(folder.joinpath("extensions.yaml")),
        lists={
            path.name.removesuffix(".yaml").upper(): _read_lists(path)
            for path in files
            if path.name.endswith(".yaml")
        },
    )


def _read_mapping(path: Traversable) -> Content:
    if not path.is_file():
        return {}
    # libyaml's loader, if PyYAML was built with it, because the pure Python one takes a second.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=loader)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise SpecError(f"cannot read {path}: {error}") from error
    if not isinstance(content or {}, dict):
        raise SpecError(f"{path}: expected a mapping")
    return content or {}


def _read_extensions(path: Traversable) -> Content:
    content = _read_mapping(path)
    for extname, keywords in content.items():
        if not isinstance(keywords, list) or not all(isinstance(k, str) for k in keywords):
            raise SpecError(f"{path}: {extname}: expected a list of keywords like [EXTNAME]")
    return content


def _read_lists(path: Traversable) -> Content:
    content = _read_mapping(path)
    for filetype, extensions in content.items():
        if not isinstance(extensions, dict) or not all(
            _is_header_list(extension, header) for extension, header in extensions.items()
        ):
            raise SpecError(
                f"{path}: {filetype}: expected lines like '0: {{keywords: [EXPTIME]}}', "
                "with no other entry than 'keywords' and 'types'"
            )
    return content


def _is_header_list(extension: Any, content: Any) -> bool:
    """Return whether these are the number of an extension and the keywords of its header."""
    return (
        type(extension) is int
        and isinstance(content, dict)
        and content.keys() <= {"keywords", "types"}
        and isinstance(content.get("keywords"), list)
        and all(isinstance(keyword, str) for keyword in content["keywords"])
        and isinstance(content.get("types", {}), dict)
    )


def header_entries(lists: Mapping[str, Any]) -> Iterator[tuple[HeaderKey, Content]]:
    """Yield the entries of raw lists, header by header.

    Parameters
    ----------
    lists : mapping
        Keywords by detector, filetype and extension.

    Yields
    ------
    key : HeaderKey
        The header.
    content : dict
        Its ``keywords`` and ``types``.
    """
    for detector, filetypes in lists.items():
        for filetype, extensions in filetypes.items():
            for extension, content in extensions.items():
                yield HeaderKey(detector, filetype, extension), content
