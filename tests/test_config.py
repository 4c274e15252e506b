"""The configuration is read from the right file, and an error names what is wrong in it."""

import dataclasses
import os
import traceback
from pathlib import Path

import pytest
import yaml

from acsql import config
from acsql.config import WRITTEN_PATHS, Config
from acsql.errors import ConfigError
from acsql.settings import SETTINGS

NAMES = [setting.name for setting in SETTINGS]
PATHS = [setting.name for setting in SETTINGS if setting.type is Path]
NUMBERS = [setting.name for setting in SETTINGS if setting.type is int]
ALSO_ZERO = {"proxies", "vanish_limit", "moved_limit", "statistics_minutes", "worker_nice"}
POSITIVE = [name for name in NUMBERS if name not in ALSO_ZERO]
LISTS = [setting.name for setting in SETTINGS if setting.type is tuple]
COMPLETE = {
    "filesystem": "/archive",
    "connection_string": "mongodb://db.example/acsql",
    "data_dir": "/data",
    "jpeg_dir": "/jpegs",
    "thumbnail_dir": "/thumbnails",
    "log_dir": "/logs",
    "cache_dir": "/cache",
    "session_key_file": "/session.key",
    "monitors_dir": "/monitors",
    "proxies": 1,
    "ncores": 3,
    "database_wait": 5,
    "proposals_file": "/proposals.yaml",
}


@pytest.fixture
def user_folder(tmp_path, monkeypatch) -> Path:
    """A folder for the default configuration file instead of the user's."""
    folder = tmp_path / "user"
    folder.mkdir()
    monkeypatch.setattr(config.platformdirs, "user_config_path", lambda _: folder)
    return folder


@pytest.fixture
def written(tmp_path):
    """Write a configuration file and return its path."""

    def write(content, name: str = "acsql.yaml") -> Path:
        path = tmp_path / name
        path.write_text(content if isinstance(content, str) else yaml.safe_dump(content))
        return path

    return write


def test_settings_are_the_fields_of_a_config():
    assert sorted(NAMES) == sorted(field.name for field in dataclasses.fields(Config))
    assert len(set(NAMES)) == len(NAMES)


def test_a_complete_file_is_read_unchanged(written):
    assert config.load(written(COMPLETE), {}) == Config(
        **{name: Path(value) if name in PATHS else value for name, value in COMPLETE.items()}
    )


def test_defaults_follow_the_data_folder(written):
    loaded = config.load(written({"filesystem": "/archive", "data_dir": "/data"}), {})
    assert loaded == Config(
        filesystem=Path("/archive"),
        data_dir=Path("/data"),
        jpeg_dir=Path("/data/jpegs"),
        thumbnail_dir=Path("/data/thumbnails"),
        log_dir=Path("/data/logs"),
        cache_dir=Path("/data/cache"),
        session_key_file=Path("/data/session.key"),
        monitors_dir=Path("/data/monitors"),
        proposals_file=Path("/data/proposals.yaml"),
        ncores=os.cpu_count(),
        connection_string=None,
    )
    assert config.specs_overlay(loaded) == Path("/data/keyword_specs")


def test_the_default_data_folder_is_that_of_the_user(written):
    loaded = config.load(written({"filesystem": "/archive"}), {})
    assert loaded.data_dir == config.platformdirs.user_data_path("acsql")
    assert loaded.data_dir.is_absolute()


@pytest.mark.parametrize("name", [name for name in NAMES if name != "filesystem"])
def test_null_means_the_default(written, name):
    base = {"filesystem": "/archive", "data_dir": "/data"}
    without = {key: value for key, value in base.items() if key != name}
    assert config.load(written(base | {name: None}), {}) == config.load(written(without), {})


def test_a_config_is_frozen_and_can_be_moved_to_another_database(written):
    loaded = config.load(written(COMPLETE), {})
    moved = loaded.at("mongodb://other/")
    assert moved.connection_string == "mongodb://other/"
    assert moved.at(loaded.connection_string) == loaded
    with pytest.raises(dataclasses.FrozenInstanceError):
        loaded.ncores = 1


def test_a_named_file_takes_precedence_over_the_environment(written, user_folder):
    (user_folder / "acsql.yaml").write_text("filesystem: /default")
    named = written({"filesystem": "/named"}, "named.yaml")
    environ = {"ACSQL_CONFIG": str(written({"filesystem": "/environment"}, "environment.yaml"))}
    assert config.load(named, environ).filesystem == Path("/named")
    assert config.load(str(named), environ).filesystem == Path("/named")
    assert config.load(None, environ).filesystem == Path("/environment")
    assert config.load(None, {}).filesystem == Path("/default")


def test_only_the_default_file_need_not_exist(user_folder, tmp_path):
    assert config.default_path() == user_folder / "acsql.yaml"
    assert config.load(environ={"ACSQL_FILESYSTEM": "/archive"}).filesystem == Path("/archive")
    missing = tmp_path / "missing.yaml"
    for path, environ in [(missing, {}), (None, {"ACSQL_CONFIG": str(missing)})]:
        with pytest.raises(ConfigError, match=str(missing)):
            config.load(path, environ | {"ACSQL_FILESYSTEM": "/archive"})


def test_the_environment_is_that_of_the_process_by_default(user_folder, monkeypatch):
    assert not list(user_folder.iterdir())
    monkeypatch.delenv("ACSQL_CONFIG", raising=False)
    monkeypatch.setenv("ACSQL_FILESYSTEM", "/from/environ")
    assert config.load().filesystem == Path("/from/environ")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("worker_nice", 10),
        ("moved_limit", 1000),
        ("read_timeout", 300),
        ("image_statistics", "ingest"),
        ("statistics_minutes", 30),
        ("database_wait", 300),
        ("proposals_from", "file"),
        ("rate_limit", 20000),
        ("user_role", "annotate"),
        ("readers", "all"),
        ("proxies", 0),
    ],
)
def test_a_default_can_be_set_explicitly(written, name, value):
    base = {"filesystem": "/archive", "data_dir": "/data"}
    loaded = config.load(written(base), {})
    assert config.load(written(base | {name: value}), {}) == loaded
    assert config.load(written(base), {f"ACSQL_{name.upper()}": str(value)}) == loaded
    assert str(value) == next(setting.default for setting in SETTINGS if setting.name == name)


@pytest.mark.parametrize(
    ("variable", "words"),
    [
        ("ACSQL_NCORE", "did you mean ACSQL_NCORES"),
        ("ACSQL_CONFG", "did you mean ACSQL_CONFIG"),
        ("ACSQL_CONNECTIONSTRING", "did you mean ACSQL_CONNECTION_STRING"),
        ("ACSQL_data_dir", "did you mean ACSQL_DATA_DIR"),
        ("ACSQL_", "did you mean ACSQL_FILESYSTEM or .* or ACSQL_CONFIG"),
        ("ACSQL_QQQQ", "did you mean ACSQL_FILESYSTEM or .* or ACSQL_CONFIG"),
    ],
)
@pytest.mark.parametrize("value", ["", "/somewhere"])
def test_an_unknown_variable_is_an_error_with_a_suggestion(written, variable, words, value):
    with pytest.raises(ConfigError, match=words) as caught:
        config.load(written(COMPLETE), {variable: value})
    assert f"unknown environment variable {variable}:" in str(caught.value)


def test_variables_without_the_prefix_are_ignored(written):
    others = {"MY_ACSQL_NCORE": "1", "ACSQLNCORES": "1", "acsql_ncores": "x", "PATH": "/bin"}
    assert config.load(written(COMPLETE), others) == config.load(written(COMPLETE), {})


_OTHER = {
    "connection_string": "mongodb://other/",
    "read_connection_string": "mongodb://reader@other/",
    "annotation_connection_string": "mongodb://annotator@other/",
    "proposals_from": "mast",
    "file_mode": "0640",
    "file_group": "users",
    "site_url": "https://archive.example.org/acsql/",
    "layout": "mast",
    "user_header": "X-Remote-User",
    "user_role": "read",
    "readers": "users",
    "image_statistics": "fill",
    "name_resolver": "https://resolver.example.org/sesame/",
}


_OTHER_LISTS = {
    "cors_origins": ("https://a.example", "*"),
    "trusted_hosts": ("a.example", "[::1]"),
    "monitors": ("pointing", "*"),
}


@pytest.mark.parametrize("name", NAMES)
def test_a_variable_overrides_the_file(written, name):
    other = _OTHER.get(name) or (7 if name in NUMBERS else "/other")
    if name in LISTS:
        other = _OTHER_LISTS[name]
    text = ", ".join(other) if name in LISTS else str(other)
    loaded = config.load(written(COMPLETE), {f"ACSQL_{name.upper()}": text})
    assert getattr(loaded, name) == (Path(other) if name in PATHS else other)
    assert dataclasses.replace(
        loaded, **{name: getattr(config.load(written(COMPLETE), {}), name)}
    ) == config.load(written(COMPLETE), {})


@pytest.mark.parametrize("name", NAMES)
def test_an_empty_variable_overrides_nothing(written, name):
    path = written(COMPLETE)
    assert config.load(path, {f"ACSQL_{name.upper()}": ""}) == config.load(path, {})


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("text", ["7", " 7 ", "+7", "007"])
def test_a_number_in_a_variable_is_read_as_a_number(written, name, text):
    loaded = config.load(written(COMPLETE), {f"ACSQL_{name.upper()}": text})
    assert getattr(loaded, name) == 7


@pytest.mark.parametrize("value", [["a.example", "b.example"], "a.example,b.example"])
def test_a_list_is_a_list_or_one_text_with_commas(written, value):
    loaded = config.load(written(COMPLETE | {"trusted_hosts": value}), {})
    assert loaded.trusted_hosts == ("a.example", "b.example")


def test_paths_in_a_file_are_relative_to_its_folder(tmp_path, monkeypatch):
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "acsql.yaml").write_text("filesystem: ../archive\ndata_dir: data\n")
    monkeypatch.chdir(tmp_path)
    for path in (tmp_path / "etc" / "acsql.yaml", "etc/acsql.yaml"):
        loaded = config.load(path, {})
        assert loaded.filesystem == tmp_path / "archive"
        assert loaded.jpeg_dir == tmp_path / "etc" / "data" / "jpegs"


def test_paths_in_a_variable_are_relative_to_the_working_directory(written, tmp_path, monkeypatch):
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    loaded = config.load(written(COMPLETE), {"ACSQL_LOG_DIR": "logs"})
    assert loaded.log_dir == tmp_path / "elsewhere" / "logs"


def test_a_tilde_is_the_home_of_the_user(written, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert config.load(written({"filesystem": "~/archive"}), {}).filesystem == tmp_path / "archive"


@pytest.mark.parametrize("name", PATHS)
def test_every_path_is_absolute(written, name):
    loaded = config.load(written({"filesystem": "a"} | {name: "b"}), {})
    assert all(getattr(loaded, path).is_absolute() for path in PATHS)


WRONG = [
    *((name, value) for name in PATHS for value in (3, True, [], "", "  ", "~no such user/x")),
    ("filesystem", "a\0b"),
    *((name, value) for name in NUMBERS for value in (-1, 2.0, True, "4", "many", [])),
    *((name, 0) for name in POSITIVE),
    *(("file_mode", value) for value in (644, 0o755, 0o200, "644", "rw-r--r--", True)),
    *(("file_group", value) for value in (True, "", [])),
    *((name, value) for name in LISTS for value in (3, True, {}, [3], [""], "a b", "x/y", ["a,b"])),
    *(("trusted_hosts", value) for value in ("a:80", "http://a", "*", "ä.example")),
    *(("cors_origins", value) for value in ("a.example", "https://a.example/", "null", ".*")),
    *(("site_url", value) for value in (3, "a.example", "ftp://a", "https://", "https://a//b")),
    *(("site_url", value) for value in ("https://u:p@a/", "https://a/?x", "https://a/#x")),
    *(("connection_string", value) for value in (3, "", "localhost:27017", "http://db.example")),
]


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_an_invalid_value_is_reported_with_its_setting_and_file(written, name, value):
    path = written(COMPLETE | {name: value})
    with pytest.raises(ConfigError) as caught:
        config.load(path, {})
    assert name in str(caught.value)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        *((name, "  ") for name in NAMES),
        *((name, "~no such user/x") for name in PATHS),
        *((name, text) for name in NUMBERS for text in ("-1", "--5", "2.5", "²", "many")),
        *((name, "0") for name in POSITIVE),
        ("ncores", "9" * 5000),
        ("connection_string", "localhost:27017"),
    ],
)
def test_an_invalid_value_is_reported_with_its_setting_and_variable(written, name, text):
    variable = f"ACSQL_{name.upper()}"
    with pytest.raises(ConfigError) as caught:
        config.load(written(COMPLETE), {variable: text})
    assert name in str(caught.value)
    assert variable in str(caught.value)


def test_a_loop_of_links_is_refused(written, tmp_path):
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(ConfigError, match="filesystem"):
        config.load(written({"filesystem": "loop/archive"}), {})


SECRET = "mongodb://user:s3cr3t@db.example/acsql"


def shown(error: BaseException) -> str:
    """Return all that a traceback shows of an error and of those that caused it."""
    return "".join(traceback.format_exception(error))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("value", [f"x{SECRET}", [SECRET], [[SECRET]], {SECRET: SECRET}])
def test_a_wrong_value_is_not_repeated(written, name, value):
    with pytest.raises(ConfigError) as caught:
        config.load(written(COMPLETE | {name: value}), {})
    assert name in str(caught.value)
    assert "s3cr3t" not in shown(caught.value)


@pytest.mark.parametrize("name", [name for name in NAMES if "connection" not in name])
def test_an_address_of_a_database_under_the_wrong_name_is_not_repeated(written, name):
    with pytest.raises(ConfigError, match=name) as caught:
        config.load(written(COMPLETE | {name: SECRET}), {})
    assert "s3cr3t" not in shown(caught.value)


@pytest.mark.parametrize(
    "line",
    [
        "connection_string: {address}: x",
        "connection_string {address}",
        "connection_string: '{address}",
        'connection_string: "{address}\\q"',
        "connection_string: [{address}",
        "connection_string: {{{address}",
        "connection_string: !{address}",
        "connection_string: *{address}",
        "connection_string: &{address} &{address}",
        "connection_string: @{address}",
        "connection_string: {address}\n{address}",
        "connection_string:\t{address}\n\t{address}:",
        "{address}",
        "- {address}",
        "{address}: x",
        "? {address}",
        "x: {address}\x00",
        "x: {address}\n---\nx: {address}",
        "<<: {address}",
    ],
)
@pytest.mark.parametrize("before", ["", "filesystem: /archive\n"])
def test_a_broken_file_is_named_without_its_lines(written, before, line):
    path = written(f"{before}{line.format(address=SECRET)}\n")
    with pytest.raises(ConfigError) as caught:
        config.load(path, {})
    assert str(path) in str(caught.value)
    assert "s3cr3t" not in shown(caught.value)


@pytest.mark.parametrize(("content", "line"), [("a: 'b\n", 2), ("a: 1\nb: c: d\n", 2)])
def test_a_broken_file_is_reported_with_its_line(written, content, line):
    with pytest.raises(ConfigError, match=f"is not YAML at line {line}$"):
        config.load(written(content), {})


@pytest.mark.parametrize("content", [b"\xff\xfe\xff", b"ncores: 2026-13-45\n", b"[" * 5000])
def test_any_broken_file_is_a_configuration_error(tmp_path, content):
    path = tmp_path / "acsql.yaml"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=str(path)):
        config.load(path, {})


@pytest.mark.parametrize("key", ["filesytem", "Filesystem", 5, None])
def test_an_unknown_setting_is_named_with_the_known_ones(written, key):
    path = written({"filesystem": "/archive", key: "/x"})
    with pytest.raises(ConfigError) as caught:
        config.load(path, {})
    assert repr(key) in str(caught.value)
    assert all(text in str(caught.value) for text in [str(path), *NAMES])


@pytest.mark.parametrize("content", ["", "# nothing\n", "filesystem:\n", "ncores: 2\n"])
def test_a_missing_filesystem_is_reported_with_both_places_to_set_it(written, content):
    path = written(content)
    with pytest.raises(ConfigError) as caught:
        config.load(path, {})
    message = str(caught.value)
    assert all(text in message for text in ("filesystem", str(path), "ACSQL_FILESYSTEM"))


@pytest.mark.parametrize(
    "content", ["- a\n- b\n", "just words", "filesystem: [", "\tfilesystem: /a", "? [a]\n: b\n"]
)
def test_a_file_that_is_not_a_configuration_is_named(written, content):
    path = written(content)
    with pytest.raises(ConfigError, match=str(path)):
        config.load(path, {})


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    (tmp_path / "latin.yaml").write_bytes(b"filesystem: /Stra\xdfe\n")
    for path in (tmp_path, tmp_path / "latin.yaml"):
        with pytest.raises(ConfigError, match=str(path)):
            config.load(path, {})


@pytest.mark.parametrize("name", WRITTEN_PATHS)
@pytest.mark.parametrize(
    "below", ["archive", "archive/own", "elsewhere/../archive/own", "link/own"]
)
def test_a_path_that_acsql_writes_to_is_refused_inside_the_archive(written, tmp_path, name, below):
    (tmp_path / "archive").mkdir()
    (tmp_path / "link").symlink_to("archive")
    outside = {"filesystem": "archive", "data_dir": "data"}
    with pytest.raises(ConfigError, match=f"{name} .* is inside filesystem .*/archive, which"):
        config.load(written(outside | {name: below}), {})
    with pytest.raises(ConfigError, match=f"{name} "):
        dataclasses.replace(config.load(written(outside), {}), **{name: tmp_path / below})


def test_the_archive_may_be_inside_a_folder_that_acsql_writes_to(written):
    inside = {"filesystem": "/data/archive", "data_dir": "/data", "jpeg_dir": "/data/archive2"}
    assert config.load(written(inside), {}).data_dir == Path("/data")


@pytest.mark.parametrize("text", ["file_mode: 0644", "file_mode: '0644'"])
def test_a_mode_is_octal_with_and_without_quotes(written, text):
    loaded = config.load(written(f"filesystem: /archive\n{text}\nfile_group: 100"), {})
    assert (loaded.file_mode, loaded.file_group) == ("0644", "100")


def test_no_password_is_in_a_representation(written) -> None:
    loaded = config.load(written(COMPLETE | {"connection_string": "mongodb://u:secret@db/"}), {})
    assert "secret" in loaded.connection_string
    assert "secret" not in repr(loaded)


@pytest.mark.parametrize(
    ("mode", "address", "warned"),
    [
        (0o644, "mongodb://user:secret@db/", 1),
        (0o640, "mongodb://user:secret@db/", 0),
        (0o644, "mongodb://db/", 0),
    ],
)
def test_a_password_in_a_file_that_others_may_read_is_warned_of_once(
    written, caplog: pytest.LogCaptureFixture, mode: int, address: str, warned: int
) -> None:
    path = written(COMPLETE | {"connection_string": address})
    path.chmod(mode)
    for _ in range(2):
        config.load(path, {})
    assert len(caplog.messages) == warned
    assert all(str(path) in text and "secret" not in text for text in caplog.messages)


def test_a_header_that_names_users_needs_a_proxy(written) -> None:
    without = {"filesystem": "/archive", "user_header": "X-Remote-User"}
    with pytest.raises(ConfigError, match="user_header needs proxies"):
        config.load(written(without), {})
    assert config.load(written(without | {"proxies": 1}), {}).user_header == "X-Remote-User"
