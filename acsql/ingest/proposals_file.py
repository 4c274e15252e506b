"""The proposals file: facts about proposals as YAML or CSV, read and checked.

Headers do not have the type of a proposal, and an archive without access to MAST keeps its own
list.  People edit it, so every error names the file and the proposal.
"""

import csv
import re
from pathlib import Path
from typing import Any

import yaml

from ..errors import ConfigError
from ..store.proposals import FACTS


def read(source: Path) -> dict[int, dict[str, Any]]:
    """Read a file of proposals.

    Parameters
    ----------
    source : Path
        YAML like ``9019: {type: CAL/ACS, title: ..., cycle: 11, pi: ...}``, or, if its name ends
        in ``.csv``, a table with the header ``proposid,type,title,cycle,pi``.

    Returns
    -------
    dict
        Proposal numbers to the four facts about each, None for one that the file lacks.

    Raises
    ------
    ConfigError
        If the file cannot be read or an entry is wrong; the message names file and proposal.
    """
    reader = _from_csv if source.suffix.lower() == ".csv" else _from_yaml
    try:
        content = reader(source)
    except (OSError, UnicodeDecodeError, yaml.YAMLError, csv.Error) as error:
        raise ConfigError(f"cannot read the proposals file {source}: {error}") from error
    return {_proposid(key, source): _facts(key, entry, source) for key, entry in content.items()}


def _from_yaml(source: Path) -> dict[Any, Any]:
    # The parser of libyaml, where it is installed, takes a tenth of the time.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    content = yaml.load(source.read_text(encoding="utf-8"), loader) or {}
    if not isinstance(content, dict):
        raise ConfigError(f"{source}: expected lines like '9019: {{type: CAL/ACS}}'")
    return content


def _from_csv(source: Path) -> dict[Any, Any]:
    content: dict[Any, dict[str | Any, Any]] = {}
    # Spreadsheets start a file with a byte order mark.
    with source.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file, restkey="", strict=True)
        if "proposid" not in (rows.fieldnames or ()):
            header = ",".join(["proposid", *FACTS])
            raise ConfigError(f"{source}: expected a first line like {header!r}")
        for row in rows:
            key = _number(row.pop("proposid"))
            if key in content:
                raise ConfigError(f"{source}: proposal {key} has two rows")
            if "" in row:
                raise ConfigError(f"{source}: proposal {key} has more values than the header names")
            content[key] = {name: _text(value) for name, value in row.items()}
            content[key]["cycle"] = _number(row.get("cycle"))
    return content


def _text(value: str | None) -> str | None:
    return (value or "").strip() or None


def _number(value: str | None) -> int | str | None:
    """Return a whole number; any other text as it is, for the message about it."""
    text = _text(value)
    return int(text) if text and re.fullmatch("[0-9]{1,18}", text) else text


def _proposid(key: Any, source: Path) -> int:
    if isinstance(key, bool) or not isinstance(key, int) or not 0 < key < 2**63:
        raise ConfigError(f"{source}: {key!r} is not a proposal number")
    return key


def _facts(proposid: int, entry: Any, source: Path) -> dict[str, Any]:
    if not isinstance(entry, dict):
        names = ", ".join(FACTS)
        raise ConfigError(f"{source}: proposal {proposid}: expected a mapping with {names}")
    for name, value in entry.items():
        if name not in FACTS:
            raise ConfigError(f"{source}: proposal {proposid} has the unknown entry {name!r}")
        if value is not None and type(value) is not FACTS[name]:
            kind = FACTS[name].__name__
            raise ConfigError(
                f"{source}: proposal {proposid}: {name} {value!r} is not of type {kind}"
            )
    return {name: entry.get(name) for name in FACTS}
