"""FITS files come whole or in parts, and never from outside the archive."""

import io
import os
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from astropy.io import fits
from flask.testing import FlaskClient
from web_pages import put_file, soup, words

import acsql
from acsql.paths import proposal_name
from acsql.web.app import create_app


@pytest.fixture(scope="module")
def path(sample_archive: acsql.Archive, row: dict[str, Any]) -> Path:
    """Its calibrated file on disk."""
    return sample_archive.observation(row["rootname"]).path("flt")


def test_a_file_comes_whole_with_its_name_length_and_type(client: FlaskClient, path: Path) -> None:
    with client.get(f"/files/{path.name}") as response:
        assert response.status_code == 200
        assert response.mimetype == "application/fits"
        assert response.headers["Content-Disposition"] == f"attachment; filename={path.name}"
        assert response.content_length == path.stat().st_size
        assert response.headers["Accept-Ranges"] == "bytes"
        assert response.data == path.read_bytes()
    with fits.open(io.BytesIO(response.data)) as hdus:
        assert hdus[0].header["FILENAME"] == path.name


def test_every_file_of_the_archive_can_be_downloaded(
    client: FlaskClient, sample_archive: acsql.Archive
) -> None:
    known = list(sample_archive.where().files())
    assert len(known) > 100
    for dataset in known:
        response = client.head(f"/files/{dataset.filename}")
        assert response.status_code == 200
        assert response.content_length == dataset.size
        response.close()


@pytest.mark.parametrize(
    ("asked_for", "start", "stop"),
    [("bytes=0-0", 0, 1), ("bytes=1000-", 1000, None), ("bytes=100-299", 100, 300)],
)
def test_a_byte_range_of_a_file_is_sent(
    client: FlaskClient, path: Path, asked_for: str, start: int, stop: int | None
) -> None:
    content = path.read_bytes()
    with client.get(f"/files/{path.name}", headers={"Range": asked_for}) as response:
        assert response.status_code == 206
        assert response.data == content[start:stop]
        assert response.headers["Content-Range"].endswith(f"/{len(content)}")


def test_a_download_resumes_only_if_the_file_is_the_same(client: FlaskClient, path: Path) -> None:
    with client.get(f"/files/{path.name}", headers={"Range": "bytes=0-9"}) as response:
        etag = response.headers["ETag"]
    size = path.stat().st_size
    for condition, status, length in ((etag, 206, size - 10), ('"other"', 200, size)):
        headers = {"Range": "bytes=10-", "If-Range": condition}
        with client.get(f"/files/{path.name}", headers=headers) as response:
            assert (response.status_code, len(response.data)) == (status, length)
    with client.get(f"/files/{path.name}", headers={"If-None-Match": etag}) as response:
        assert response.status_code == 304
    beyond = {"Range": f"bytes={size}-"}
    with client.get(f"/files/{path.name}", headers=beyond) as response:
        assert response.status_code == 416


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("..%2f..%2f..%2fetc%2fpasswd", 404),
        ("%2fetc%2fpasswd", 404),
        ("../../etc/passwd", 404),
        ("passwd", 400),
        ("j8bt05njq_raw.fits%00", 400),
        ("J8BT05NJQ_RAW.FITS", 400),
        ("jzzzzzzzq_raw.fits", 404),
        ("a" * 3000, 400),
    ],
)
def test_only_files_of_the_archive_are_sent(client: FlaskClient, name: str, status: int) -> None:
    soup(client, f"/files/{name}", status)


def test_another_delivery_or_filetype_is_another_file(client: FlaskClient, path: Path) -> None:
    beginning = path.name[:8]
    for name in (f"{beginning}z_flt.fits", f"{path.name[:9]}_crj.fits"):
        assert path.name in words(soup(client, f"/files/{name}", 404))


def test_a_vanished_file_is_not_found(
    empty_client: FlaskClient, empty_archive: acsql.Archive
) -> None:
    put_file(empty_archive, "gone.fits", None, vanished=datetime(2026, 1, 2))
    text = words(soup(empty_client, "/files/j8bt05njq_raw.fits", 404))
    assert "j8bt05njq_raw.fits is no longer on disk since 2026-01-02" in text
    page = soup(empty_client, "/archive/9019/j8bt05njq/files/")
    assert "no longer on disk since 2026-01-02" in words(page)
    assert not page.select("tbody th a")
    assert "No file matches" in words(soup(empty_client, "/files/"))
    soup(empty_client, "/files/archive", 404)
    assert "\nget " not in empty_client.get("/files/script").text


def outside(archive: acsql.Archive) -> dict[str, str]:
    """Return paths that lead out of an archive, and make what they lead to."""
    root = archive.config.filesystem
    secret = root.parent / "secret.fits"
    secret.write_bytes(b"classified")
    (root / "link.fits").symlink_to(secret)
    (root / "folder").symlink_to(root.parent)
    beside = root.with_name(f"{root.name}_beside")
    beside.mkdir()
    (beside / "secret.fits").write_bytes(b"classified")
    return {
        "absolute": str(secret),
        "upwards": "../secret.fits",
        "link": "link.fits",
        "linked folder": "folder/secret.fits",
        "beside": f"../{beside.name}/secret.fits",
    }


@pytest.mark.parametrize("way", ["absolute", "upwards", "link", "linked folder", "beside"])
def test_files_outside_the_archive_are_not_sent(
    empty_client: FlaskClient, empty_archive: acsql.Archive, way: str
) -> None:
    leads_out = outside(empty_archive)[way]
    assert (empty_archive.config.filesystem / leads_out).read_bytes() == b"classified"
    put_file(empty_archive, leads_out, None)
    for address in ("/files/j8bt05njq_raw.fits", "/files/archive"):
        response = empty_client.get(address)
        assert response.status_code == 404
        assert b"classified" not in response.data
        assert "leads out of its folder" in response.text


def test_the_root_of_the_archive_may_be_a_link(
    empty_client: FlaskClient, empty_archive: acsql.Archive
) -> None:
    root = empty_archive.config.filesystem
    moved = root.rename(root.with_name("moved"))
    root.symlink_to(moved)
    put_file(empty_archive, "j8bt/j8bt05njq/j8bt05njq_raw.fits", b"content")
    with empty_client.get("/files/j8bt05njq_raw.fits") as response:
        assert response.data == b"content"


def test_an_observation_lists_its_files(
    client: FlaskClient, sample_archive: acsql.Archive, row: dict[str, Any]
) -> None:
    observation = sample_archive.observation(row["rootname"])
    address = f"/archive/{proposal_name(row['proposid'])}/{row['ipppssoot']}/files/"
    page = soup(client, address)
    links = [link["href"] for link in page.select("tbody th a")]
    assert links == [f"/files/{filename}" for filename in observation.datasets.values()]
    for link in page.select("main a"):
        with client.get(link["href"], follow_redirects=True) as response:
            assert response.status_code == 200, link["href"]


@pytest.mark.parametrize("mtime", [253_402_300_800, -62_167_219_200])
def test_a_file_of_an_impossible_year_is_listed_and_sent(
    empty_client: FlaskClient,
    empty_archive: acsql.Archive,
    monkeypatch: pytest.MonkeyPatch,
    mtime: int,
) -> None:
    put_file(empty_archive, "raw.fits", b"content", mtime=mtime)
    assert f"{mtime} s since 1970" in words(soup(empty_client, "/archive/9019/j8bt05njq/files/"))
    # Few file systems store such times: the system's answer is given in its place.
    stat = os.stat

    def dated(path, **options):
        status = stat(path, **options)
        if not str(path).endswith("raw.fits"):
            return status
        return os.stat_result((*status[:8], mtime, status[9]))

    monkeypatch.setattr(os, "stat", dated)
    with empty_client.get("/files/j8bt05njq_raw.fits") as response:
        assert response.status_code == 200
        assert response.data == b"content"


def test_known_checksums_are_shown(empty_client: FlaskClient, empty_archive: acsql.Archive) -> None:
    put_file(
        empty_archive, "raw.fits", b"content", sha256="abc" * 21 + "d", mtime=datetime(2026, 1, 2)
    )
    text = words(soup(empty_client, "/archive/9019/j8bt05njq/files/"))
    assert "abc" * 21 + "d" in text
    assert "2026-01-02 00:00" in text


def test_nginx_may_send_the_file(empty_archive: acsql.Archive) -> None:
    put_file(empty_archive, "j8bt/with blank/j8bt05njq_raw.fits", b"content")
    config = replace(empty_archive.config, accel_redirect="/acsql-files")
    with acsql.connect(config) as archive:
        response = create_app(archive).test_client().get("/files/j8bt05njq_raw.fits")
    assert (response.status_code, response.data) == (200, b"")
    location = response.headers["X-Accel-Redirect"]
    assert location == "/acsql-files/j8bt/with%20blank/j8bt05njq_raw.fits"
    assert response.mimetype == "application/fits"
    assert response.headers["Content-Disposition"] == "attachment; filename=j8bt05njq_raw.fits"


def test_downloads_beyond_the_limit_are_refused_and_pages_are_not(
    empty_archive: acsql.Archive,
) -> None:
    put_file(empty_archive, "raw.fits", b"content")
    with acsql.connect(replace(empty_archive.config, downloads=1)) as archive:
        client = create_app(archive).test_client()
        with client.get("/files/j8bt05njq_raw.fits"):
            for address in ("/files/j8bt05njq_raw.fits", "/files/archive"):
                refused = client.get(address)
                assert refused.status_code == 503
                assert 0 < int(refused.headers["Retry-After"]) <= 60
                assert "Too many downloads are in progress" in refused.text
            assert client.get("/files/").status_code == 200
        assert client.get("/files/archive").status_code == 200
