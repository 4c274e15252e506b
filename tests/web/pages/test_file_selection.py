"""Selections of FITS files: totals, tar archive and download script."""

import io
import os
import shutil
import subprocess
import tarfile
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from web_pages import put_file, soup, words

import acsql
from acsql.errors import QueryError
from acsql.web import tar
from acsql.web.pages import file_selection


@pytest.fixture(scope="module")
def visit(row: dict[str, Any]) -> str:
    """A search for the observations of a visit."""
    return f"proposid={row['proposid']} visit={row['visit']}"


def test_a_selection_shows_its_number_of_files_and_their_size(
    client: FlaskClient, sample_archive: acsql.Archive, visit: str
) -> None:
    chosen = list(sample_archive.where(visit).files(filetypes=["flt", "raw"]))
    assert chosen
    page = soup(client, f"/files/?q={visit}&filetype=flt&filetype=raw")
    names = [cell.get_text(strip=True) for cell in page.select("tbody th")]
    assert names == [dataset.filename for dataset in chosen]
    assert f"{len(chosen)} files" in words(page.h1)
    ticked = {box["value"] for box in page.select("input[checked]")}
    assert ticked == {"flt", "raw"}
    every = {dataset.filetype for dataset in sample_archive.where(visit).files()}
    assert {box["value"] for box in page.select("input[type=checkbox]")} == every


def test_a_selection_is_one_tar_archive_with_checksums(
    client: FlaskClient, sample_archive: acsql.Archive, visit: str, tmp_path: Path
) -> None:
    chosen = list(sample_archive.where(visit).files(filetypes=["flt", "spt"]))
    page = soup(client, f"/files/?q={visit}&filetype=flt&filetype=spt")
    response = client.get(page.select_one(".ways a")["href"])
    assert response.mimetype == "application/x-tar"
    assert response.content_length == len(response.data)
    with tarfile.open(fileobj=io.BytesIO(response.data)) as opened:
        opened.extractall(tmp_path, filter="data")
    folder = tmp_path / file_selection.FOLDER
    for dataset in chosen:
        extracted = folder / dataset.ipppssoot / dataset.filename
        original = sample_archive.config.filesystem / dataset.path
        assert extracted.read_bytes() == original.read_bytes()
        assert int(extracted.stat().st_mtime) == int(original.stat().st_mtime)
    found = [path for path in folder.rglob("*") if path.is_file()]
    assert len(found) == len(chosen) + 1
    subprocess.run(["sha256sum", "--check", "--strict", tar.CHECKSUMS], cwd=folder, check=True)


def test_an_archive_resumes_while_its_selection_has_not_changed(
    empty_client: FlaskClient, empty_archive: acsql.Archive
) -> None:
    put_file(empty_archive, "raw.fits", b"content")
    with empty_client.get("/files/archive") as response:
        whole, tag = response.data, response.headers["ETag"]
        assert response.headers["Accept-Ranges"] == "bytes"
    resumed = {"Range": "bytes=600-", "If-Range": tag}
    with empty_client.get("/files/archive", headers=resumed) as response:
        assert (response.status_code, response.data) == (206, whole[600:])
        assert response.headers["Content-Range"] == f"bytes 600-{len(whole) - 1}/{len(whole)}"
    # What else may have changed is not known without the tag.
    with empty_client.get("/files/archive", headers={"Range": "bytes=600-"}) as response:
        assert (response.status_code, response.data) == (200, whole)
    (empty_archive.config.filesystem / "raw.fits").write_bytes(b"changed")
    with empty_client.get("/files/archive", headers=resumed) as response:
        assert (response.status_code, len(response.data)) == (200, len(whole))
        assert response.headers["ETag"] != tag


def test_an_archive_lists_its_missing_files(
    empty_client: FlaskClient, empty_archive: acsql.Archive
) -> None:
    put_file(empty_archive, "raw.fits", b"content")
    empty_archive.store.observations.update_one(
        {},
        {
            "$set": {
                "datasets.flt": "j8bt05njq_flt.fits",
                "files.flt": {"path": "flt.fits", "size": 1000},
            }
        },
    )
    response = empty_client.get("/files/archive")
    with tarfile.open(fileobj=io.BytesIO(response.data)) as opened:
        names = [name.removeprefix("acsql/") for name in opened.getnames()]
        missing = opened.extractfile("acsql/MISSING").read().decode()
    assert names == ["j8bt05njq/j8bt05njq_raw.fits", "MISSING", tar.CHECKSUMS]
    assert missing == "j8bt05njq_flt.fits is no longer on disk\n"


def test_a_selection_too_large_for_one_archive_offers_the_script(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, visit: str
) -> None:
    for limit in ("MAX_FILES", "MAX_BYTES"):
        with monkeypatch.context() as patched:
            patched.setattr(file_selection, limit, 1)
            page = soup(client, f"/files/?q={visit}")
            assert "a tar archive has at most" in words(page.select_one("[role=status]"))
            ways = [link["href"] for link in page.select(".ways a")]
            assert [link.partition("?")[0] for link in ways] == ["/files/script"]
            assert client.get(ways[0]).text.count("\nget ") > 1
            text = words(soup(client, f"/files/archive?q={visit}", 400))
            assert "a tar archive has at most" in text


def test_a_page_does_not_count_a_whole_mission(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_selection, "MAX_COUNTED", 20)
    monkeypatch.setattr(file_selection, "MAX_LISTED", 10)
    page = soup(client, "/files/")
    assert "more than 20 files" in words(page.h1)
    assert len(page.select("tbody tr")) == 10
    assert "Only the first 10 files are listed" in words(page)


@pytest.mark.parametrize("address", ["/files/", "/files/archive", "/files/script"])
@pytest.mark.parametrize(
    "parameters",
    ["q=(", "q=nosuchkeyword=1", "filetype=xyz", "filetype=$ne", "q[$ne]=1", "x=1", "q=a=1&q=b=1"],
)
def test_invalid_selections_are_errors(client: FlaskClient, address: str, parameters: str) -> None:
    soup(client, f"{address}?{parameters}", 400)


def test_an_empty_selection_links_to_the_search(client: FlaskClient) -> None:
    page = soup(client, "/files/?q=rootname=jzzzzzzz")
    link = page.select_one("main .note a")
    assert client.get(link["href"]).status_code == 200
    soup(client, "/files/archive?q=rootname=jzzzzzzz", 404)


@pytest.mark.skipif(
    shutil.which("curl") is None and "CI" not in os.environ, reason="there is no curl"
)
def test_the_script_downloads_every_file_and_resumes(
    site: str, sample_archive: acsql.Archive, visit: str, tmp_path: Path
) -> None:
    address = [
        "--get",
        "--data-urlencode",
        f"q={visit}",
        "--data",
        "filetype=flt",
        f"{site}/files/script",
    ]
    subprocess.run(["curl", "-sSf", "-o", "get.sh", *address], cwd=tmp_path, check=True)
    originals = {
        tmp_path / dataset.ipppssoot / dataset.filename: sample_archive.config.filesystem
        / dataset.path
        for dataset in sample_archive.where(visit).files(filetypes=["flt"])
    }
    half, *others = originals
    half.parent.mkdir()
    half.with_name(f"{half.name}.part").write_bytes(originals[half].read_bytes()[:5000])
    for _ in range(2):  # again, when everything is there
        subprocess.run(["bash", "get.sh"], cwd=tmp_path, check=True, capture_output=True)
        for fetched, original in originals.items():
            assert fetched.read_bytes() == original.read_bytes()
    # A missing file does not stop the others, and is reported.
    script = (tmp_path / "get.sh").read_text()
    (tmp_path / "bad.sh").write_text(script.replace(half.name, "jzzzzzzzq_flt.fits"))
    for path in originals:
        path.unlink()
    result = subprocess.run(
        ["sh", "bad.sh"], cwd=tmp_path, check=False, capture_output=True, text=True
    )
    assert result.returncode == 1
    assert "1 files failed; run this script again" in result.stderr
    assert all(path.exists() for path in others)


@pytest.mark.parametrize(
    "search",
    ['targname="x\ntouch owned\n"', "targname=$(touch owned)", "targname='\";touch owned;'"],
)
def test_a_search_cannot_inject_commands_into_the_script(
    client: FlaskClient, tmp_path: Path, search: str
) -> None:
    response = client.get(
        "/files/script",
        query_string={"q": f"rootname=j* or {search}"},
        headers={"Host": "host'$(touch owned)"},
    )
    if response.status_code == 200:
        (tmp_path / "get.sh").write_text(response.text.replace("get() {", "get() { return;"))
        subprocess.run(["sh", "get.sh"], cwd=tmp_path, check=True)
    else:
        assert response.status_code == 400
    assert not (tmp_path / "owned").exists()


def test_filetypes_are_checked_by_the_library(sample_archive: acsql.Archive) -> None:
    with pytest.raises(QueryError, match="unknown filetype 'xyz'; the filetypes are"):
        sample_archive.where().files(filetypes=["xyz"])
