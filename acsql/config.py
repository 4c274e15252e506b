"""Configuration: one frozen value, read once by `acsql.connect` or a command and passed on.

The settings are in one YAML file, and an environment variable ``ACSQL_<NAME>`` overrides each.
A setting or a variable that is not in `acsql.settings` is an error, so that a misspelt one is not
ignored silently.  No message repeats a line of the file, because it may hold a password.
"""

import difflib
import functools
import logging
import os
import re
import shlex
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

import platformdirs
import yaml

from .connection_strings import has_password, without_password
from .errors import ConfigError
from .settings import BY_NAME, INGEST, SETTINGS, checked_value

logger = logging.getLogger(__name__)

ENVIRONMENT_PREFIX = "ACSQL_"
# The settings that name what acsql writes: folders in which it makes files, and a file.
WRITTEN_PATHS = (
    *("data_dir", "jpeg_dir", "thumbnail_dir", "log_dir", "cache_dir", "monitors_dir"),
    "session_key_file",
)


@dataclass(frozen=True)
class Config:
    """The configuration of one archive, with a field for each of `acsql.settings.SETTINGS`.

    All paths are absolute.  Without a `connection_string` acsql starts a private MongoDB server.

    Raises
    ------
    ConfigError
        If a path that acsql writes to is inside `filesystem`, which it only reads, or if
        `user_header` is set without `proxies`.
    """

    filesystem: Path
    data_dir: Path
    jpeg_dir: Path
    thumbnail_dir: Path
    log_dir: Path
    proposals_file: Path
    ncores: int
    file_mode: str | None = None
    file_group: str | None = None
    # They hold passwords, and representations are shown in tracebacks and logs.
    connection_string: str | None = field(default=None, repr=False)
    read_connection_string: str | None = field(default=None, repr=False)
    annotation_connection_string: str | None = field(default=None, repr=False)
    layout: str = "acs"
    cache_dir: Path | None = None
    cache_limit: int = 2000
    worker_nice: int = 10
    vanish_limit: int = 5
    moved_limit: int = 1000
    read_timeout: int = 300
    image_statistics: str = INGEST
    statistics_minutes: int = 30
    database_wait: int = 300
    proposals_from: str = "file"
    monitors: tuple[str, ...] = ()
    monitors_dir: Path | None = None
    name_resolver: str | None = None
    rate_limit: int = 20_000
    downloads: int = 1000
    accel_redirect: str | None = None
    proxies: int = 0
    user_header: str | None = None
    user_role: str = "annotate"
    readers: str = "all"
    session_key_file: Path | None = None
    site_url: str | None = None
    trusted_hosts: tuple[str, ...] = ()
    cors_origins: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        filesystem = self.filesystem.resolve()
        for name in WRITTEN_PATHS:
            path: Path | None = getattr(self, name)
            if path is not None and path.resolve().is_relative_to(filesystem):
                raise ConfigError(
                    f"{name} {path} is inside filesystem {self.filesystem}, which acsql only "
                    f"reads: set {name} to a path outside it"
                )
        if self.user_header and not self.proxies:
            raise ConfigError(
                "user_header needs proxies: without a proxy in front of the site, anyone could "
                "send the name of another user"
            )

    def at(self, connection_string: str) -> "Config":
        """Return the same configuration with another database address."""
        return replace(self, connection_string=connection_string)

    @property
    def for_reading(self) -> "Config":
        """The same configuration with the read-only user of the database, if one is set."""
        return replace(
            self, connection_string=self.read_connection_string or self.connection_string
        )

    @property
    def for_annotating(self) -> "Config":
        """The same configuration with the user who may write annotations alone, if one is set."""
        return replace(
            self, connection_string=self.annotation_connection_string or self.connection_string
        )


def specs_overlay(config: Config) -> Path:
    """Return the specs overlay: the folder of keyword specs that this archive adds."""
    return config.data_dir / "keyword_specs"


def default_path() -> Path:
    """Return the path of the configuration file that is read if no other is named."""
    return platformdirs.user_config_path("acsql") / "acsql.yaml"


def load(path: str | Path | None = None, environ: Mapping[str, str] | None = None) -> Config:
    """Read the configuration.

    Parameters
    ----------
    path : str or Path, optional
        The YAML file; by default the one named by ``ACSQL_CONFIG``, else `default_path`, which
        need not exist.  Relative paths in the file are relative to its folder.
    environ : mapping, optional
        The environment variables, by default `os.environ`.

    Returns
    -------
    Config
        Checked and complete.

    Raises
    ------
    ConfigError
        If the file cannot be read, or a setting or variable is unknown, invalid or missing.
    """
    source, in_file, in_environment = _read(path, os.environ if environ is None else environ)
    return _complete(in_file | in_environment, source)


class EffectiveSetting(NamedTuple):
    """The value of a setting, and its source: the file, an environment variable or ``default``."""

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
            without_password(value) if isinstance(value, str) else value,
            f"{ENVIRONMENT_PREFIX}{setting.name.upper()}"
            if setting.name in in_environment
            else str(source)
            if in_file.get(setting.name) is not None
            else "default",
        )
        for setting in SETTINGS
        for value in [getattr(config, setting.name)]
    ]


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
    # The errors of YAML quote the line, so that they are not even chained.
    try:
        content = yaml.safe_load(source.read_text(encoding="utf-8"))
    except OSError as error:
        reason = error.strerror or str(error)
        raise ConfigError(f"cannot read the configuration file {source}: {reason}") from error
    except UnicodeDecodeError:
        raise ConfigError(f"the configuration file {source} is not UTF-8 text") from None
    except yaml.MarkedYAMLError as error:
        place = f"line {error.problem_mark.line + 1}" if error.problem_mark else "its end"
        raise ConfigError(f"the configuration file {source} is not YAML at {place}") from None
    except (yaml.YAMLError, ValueError, RecursionError):
        raise ConfigError(f"the configuration file {source} is not YAML") from None
    if not isinstance(content or {}, dict):
        raise ConfigError(f"{source}: expected lines like 'filesystem: /archive'")
    values = {
        name: checked_value(name, value, str(source), source.absolute().parent)
        for name, value in (content or {}).items()
    }
    if any(isinstance(value, str) and has_password(value) for value in values.values()):
        _warn_of_readers(source)
    return values


@functools.cache
def _warn_of_readers(source: Path) -> None:
    """Warn once of a file with a password that every account may read."""
    if source.stat().st_mode & stat.S_IROTH:
        logger.warning(
            "%s holds a password, and every account of this machine may read it: chmod o= %s",
            source,
            shlex.quote(str(source)),
        )


def _check_environment(environ: Mapping[str, str]) -> None:
    """Raise `ConfigError` for a variable with the prefix of acsql that is not a setting."""
    allowed = [*map(str.upper, BY_NAME), "CONFIG"]
    for variable in environ:
        name = variable.removeprefix(ENVIRONMENT_PREFIX)
        if variable.startswith(ENVIRONMENT_PREFIX) and name not in allowed:
            near = difflib.get_close_matches(name.upper(), allowed, n=1) or allowed
            meant = " or ".join(f"{ENVIRONMENT_PREFIX}{each}" for each in near)
            raise ConfigError(f"unknown environment variable {variable}: did you mean {meant}?")


def _from_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for setting in SETTINGS:
        variable = f"{ENVIRONMENT_PREFIX}{setting.name.upper()}"
        if environ.get(variable):
            text = environ[variable]
            is_number = setting.type is int and re.fullmatch(r"\s*[+-]?[0-9]{1,9}\s*", text)
            value = int(text) if is_number else text
            values[setting.name] = checked_value(setting.name, value, variable, Path.cwd())
    return {name: value for name, value in values.items() if value is not None}


def _complete(values: dict[str, Any], source: Path) -> Config:
    values = {name: value for name, value in values.items() if value is not None}
    if "filesystem" not in values:
        raise ConfigError(
            "the setting filesystem is missing: set it to the folder of the FITS files in "
            f"{source} or in {ENVIRONMENT_PREFIX}FILESYSTEM"
        )
    data_dir = values.setdefault("data_dir", platformdirs.user_data_path("acsql"))
    defaults = {
        "jpeg_dir": data_dir / "jpegs",
        "thumbnail_dir": data_dir / "thumbnails",
        "log_dir": data_dir / "logs",
        "cache_dir": data_dir / "cache",
        "session_key_file": data_dir / "session.key",
        "monitors_dir": data_dir / "monitors",
        "proposals_file": data_dir / "proposals.yaml",
        "ncores": os.cpu_count() or 1,
    }
    return Config(**(defaults | values))
