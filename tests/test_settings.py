"""Settings: the table of them, and the values that each accepts."""

from pathlib import Path
from typing import Any

import pytest

from acsql.errors import ConfigError
from acsql.settings import BY_NAME, SETTINGS, Setting, checked_value

NAMES = [setting.name for setting in SETTINGS]
FOLDER = Path("/etc/acsql")


@pytest.mark.parametrize("setting", SETTINGS, ids=NAMES)
def test_a_setting_has_a_help_text_and_a_default(setting: Setting) -> None:
    assert setting.help
    assert setting.default
    assert setting.type in (str, int, Path, tuple)


@pytest.mark.parametrize("name", NAMES)
def test_no_value_means_the_default(name: str) -> None:
    assert checked_value(name, None, "acsql.yaml", FOLDER) is None


@pytest.mark.parametrize(
    ("name", "value", "checked"),
    [
        ("filesystem", "archive", FOLDER / "archive"),
        ("layout", "mast", "mast"),
        ("ncores", 2, 2),
        ("proxies", 0, 0),
        ("file_mode", 0o640, "0640"),
        ("file_group", 100, "100"),
        ("trusted_hosts", "a.example, b.example", ("a.example", "b.example")),
        ("trusted_hosts", ["a.example"], ("a.example",)),
        ("user_header", "X-Remote-User", "X-Remote-User"),
        ("user_header", "REMOTE_USER", "REMOTE_USER"),
    ],
)
def test_a_valid_value_has_the_type_of_its_setting(name: str, value: Any, checked: Any) -> None:
    result = checked_value(name, value, "acsql.yaml", FOLDER)
    assert result == checked
    assert isinstance(result, BY_NAME[name].type)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("filesystem", 5),
        ("layout", "flat"),
        ("ncores", 0),
        ("ncores", True),
        ("proxies", -1),
        ("file_mode", "0123"),
        ("file_group", "a:b"),
        ("trusted_hosts", "a b"),
        ("user_header", "X_Remote_User"),
        ("user_role", "king"),
        ("trusted_hosts", {"a": 1}),
        ("connection_string", "localhost"),
    ],
)
def test_an_invalid_value_is_named_with_its_source(name: str, value: Any) -> None:
    with pytest.raises(ConfigError, match=f"^acsql.yaml: {name} must be "):
        checked_value(name, value, "acsql.yaml", FOLDER)


def test_an_unknown_setting_is_named_with_the_known_ones() -> None:
    with pytest.raises(ConfigError, match="unknown setting 'nothing'; the settings are filesystem"):
        checked_value("nothing", "x", "acsql.yaml", FOLDER)
