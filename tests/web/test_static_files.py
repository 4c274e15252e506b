"""Browsers keep the files of the site, at addresses that change with them."""

from pathlib import Path

import pytest
from flask.testing import FlaskClient

from acsql.web import static_files


def test_a_browser_keeps_a_file_for_a_year(client: FlaskClient) -> None:
    with client.get(f"{static_files.url_path()}/viewer/main.js") as response:
        assert response.cache_control.max_age == static_files.MAX_AGE_S
        assert response.mimetype == "text/javascript"
    # What another version had is not taken for what this one has.
    assert client.get("/static/00000000/viewer/main.js").status_code == 404


def test_the_address_changes_with_names_and_contents(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(static_files, "FOLDER", tmp_path)
    found = set()
    for name, content in [("a.js", "1"), ("a.js", "2"), ("b.js", "1"), ("c/a.js", "")]:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content)
        found |= {static_files.url_path.__wrapped__(), static_files.url_path.__wrapped__()}
    assert len(found) == 4
