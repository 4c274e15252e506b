"""Folders of keyword specs that tests write."""

from pathlib import Path

import pytest
import yaml


@pytest.fixture
def overlay(tmp_path):
    """Write a folder of specs and return it."""

    def write(folder: str = "overlay", **files) -> Path:
        path = tmp_path / folder
        (path / "lists").mkdir(parents=True)
        for name, content in files.items():
            inside = "lists/" if name in ("wfc", "hrc", "sbc", "xyz") else ""
            text = content if isinstance(content, str) else yaml.safe_dump(content)
            (path / f"{inside}{name}.yaml").write_text(text)
        return path

    return write
