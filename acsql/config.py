"""Where this archive lives: one frozen value, read once at the edge and passed on.

One YAML file holds the settings; an environment variable ``ACSQL_<NAME>`` overrides each.
`SETTINGS` is the only list of them: the reader, the error messages and the table in the README
come from it.  What it does not have is an error in both places, so that nobody's misspelt setting
is ignored in silence.
"""

import difflib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import platformdirs
import yaml

from .errors import ConfigError


class Setting(NamedTuple):
    """One line of the configuration file; a number is `least` or more."""

    name: str
    type: type
    default: str
    help: str
    choices: tuple[str, ...] = ()
    least: int = 1


SETTINGS = (
    Setting("filesystem", Path, "required", "the archive of FITS files, only read"),
    Setting("connection_string", str, "a private MongoDB", "mongodb://... of the database"),
    Setting(
        "read_connection_string",
        str,
        "connection_string",
        "mongodb://... of a user who may only read, for the site",
    ),
    Setting("data_dir", Path, "the user's data folder", "what acsql keeps for itself"),
    Setting("jpeg_dir", Path, "<data_dir>/jpegs", "previews, by proposal"),
    Setting("thumbnail_dir", Path, "<data_dir>/thumbnails", "thumbnails, by proposal"),
    Setting("log_dir", Path, "<data_dir>/logs", "a log file for each ingest, and that of the site"),
    Setting("ncores", int, "all of them", "processes that an ingest uses"),
    Setting("database_wait", int, "300", "seconds that an ingest waits for a lost database"),
    Setting(
        "proposals_from",
        str,
        "file",
        "who tells type, title, cycle and PI of each proposal: file or mast",
        choices=("file", "mast"),
    ),
    Setting(
        "proposals_file",
        Path,
        "<data_dir>/proposals.yaml",
        "the file that tells of proposals: YAML, or CSV if its name ends in .csv",
    ),
    Setting("rate_limit", int, "20000", "requests a minute that the site answers one client"),
    Setting(
        "proxies", int, "0", "proxies before the site, which tell it who its clients are", least=0
    ),
)
_BY_NAME = {setting.name: setting for setting in SETTINGS}
ENVIRONMENT_PREFIX = "ACSQL_"


@dataclass(frozen=True)
class Config:
    """Where the archive lives.  Paths are absolute; no `connection_string` means private."""

    filesystem: Path
    data_dir: Path
    jpeg_dir: Path
    thumbnail_dir: Path
    log_dir: Path
    proposals_file: Path
    ncores: int
    connection_string: str | None = None
    read_connection_string: str | None = None
    database_wait: int = 300
    proposals_from: str = "file"
    rate_limit: int = 20_000
    proxies: int = 0

    def at(self, connection_string: str) -> "Config":
        """Return the same configuration with its database at `connection_string`."""
        return replace(self, connection_string=connection_string)

    @property
    def for_reading(self) -> "Config":
        """The same configuration for who may only read, if the database knows such a user."""
        return replace(
            self, connection_string=self.read_connection_string or self.connection_string
        )


def specs_overlay(config: Config) -> Path:
    """Return the folder of what this archive knows of keywords beyond the packaged specs."""
    return config.data_dir / "keyword_specs"


def default_path() -> Path:
    """Return the place where a configuration file is looked for when none is named."""
    return platformdirs.user_config_path("acsql") / "acsql.yaml"


def load(path: str | Path | None = None, environ: Mapping[str, str] | None = None) -> Config:
    """Read the configuration.

    Parameters
    ----------
    path : str or Path, optional
        The YAML file; by default the one that ``ACSQL_CONFIG`` names, else `default_path`,
        which alone need not exist.  Relative paths in it count from its folder.
    environ : mapping, optional
        Where overrides are looked for, by default `os.environ`.  Whatever else in it begins
        with ``ACSQL_`` is an error.

    Raises
    ------
    ConfigError
        If the file cannot be read, or a setting or a variable is unknown, wrong or missing.
    """
    source, in_file, in_environment = _read(path, os.environ if environ is None else environ)
    return _complete(in_file | in_environment, source)


class EffectiveSetting(NamedTuple):
    """The value of a setting, and its source: a file, a variable of the environment or default."""

    name: str
    value: Any
    source: str


def effective_settings(
    path: str | Path | None = None, environ: Mapping[str, str] | None = None
) -> list[EffectiveSetting]:
    """Read the configuration and return where the value of each setting comes from.

    Parameters
    ----------
    path : str or Path, optional
        As in `load`.
    environ : mapping, optional
        As in `load`.

    Returns
    -------
    list of EffectiveSetting
        All of `SETTINGS`, in their order.  Passwords in connection strings are hidden.

    Raises
    ------
    ConfigError
        As in `load`.
    """
    source, in_file, in_environment = _read(path, os.environ if environ is None else environ)
    config = _complete(in_file | in_environment, source)
    return [
        EffectiveSetting(
            setting.name,
            _without_password(getattr(config, setting.name)),
            f"{ENVIRONMENT_PREFIX}{setting.name.upper()}"
            if setting.name in in_environment
            else str(source)
            if in_file.get(setting.name) is not None
            else "default",
        )
        for setting in SETTINGS
    ]


def _without_password(value: Any) -> Any:
    """Return a connection string with its password hidden, any other value as it is."""
    if not isinstance(value, str) or "://" not in value:
        return value
    scheme, _, rest = value.partition("://")
    user, at, address = rest.rpartition("@")
    name, colon, _ = user.partition(":")
    return f"{scheme}://{name}{':***' if colon else ''}{at}{address}"


def _read(
    path: str | Path | None, environ: Mapping[str, str]
) -> tuple[Path, dict[str, Any], dict[str, Any]]:
    """Return the configuration file, and the settings in it and in the environment."""
    _check_environment(environ)
    named = path or environ.get(f"{ENVIRONMENT_PREFIX}CONFIG")
    source = Path(named) if named else default_path()
    in_file = _from_file(source) if named or source.exists() else {}
    return source, in_file, _from_environment(environ)


def _from_file(source: Path) -> dict[str, Any]:
    try:
        content = yaml.safe_load(source.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigError(f"cannot read the configuration file {source}: {error}") from error
    if not isinstance(content or {}, dict):
        raise ConfigError(f"{source}: expected lines like 'filesystem: /archive'")
    return {
        name: _value(name, value, str(source), source.absolute().parent)
        for name, value in (content or {}).items()
    }


def _check_environment(environ: Mapping[str, str]) -> None:
    """Raise `ConfigError` if a variable looks like one of ours and is none."""
    known = [*map(str.upper, _BY_NAME), "CONFIG"]
    for variable in environ:
        name = variable.removeprefix(ENVIRONMENT_PREFIX)
        if variable.startswith(ENVIRONMENT_PREFIX) and name not in known:
            near = difflib.get_close_matches(name.upper(), known, n=1) or known
            meant = " or ".join(f"{ENVIRONMENT_PREFIX}{each}" for each in near)
            raise ConfigError(f"{variable} in the environment sets nothing: did you mean {meant}?")


def _from_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    found = {}
    for setting in SETTINGS:
        variable = f"{ENVIRONMENT_PREFIX}{setting.name.upper()}"
        if environ.get(variable):
            value = environ[variable]
            if setting.type is int and re.fullmatch(r"\s*[+-]?[0-9]{1,9}\s*", value):
                value = int(value)
            found[setting.name] = _value(setting.name, value, variable, Path.cwd())
    return {name: value for name, value in found.items() if value is not None}


def _value(name: str, value: Any, source: str, folder: Path) -> Any:
    """Return a setting's checked value; null in a file means its default."""
    setting = _BY_NAME.get(name)
    if setting is None:
        known = ", ".join(_BY_NAME)
        raise ConfigError(f"{source}: unknown setting {name!r}; the settings are {known}")
    if value is None:
        return None
    if setting.type is int:
        if isinstance(value, bool) or not isinstance(value, int) or value < setting.least:
            least = f"a whole number from {setting.least}"
            raise ConfigError(f"{source}: {name} must be {least}, not {value!r}")
        return value
    if not isinstance(value, str) or not value.strip():
        raise ConfigError(f"{source}: {name} must be text, not {value!r}")
    if setting.type is Path:
        return _path(name, value, source, folder)
    if setting.choices:
        if value not in setting.choices:
            known = " or ".join(setting.choices)
            raise ConfigError(f"{source}: {name} must be {known}, not {value!r}")
        return value
    if not value.startswith(("mongodb://", "mongodb+srv://")):
        # Not what it is: it may hold a password.
        raise ConfigError(f"{source}: {name} must start with mongodb:// or mongodb+srv://")
    return value


def _path(name: str, value: str, source: str, folder: Path) -> Path:
    try:
        return (folder / Path(value).expanduser()).resolve()
    except (OSError, RuntimeError, ValueError) as error:
        raise ConfigError(f"{source}: {name} cannot be {value!r}: {error}") from error


def _complete(values: dict[str, Any], source: Path) -> Config:
    values = {name: value for name, value in values.items() if value is not None}
    if "filesystem" not in values:
        raise ConfigError(
            f"the setting filesystem is missing: name the archive's folder in {source} "
            f"or in {ENVIRONMENT_PREFIX}FILESYSTEM"
        )
    data_dir = values.setdefault("data_dir", platformdirs.user_data_path("acsql"))
    defaults = {
        "jpeg_dir": data_dir / "jpegs",
        "thumbnail_dir": data_dir / "thumbnails",
        "log_dir": data_dir / "logs",
        "proposals_file": data_dir / "proposals.yaml",
        "ncores": os.cpu_count() or 1,
    }
    return Config(**(defaults | values))
