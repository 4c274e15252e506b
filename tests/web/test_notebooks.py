"""The notebooks of the documentation run on the sample archive, without a warning."""

import io
from base64 import b64decode
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from PIL import Image

import acsql

NOTEBOOKS = sorted((Path(__file__).parents[2] / "docs" / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_on_the_sample_archive(
    path: Path,
    sample_archive: acsql.Archive,
    site: str,
    write_settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ACSQL_CONFIG", str(write_settings(sample_archive.config, tmp_path)))
    monkeypatch.setenv("ACSQL_SITE_URL", site)
    few = path.read_text(encoding="utf-8").replace("NUMBER = 10_000", "NUMBER = 4")
    notebook = nbformat.reads(few, as_version=4)
    resources = {"metadata": {"path": str(tmp_path)}}
    # A cell that raises an error ends the test.
    NotebookClient(notebook, timeout=120, kernel_name="python3", resources=resources).execute()
    for cell in notebook.cells:
        streams = [output for output in cell.get("outputs", ()) if output.get("name") == "stderr"]
        assert not streams, streams


def test_the_notebook_of_a_cone_search_ends_with_a_colour_image(
    colour_archive: acsql.Archive,
    serving,
    write_settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ACSQL_CONFIG", str(write_settings(colour_archive.config, tmp_path)))
    (path,) = (path for path in NOTEBOOKS if path.stem == "cone-search")
    notebook = nbformat.read(path, as_version=4)
    with serving(colour_archive.config, tmp_path) as port:
        monkeypatch.setenv("ACSQL_SITE_URL", f"http://127.0.0.1:{port}")
        NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    (output,) = notebook.cells[-1].outputs
    with Image.open(io.BytesIO(b64decode(output.data["image/jpeg"]))) as image:
        assert image.mode == "RGB"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_stored_without_results(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert code
    assert [(cell.outputs, cell.execution_count) for cell in code] == [([], None)] * len(code)
