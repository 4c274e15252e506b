"""The settings of acsql: their names, types, defaults and meanings.

`SETTINGS` is the only list of them: the reader of the configuration, the error messages and the
documentation use it.  No message repeats a value, because it may hold a password.
"""

import re
from pathlib import Path
from typing import Any, NamedTuple

from .errors import ConfigError

# Where the folders of observations are below `filesystem`; `acsql.ingest.layouts` finds them.
LAYOUTS = ("acs", "mast")
# Roles of users, each with the rights of those before it; see `acsql.accounts.roles`.
ROLES = ("read", "annotate", "administer")
# The value of `image_statistics` with which an ingest computes them.
INGEST = "ingest"
# The owner reads and writes; the group and the others do either nothing, read, or both.
FILE_MODES = ("0600", "0604", "0606", "0640", "0644", "0646", "0660", "0664", "0666")


class Setting(NamedTuple):
    """One setting.

    Attributes
    ----------
    name : str
        Its name in the configuration file.
    type : type
        ``Path``, ``str``, ``int``, or ``tuple`` for texts: a list, or separated by commas.
    default : str
        The default, or what it depends on, for people to read.
    help : str
        The purpose of the setting.
    choices : tuple of str
        The allowed texts, if not any text is.
    minimum : int
        The smallest allowed number.
    pattern : str
        The regular expression that each text must match.
    form : str
        The meaning of `pattern`, for people to read.
    """

    name: str
    type: type
    default: str
    help: str
    choices: tuple[str, ...] = ()
    minimum: int = 1
    pattern: str = ".+"
    form: str = "text"


_MONGODB = r"mongodb(\+srv)?://.+"
_MONGODB_FORM = "an address that starts with mongodb:// or mongodb+srv://"
# As in RFC 3986, section 3.2.2; a name outside ASCII is written as in a request: xn--...
_HOST = r"([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])"
_ORIGIN = rf"https?://{_HOST}(:[0-9]{{1,5}})?"

SETTINGS = (
    Setting("filesystem", Path, "required", "folder of the FITS files, which acsql only reads"),
    Setting(
        "layout",
        str,
        "acs",
        "folders of the observations below filesystem: acs for <first four>/<ipppssoot>/, mast for "
        "the mastDownload/HST/<ipppssoot>/ of a download from MAST",
        choices=LAYOUTS,
    ),
    Setting(
        "connection_string",
        str,
        "a private MongoDB",
        "address of the database, mongodb://...",
        pattern=_MONGODB,
        form=_MONGODB_FORM,
    ),
    Setting(
        "read_connection_string",
        str,
        "connection_string",
        "address with a read-only user, for the site, mongodb://...",
        pattern=_MONGODB,
        form=_MONGODB_FORM,
    ),
    Setting(
        "annotation_connection_string",
        str,
        "connection_string",
        "address with a user who may write annotations alone, for the site, mongodb://...",
        pattern=_MONGODB,
        form=_MONGODB_FORM,
    ),
    Setting("data_dir", Path, "the user's data folder", "folder of the files that acsql writes"),
    Setting("jpeg_dir", Path, "<data_dir>/jpegs", "folder of the previews, by proposal"),
    Setting(
        "thumbnail_dir", Path, "<data_dir>/thumbnails", "folder of the thumbnails, by proposal"
    ),
    Setting(
        "log_dir", Path, "<data_dir>/logs", "folder of the logs of each ingest and of the site"
    ),
    Setting(
        "cache_dir",
        Path,
        "<data_dir>/cache",
        "folder of the pictures that the site makes on demand; it may be removed at any time",
    ),
    Setting("cache_limit", int, "2000", "size of cache_dir in MB (1e6 bytes)"),
    Setting(
        "file_mode",
        str,
        "as the umask of the ingest says",
        "mode of the previews, thumbnails and logs that an ingest writes, such as 0644 for a site "
        "of another user; their folders can be searched by those who may read them",
        choices=FILE_MODES,
    ),
    Setting(
        "file_group",
        str,
        "the group of the user",
        "group of the previews, thumbnails and logs that an ingest writes, as name or number",
        pattern="[^:/]+",
        form="the name or number of a group",
    ),
    Setting("ncores", int, "all cores", "number of processes of an ingest"),
    Setting(
        "worker_nice",
        int,
        "10",
        "nice value of the worker processes of an ingest (0 to 19); at a higher value, MongoDB and "
        "the site get the processor first",
        minimum=0,
    ),
    Setting(
        "vanish_limit",
        int,
        "5",
        "percent of the stored files that may vanish at once; if more are missing, none is marked "
        "as vanished; `acsql verify --fix` renders no more missing previews",
        minimum=0,
    ),
    Setting(
        "moved_limit",
        int,
        "1000",
        "number of files with a new inode number or change time alone beyond which an ingest takes "
        "the archive as moved, and does not compare their content",
        minimum=0,
    ),
    Setting(
        "read_timeout",
        int,
        "300",
        "seconds that an ingest waits for a FITS file or a folder of them that does not answer, as "
        "of a frozen mount",
    ),
    Setting(
        "image_statistics",
        str,
        INGEST,
        "when the statistics of images are computed: ingest, or fill for the command `acsql "
        "statistics fill` alone, which leaves an ingest as fast as without them",
        choices=(INGEST, "fill"),
    ),
    Setting(
        "statistics_minutes",
        int,
        "30",
        "minutes for which an ingest, at its end, computes statistics of images that an older "
        "acsql has ingested without them",
        minimum=0,
    ),
    Setting("database_wait", int, "300", "seconds that an ingest waits for a lost database"),
    Setting(
        "proposals_from",
        str,
        "file",
        "source of the type, title, cycle and PI of each proposal: file or mast",
        choices=("file", "mast"),
    ),
    Setting(
        "proposals_file",
        Path,
        "<data_dir>/proposals.yaml",
        "file of proposals: YAML, or CSV if its name ends in .csv",
    ),
    Setting(
        "monitors",
        tuple,
        "none",
        "monitors that `acsql ingest` runs after each successful ingest, or * for all",
        pattern=r"\*|[a-z][a-z0-9_]{0,39}",
        form="names of monitors, or *",
    ),
    Setting(
        "monitors_dir",
        Path,
        "<data_dir>/monitors",
        "folder of the archive's own monitors; its Python modules are run by acsql and the site",
    ),
    Setting(
        "name_resolver",
        str,
        "none: names of the archive alone",
        "address of a Sesame service that returns the positions of objects that are no targets, "
        "such as https://cds.unistra.fr/cgi-bin/nph-sesame/; it receives the names that people "
        "type",
        pattern=r"https?://[^\s{}?#]+/",
        form="an address such as https://cds.unistra.fr/cgi-bin/nph-sesame/",
    ),
    Setting("rate_limit", int, "20000", "requests per minute that the site answers to one client"),
    Setting("downloads", int, "1000", "downloads that the site sends at the same time"),
    Setting(
        "accel_redirect",
        str,
        "none: acsql sends files",
        "internal location of nginx that sends the files below filesystem, as /acsql-files",
        pattern="(/[A-Za-z0-9_.-]+)+",
        form="a path such as /acsql-files",
    ),
    Setting(
        "proxies",
        int,
        "0",
        "number of reverse proxies in front of the site, whose X-Forwarded headers it trusts",
        minimum=0,
    ),
    Setting(
        "user_header",
        str,
        "none: the site has accounts",
        "header in which the proxies name the user of a request, such as X-Remote-User, or "
        "REMOTE_USER for the variable of a WSGI server; only with proxies",
        pattern="[A-Za-z][A-Za-z0-9-]*|REMOTE_USER",
        form="the name of a header such as X-Remote-User, or REMOTE_USER",
    ),
    Setting(
        "user_role",
        str,
        "annotate",
        "role of a user whom the proxies name and who has no account",
        choices=ROLES,
    ),
    Setting(
        "readers",
        str,
        "all",
        "who may read the site: all, or users for those with a name",
        choices=("all", "users"),
    ),
    Setting(
        "session_key_file",
        Path,
        "<data_dir>/session.key",
        "file of the key that signs the session cookies of the site, which makes a missing one",
    ),
    Setting(
        "site_url",
        str,
        "as each request says",
        "address of the site for its users, https://..., with which absolute links begin; its path "
        "is the prefix of all pages",
        pattern=rf"{_ORIGIN}(/[A-Za-z0-9._~-]+)*/?",
        form="an address such as https://archive.example.org/acsql/",
    ),
    Setting(
        "trusted_hosts",
        tuple,
        "those of this machine, if site_url is not set",
        "hosts at which the site answers, beside that of site_url and localhost",
        pattern=_HOST,
        form="names or addresses of hosts, without a port",
    ),
    Setting(
        "cors_origins",
        tuple,
        "none",
        "web sites whose pages may read the HTTP API, such as https://example.org, or * for all",
        pattern=rf"\*|{_ORIGIN}",
        form="origins such as https://example.org, or *",
    ),
)
BY_NAME = {setting.name: setting for setting in SETTINGS}


def checked_value(name: str, value: Any, source: str, folder: Path) -> Any:
    """Return the value of a setting in its type.

    Parameters
    ----------
    name : str
        The name of the setting.
    value : object
        As the configuration file or a variable has it; None means the default.
    source : str
        The file or the variable, for messages.
    folder : Path
        The folder to which a relative path is relative.

    Returns
    -------
    Path, str, int, tuple of str or None
        None for the default.

    Raises
    ------
    ConfigError
        If there is no such setting, or its value is invalid.
    """
    setting = BY_NAME.get(name)
    if setting is None:
        settings = ", ".join(BY_NAME)
        shown = f" {name!r}" if re.fullmatch(r"\w{1,40}", str(name)) else ""
        raise ConfigError(f"{source}: unknown setting{shown}; the settings are {settings}")
    if value is None:
        return None
    if setting.type is int:
        if isinstance(value, bool) or not isinstance(value, int) or value < setting.minimum:
            raise ConfigError(f"{source}: {name} must be an integer of at least {setting.minimum}")
        return value
    if name in ("file_mode", "file_group") and type(value) is int:
        # YAML reads 0644 as an octal number.
        value = f"{value:04o}" if name == "file_mode" else str(value)
    if setting.type is tuple:
        parts = re.split(r"\s*,\s*", value.strip()) if isinstance(value, str) else value
        if not isinstance(parts, list):
            raise ConfigError(f"{source}: {name} must be a list, or texts separated by commas")
        return tuple(_text(setting, part, source) for part in parts)
    text = _text(setting, value, source)
    return _path(name, text, source, folder) if setting.type is Path else text


def _text(setting: Setting, value: Any, source: str) -> str:
    """Return the checked text of a setting, or of an entry of one that is a list."""
    if not isinstance(value, str) or not value.strip():
        raise ConfigError(f"{source}: {setting.name} must be text")
    if setting.choices and value not in setting.choices:
        raise ConfigError(f"{source}: {setting.name} must be {' or '.join(setting.choices)}")
    if not re.fullmatch(setting.pattern, value, re.DOTALL):
        raise ConfigError(f"{source}: {setting.name} must be {setting.form}")
    return value


def _path(name: str, value: str, source: str, folder: Path) -> Path:
    try:
        if "://" in value:
            # Later messages would show the password in an address.
            raise ValueError("it is an address")
        return (folder / Path(value).expanduser()).resolve()
    except (OSError, RuntimeError, ValueError):
        raise ConfigError(f"{source}: {name} must be a path that can be resolved") from None
