"""The proposals file: facts about proposals as YAML or CSV, read and checked.

Headers do not have the type of a proposal, and an archive without access to MAST keeps its own
list.  People edit it, so every error names the file and the proposal, and an entry that is wrong
does not cost the others.
"""

import csv
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from ..errors import ConfigError
from ..store.proposals import FACTS

# At most this many wrong entries are named.
NAMED = 20

# The place of an entry in the file, the number of its proposal, and its facts.
_Entry = tuple[str, Any, Any]


def read(source: Path) -> tuple[dict[int, dict[str, Any]], tuple[str, ...]]:
    """Read a file of proposals.

    Parameters
    ----------
    source : Path
        YAML like ``9019: {type: CAL/ACS, title: ..., cycle: 11, pi: ...}``, or, if its name ends
        in ``.csv``, a table with the header ``proposid,type,title,cycle,pi``.

    Returns
    -------
    facts : dict
        Proposal numbers to the four facts about each, None for one that the file lacks.
    problems : tuple of str
        The faults of entries, which are left out, with file, line and proposal.

    Raises
    ------
    ConfigError
        If the file cannot be read as a whole.
    """
    entries = _from_csv if source.suffix.lower() == ".csv" else _from_yaml
    facts: dict[int, dict[str, Any]] = {}
    problems: list[str] = []
    try:
        # The open of a named pipe would wait for a writer.
        if not stat.S_ISREG(source.stat().st_mode):
            raise ConfigError(f"the proposals file {source} is not a regular file")
        for place, key, entry in entries(source):
            try:
                proposid = _proposid(key)
                if proposid in facts:
                    raise ConfigError(f"proposal {proposid} has two rows")
                facts[proposid] = _facts(proposid, entry)
            except ConfigError as error:
                problems.append(f"{place}: {error}")
    # YAML has dates and numbers that Python refuses with a ValueError.
    except (OSError, ValueError, yaml.YAMLError, csv.Error) as error:
        raise ConfigError(f"cannot read the proposals file {source}: {error}") from error
    if len(problems) > NAMED:
        problems[NAMED:] = [f"{source}: {len(problems) - NAMED} more entries are wrong"]
    return facts, tuple(problems)


def _from_yaml(source: Path) -> Iterator[_Entry]:
    # The parser of libyaml, where it is installed, takes a tenth of the time.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    content = yaml.load(source.read_text(encoding="utf-8"), loader) or {}
    if not isinstance(content, dict):
        raise ConfigError(f"{source}: expected lines like '9019: {{type: CAL/ACS}}'")
    for key, entry in content.items():
        yield str(source), key, entry


def _from_csv(source: Path) -> Iterator[_Entry]:
    # Spreadsheets start a file with a byte order mark.
    with source.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file, restkey="", strict=True)
        columns = rows.fieldnames or ()
        if "proposid" not in columns:
            header = ",".join(["proposid", *FACTS])
            raise ConfigError(f"{source}: expected a first line like {header!r}")
        for name in columns:
            if name not in ("proposid", *FACTS):
                raise ConfigError(f"{source}: the header has the unknown column {name!r}")
        for row in rows:
            key = _number(row.pop("proposid"))
            # The values behind the last column are a list, which is none of the facts.
            entry = {name: _text(value) if name else value for name, value in row.items()}
            yield (
                f"{source}, line {rows.line_num}",
                key,
                entry | {"cycle": _number(row.get("cycle"))},
            )


def _text(value: str | None) -> str | None:
    return (value or "").strip() or None


def _number(value: str | None) -> int | str | None:
    """Return a whole number; any other text as it is, for the message about it."""
    text = _text(value)
    return int(text) if text and re.fullmatch("[0-9]{1,18}", text) else text


def _proposid(key: Any) -> int:
    if isinstance(key, bool) or not isinstance(key, int) or not 0 < key < 2**63:
        raise ConfigError(f"{key!r:.100} is not a proposal number")
    return key


def _facts(proposid: int, entry: Any) -> dict[str, Any]:
    if not isinstance(entry, dict):
        names = ", ".join(FACTS)
        raise ConfigError(f"proposal {proposid}: expected a mapping with {names}")
    if "" in entry:
        raise ConfigError(f"proposal {proposid} has more values than the header names")
    for name, value in entry.items():
        if name not in FACTS:
            raise ConfigError(f"proposal {proposid} has the unknown entry {name!r}")
        if value is not None and type(value) is not FACTS[name]:
            kind = FACTS[name].__name__
            raise ConfigError(f"proposal {proposid}: {name} {value!r:.100} is not of type {kind}")
        if isinstance(value, int) and not abs(value) < 2**63:
            raise ConfigError(f"proposal {proposid}: {name} is too large")
    return {name: entry.get(name) for name in FACTS}
