"""What acsql knows of ACS headers: types, units, descriptions, lists, and what is promoted.

All of it is data in the YAML files of ``keyword_specs/``; nothing about a detector, a filetype
or a keyword is written in code.  A keyword's facts stand there once, and a list (detector,
filetype, extension) says which keywords its headers have and what differs there.  A second
folder of the same shape may lie over the first: what ``acsql specs update`` learns from the
archive goes there, so that an upgrade of acsql does not undo it.
"""

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property, lru_cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import yaml

from . import names
from .errors import SpecError

TYPES = ("int", "float", "str", "bool", "date", "time", "datetime")

# One keyword for every input image of a drizzled product: D001DATA, D002DATA ... are in the
# specs as DnnnDATA, and in documents a list of blocks (DrizzlePac handbook, section 3.1).
BLOCK = re.compile(r"D(\d{3})([A-Z]+)", re.ASCII)
BLOCK_KEYWORD = "Dnnn{}"
BLOCKS = "dnnn"
# Lines of text, as many as there are, in any header (FITS standard 4.0, section 4.4.2.4): in
# documents a list of them.  No list of the specs names these.
COMMENTARY = ("COMMENT", "HISTORY")
# The number of the input image within its block.
BLOCK_NUMBER = "block"
# Later values of a keyword that stands in a header more than once; no FITS keyword is so named.
REPEATED = "_repeated"
# Three times as many as all lists together have keywords: damaged files bring others.
MOST_PLACES = 32_768


def has_many_values(name: str) -> bool:
    """Whether documents have a list of the values of a header's keyword, by its stored name."""
    return name.startswith(BLOCKS) or name.upper() in COMMENTARY


class HeaderKey(NamedTuple):
    """Which header: the one of this detector, filetype and extension."""

    detector: str
    filetype: str
    extension: int

    def __str__(self) -> str:
        return f"{self.detector} {self.filetype} {self.extension}"


@dataclass(frozen=True)
class KeywordSpec:
    """What is known of one keyword.

    `formats` are the `datetime.datetime.strptime` formats of a date that is not written in
    ISO 8601; `mjd` says that a number is a Modified Julian Date.
    """

    keyword: str
    type: str
    unit: str | None = None
    description: str | None = None
    formats: tuple[str, ...] = ()
    mjd: bool = False

    @property
    def name(self) -> str:
        """The name under which the keyword is stored."""
        return names.field(self.keyword)


@dataclass(frozen=True)
class Promotion:
    """Where the value of a promoted keyword comes from.

    It is taken from the primary headers, then from the (filetype, extension, keyword) of
    `also`; of a text only what `pattern` matches is kept.
    """

    spec: KeywordSpec
    also: tuple[tuple[str, int, str], ...] = ()
    pattern: str | None = None

    @property
    def name(self) -> str:
        """The promoted keyword's field in a document."""
        return self.spec.name


@dataclass(frozen=True)
class Filetype:
    """One of the products of the pipeline, the pictures made of it, and whether it is one."""

    name: str
    description: str
    preview: bool = False
    thumbnail: bool = False
    pixels: bool = False


class Place(NamedTuple):
    """Where a card of a header goes.

    `name` is the one under which its value is stored, in the block of the number `block` if it
    tells of an input image; `listed_as` is the keyword's name in the specs, `listed` whether the
    list of the header has it.
    """

    name: str
    listed_as: str
    spec: KeywordSpec | None
    listed: bool
    block: int | None = None


@dataclass(frozen=True)
class KeywordSpecs:
    """All specs together.  Keywords are keyed by the names under which they are stored."""

    instrument: str
    instrument_keywords: tuple[str, ...]
    image_extname: str
    pointless: Mapping[str, tuple[str, ...]]
    footprint_filetypes: tuple[str, ...]
    reference_files: tuple[str, ...]
    dq_extname: str
    dq_flags: Mapping[int, str]
    detectors: Mapping[str, str]
    filetypes: Mapping[str, Filetype]
    master: Mapping[str, KeywordSpec]
    keywords: Mapping[str, KeywordSpec]
    lists: Mapping[HeaderKey, Mapping[str, KeywordSpec]]
    promoted: Mapping[str, Promotion]
    indexed: tuple[str, ...]
    facets: tuple[str, ...]
    version: str

    def spec(self, name: str, key: HeaderKey | None = None) -> KeywordSpec | None:
        """Return what is known of a keyword, in one header if `key` says which.

        Parameters
        ----------
        name : str
            The keyword, in FITS spelling or as stored.
        key : HeaderKey, optional
            The header in which it stands; a list can give a keyword another type there.

        Returns
        -------
        KeywordSpec or None
            None if no spec names the keyword.
        """
        listed = self.listed_at(name, key) if key else None
        return listed or self.keywords.get(names.field(name))

    def listed_at(self, name: str, key: HeaderKey) -> KeywordSpec | None:
        """Return what is known of a keyword if the list of this header has it."""
        return self.lists.get(key, {}).get(names.field(name))

    @cached_property
    def place(self) -> Callable[[str, HeaderKey | None], Place]:
        """What says where a card of a header goes, by its keyword; asked a million times."""
        return lru_cache(maxsize=MOST_PLACES)(self._place)

    def _place(self, keyword: str, key: HeaderKey | None) -> Place:
        block = BLOCK.fullmatch(keyword)
        listed_as = BLOCK_KEYWORD.format(block[2]) if block else keyword
        listed = key is not None and self.listed_at(listed_as, key) is not None
        name, number = (names.field(block[2]), int(block[1])) if block else (keyword, None)
        return Place(names.field(name), listed_as, self.spec(listed_as, key), listed, number)

    @cached_property
    def top_level(self) -> Mapping[str, KeywordSpec]:
        """The fields at the top of a document: those of acsql itself and the promoted ones."""
        return self.master | {name: promo.spec for name, promo in self.promoted.items()}

    @cached_property
    def in_headers(self) -> Mapping[HeaderKey, Mapping[str, KeywordSpec]]:
        """What can be asked for in each header: the keywords of its list, and commentary."""
        commentary = {name: self.keywords[name] for name in map(names.field, COMMENTARY)}
        return {key: {**listed, **commentary} for key, listed in self.lists.items()}

    def places(self, name: str) -> list[tuple[str, int]]:
        """Return the (filetype, extension) pairs whose headers can have the keyword."""
        order = list(self.filetypes)
        found = {(key.filetype, key.extension) for key in self._headers_with.get(name, ())}
        return sorted(found, key=lambda place: (order.index(place[0]), place[1]))

    @cached_property
    def _headers_with(self) -> dict[str, list[HeaderKey]]:
        found: dict[str, list[HeaderKey]] = {}
        for key, listed in self.in_headers.items():
            for name in listed:
                found.setdefault(name, []).append(key)
        return found

    def extended(self, met: Iterable[tuple[HeaderKey, str, str]]) -> "KeywordSpecs":
        """Return these specs with keywords that no spec names, as they were met in files.

        Parameters
        ----------
        met : iterable of (HeaderKey, keyword, type)
        """
        keywords = dict(self.keywords)
        lists = {key: dict(listed) for key, listed in self.lists.items()}
        for key, keyword, type_ in met:
            spec = keywords.setdefault(names.field(keyword), KeywordSpec(keyword, type_))
            lists.setdefault(key, {}).setdefault(
                spec.name, spec if spec.type == type_ else replace(spec, type=type_)
            )
        return replace(self, keywords=keywords, lists=lists)

    def is_pointless(self, document: Mapping[str, Any]) -> bool:
        """Whether an observation looks at nothing in the sky, as its promoted keywords say."""
        return any(document.get(name) in values for name, values in self.pointless.items())

    @property
    def thumbnail_filetype(self) -> str:
        """The filetype of which thumbnails are made."""
        return next(name for name, filetype in self.filetypes.items() if filetype.thumbnail)

    def with_preview(self) -> list[str]:
        """Return the filetypes of which previews are made."""
        return [name for name, filetype in self.filetypes.items() if filetype.preview]


def packaged() -> Traversable:
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
    return _sound([packaged(), overlay])


@lru_cache(maxsize=1)
def _packaged_specs() -> KeywordSpecs:
    return _sound([packaged()])


def _sound(folders: Iterable[Traversable]) -> KeywordSpecs:
    raw = _merged(folders)
    problems = check(raw)
    if problems:
        raise SpecError("the keyword specs are inconsistent:\n" + "\n".join(problems))
    return _build(raw)


@dataclass
class RawSpecs:
    """The content of the YAML files, before anything is made of it."""

    instrument: dict[str, Any] = field(default_factory=dict)
    master: dict[str, Any] = field(default_factory=dict)
    keywords: dict[str, Any] = field(default_factory=dict)
    promoted: dict[str, Any] = field(default_factory=dict)
    lists: dict[str, Any] = field(default_factory=dict)


def _merged(folders: Iterable[Traversable]) -> RawSpecs:
    """Return the specs of several folders as one; what is said again later changes nothing."""
    first, *others = map(read, folders)
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


def read(folder: Traversable | Path) -> RawSpecs:
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


def check(raw: RawSpecs | None = None) -> list[str]:
    """Return what is inconsistent in specs, one line for each; nothing when they are sound.

    Parameters
    ----------
    raw : RawSpecs, optional
        By default the specs that acsql brings along.
    """
    raw = _merged([packaged()]) if raw is None else raw
    return [
        *_check_keywords("master.yaml", raw.master),
        *_check_keywords("keywords.yaml", raw.keywords),
        *_check_footprint(raw),
        *_check_reference_files(raw),
        *_check_flags(raw),
        *_check_lists(raw),
        *_check_promoted(raw),
        *_check_unlisted(raw),
    ]


def _check_keywords(file: str, keywords: Mapping[str, Any]) -> Iterator[str]:
    known = {"type", "unit", "description", "formats", "mjd"}
    if file == "master.yaml":  # elsewhere promoted.yaml says so
        known |= {"indexed", "facet"}
    stored: dict[str, str] = {}
    for keyword, facts in keywords.items():
        if not isinstance(keyword, str):
            # YAML takes NO, ON and Y for truth values.
            yield f"{file}: {keyword!r} is no keyword; put it in quotes"
            continue
        if not isinstance(facts, dict) or facts.get("type") not in TYPES:
            yield f"{file}: {keyword} has no type out of {', '.join(TYPES)}"
            continue
        for entry in sorted(facts.keys() - known):
            yield f"{file}: {keyword} has the unknown entry {entry}"
        if facts.get("formats") and facts["type"] not in ("date", "time", "datetime"):
            yield f"{file}: {keyword} has formats, but its type is {facts['type']}"
        if facts.get("mjd") and facts["type"] != "float":
            yield f"{file}: {keyword} is marked mjd, but its type is {facts['type']}"
        name = names.field(keyword)
        if name in stored:
            yield f"{file}: {keyword} and {stored[name]} are both stored as {name}"
        stored[name] = keyword


def _check_footprint(raw: RawSpecs) -> Iterator[str]:
    for filetype in raw.instrument.get("footprint_filetypes", ()):
        if filetype not in raw.instrument.get("filetypes", {}):
            yield f"instrument.yaml: footprint_filetypes: there is no filetype {filetype}"


def _check_reference_files(raw: RawSpecs) -> Iterator[str]:
    for keyword in raw.instrument.get("reference_files", ()):
        if keyword not in raw.keywords:
            yield f"instrument.yaml: reference_files: keywords.yaml has no {keyword}"


def _check_flags(raw: RawSpecs) -> Iterator[str]:
    for bit, meaning in raw.instrument.get("dq_flags", {}).items():
        if type(bit) is not int or bit < 1 or bit & (bit - 1) or not isinstance(meaning, str):
            yield f"instrument.yaml: dq_flags: {bit!r}: {meaning!r} is no power of 2 with a meaning"


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


def _check_promoted(raw: RawSpecs) -> Iterator[str]:
    for keyword, facts in raw.promoted.items():
        if keyword not in raw.keywords:
            yield f"promoted.yaml: keywords.yaml has no {keyword}"
        if names.field(str(keyword)) in raw.master:
            yield f"promoted.yaml: {keyword} would be stored over a field of master.yaml"
        if not isinstance(facts or {}, dict):
            yield f"promoted.yaml: {keyword}: expected a mapping"
            continue
        facts = facts or {}
        for entry in sorted(facts.keys() - {"also", "indexed", "facet", "pattern"}):
            yield f"promoted.yaml: {keyword} has the unknown entry {entry}"
        for address in facts.get("also", []):
            if not re.fullmatch(r"[a-z]+\.\d+\.[^.]+", address):
                yield f"promoted.yaml: {keyword}: {address} is not filetype.extension.KEYWORD"
        try:
            re.compile(facts.get("pattern") or "")
        except re.error as error:
            yield f"promoted.yaml: {keyword}: {facts['pattern']!r} is no pattern: {error}"


def _check_unlisted(raw: RawSpecs) -> Iterator[str]:
    listed = {
        keyword
        for _, content in header_entries(raw.lists)
        for keyword in content.get("keywords", [])
    }
    for keyword in sorted(raw.keywords.keys() - listed - {*COMMENTARY}, key=str):
        yield f"keywords.yaml: no list has {keyword}"


def _build(raw: RawSpecs) -> KeywordSpecs:
    specs = {keyword: _keyword(keyword, facts) for keyword, facts in raw.keywords.items()}
    master = {name: _keyword(name, facts) for name, facts in raw.master.items()}
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
        pointless={
            names.field(keyword): tuple(values)
            for keyword, values in raw.instrument["pointless"].items()
        },
        footprint_filetypes=tuple(raw.instrument["footprint_filetypes"]),
        reference_files=tuple(map(names.field, raw.instrument["reference_files"])),
        dq_extname=raw.instrument["dq_extname"],
        dq_flags=raw.instrument["dq_flags"],
        detectors=raw.instrument["detectors"],
        filetypes={
            name: Filetype(name, **facts) for name, facts in raw.instrument["filetypes"].items()
        },
        master=master,
        keywords={spec.name: spec for spec in specs.values()},
        lists=lists,
        promoted={
            specs[keyword].name: _promotion(specs[keyword], facts)
            for keyword, facts in promoted.items()
        },
        indexed=_marked("indexed", raw.master, promoted),
        facets=_marked("facet", raw.master, promoted),
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
