"""Files: they come whole, go on where they stopped, and never from outside the archive."""

import hashlib
import io
import os
import shutil
import subprocess
import tarfile
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from astropy.io import fits
from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

import acsql
from acsql.errors import FileError, QueryError
from acsql.web import context, tar
from acsql.web.pages.archive import files


@pytest.fixture(scope="module")
def row(sample_archive: acsql.Archive) -> dict[str, Any]:
    """An exposure with calibrated files."""
    found = sample_archive.gallery(detector="WFC").rows
    return next(row for row in found if not row["no_thumbnail"])


@pytest.fixture(scope="module")
def path(sample_archive: acsql.Archive, row: dict[str, Any]) -> Path:
    """Its calibrated file on disk."""
    return sample_archive.observation(row["rootname"]).path("flt")


def page_of(client: FlaskClient, address: str, status: int = 200) -> BeautifulSoup:
    """Return a page, checking its status."""
    response = client.get(address)
    assert response.status_code == status, response.text
    return BeautifulSoup(response.text, "html.parser")


def words(page: BeautifulSoup) -> str:
    """Return the text of a page, with its blanks made one."""
    return " ".join(page.get_text(" ").split())


def put(archive: acsql.Archive, path: str, content: bytes | None, **known: Any) -> None:
    """Put an observation with one raw file into an archive; without content there is no file."""
    if content is not None:
        place = archive.config.filesystem / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
    archive.store.observations.insert_one(
        {
            "_id": "j8bt05nj",
            "ipppssoot": "j8bt05njq",
            "proposid": 9019,
            "datasets": {"raw": "j8bt05njq_raw.fits"},
            "files": {"raw": {"path": path, "size": len(content or b""), **known}},
            "headers": {"raw": {"0": {}}},
            "previews": {},
        }
    )


# One file


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


def test_every_file_of_the_archive_can_be_had(
    client: FlaskClient, sample_archive: acsql.Archive
) -> None:
    known = list(sample_archive.datasets())
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
def test_a_part_of_a_file_can_be_had(
    client: FlaskClient, path: Path, asked_for: str, start: int, stop: int | None
) -> None:
    content = path.read_bytes()
    with client.get(f"/files/{path.name}", headers={"Range": asked_for}) as response:
        assert response.status_code == 206
        assert response.data == content[start:stop]
        assert response.headers["Content-Range"].endswith(f"/{len(content)}")


def test_a_download_goes_on_only_with_the_same_file(client: FlaskClient, path: Path) -> None:
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
def test_nothing_but_a_file_of_the_archive_has_an_address(
    client: FlaskClient, name: str, status: int
) -> None:
    page_of(client, f"/files/{name}", status)


def test_another_delivery_or_filetype_is_another_file(client: FlaskClient, path: Path) -> None:
    beginning = path.name[:8]
    for name in (f"{beginning}z_flt.fits", f"{path.name[:9]}_crj.fits"):
        assert path.name in words(page_of(client, f"/files/{name}", 404))


def test_a_file_that_is_gone_is_said_to_be(
    empty_client: FlaskClient, empty_archive: acsql.Archive
) -> None:
    put(empty_archive, "gone.fits", None, vanished=datetime(2026, 1, 2))
    text = words(page_of(empty_client, "/files/j8bt05njq_raw.fits", 404))
    assert "j8bt05njq_raw.fits is gone from disk since 2026-01-02" in text
    page = page_of(empty_client, "/archive/9019/j8bt05njq/files/")
    assert "gone from disk 2026-01-02" in words(page)
    assert not page.select("tbody th a")
    assert "There is no such file" in words(page_of(empty_client, "/files/"))
    page_of(empty_client, "/files/archive", 404)
    assert "\nget " not in empty_client.get("/files/script").text


def outside(archive: acsql.Archive) -> dict[str, str]:
    """Return paths that lead out of an archive, and make what they lead to."""
    root = archive.config.filesystem
    secret = root.parent / "secret.fits"
    secret.write_bytes(b"secret")
    (root / "link.fits").symlink_to(secret)
    (root / "folder").symlink_to(root.parent)
    beside = root.with_name(f"{root.name}_beside")
    beside.mkdir()
    (beside / "secret.fits").write_bytes(b"secret")
    return {
        "absolute": str(secret),
        "upwards": "../secret.fits",
        "link": "link.fits",
        "linked folder": "folder/secret.fits",
        "beside": f"../{beside.name}/secret.fits",
    }


@pytest.mark.parametrize("way", ["absolute", "upwards", "link", "linked folder", "beside"])
def test_nothing_outside_the_archive_is_given_away(
    empty_client: FlaskClient, empty_archive: acsql.Archive, way: str
) -> None:
    leads_out = outside(empty_archive)[way]
    assert (empty_archive.config.filesystem / leads_out).read_bytes() == b"secret"
    put(empty_archive, leads_out, None)
    for address in ("/files/j8bt05njq_raw.fits", "/files/archive"):
        response = empty_client.get(address)
        assert response.status_code == 404
        assert b"secret" not in response.data
        assert "does not lie in the archive" in response.text


def test_an_archive_that_is_itself_a_link_works(
    empty_client: FlaskClient, empty_archive: acsql.Archive
) -> None:
    root = empty_archive.config.filesystem
    moved = root.rename(root.with_name("moved"))
    root.symlink_to(moved)
    put(empty_archive, "j8bt/j8bt05njq/j8bt05njq_raw.fits", b"content")
    with empty_client.get("/files/j8bt05njq_raw.fits") as response:
        assert response.data == b"content"


# The files of an observation


def test_an_observation_lists_its_files(
    client: FlaskClient, sample_archive: acsql.Archive, row: dict[str, Any]
) -> None:
    observation = sample_archive.observation(row["rootname"])
    address = f"/archive/{context.proposal_name(row['proposid'])}/{row['ipppssoot']}/files/"
    page = page_of(client, address)
    links = [link["href"] for link in page.select("tbody th a")]
    assert links == [f"/files/{filename}" for filename in observation.datasets.values()]
    for link in page.select("main a"):
        with client.get(link["href"], follow_redirects=True) as response:
            assert response.status_code == 200, link["href"]


def test_known_checksums_are_shown(empty_client: FlaskClient, empty_archive: acsql.Archive) -> None:
    put(empty_archive, "raw.fits", b"content", sha256="abc" * 21 + "d", mtime=datetime(2026, 1, 2))
    text = words(page_of(empty_client, "/archive/9019/j8bt05njq/files/"))
    assert "abc" * 21 + "d" in text
    assert "2026-01-02 00:00" in text


# A choice of files


@pytest.fixture(scope="module")
def visit(row: dict[str, Any]) -> str:
    """A search for the observations of a visit."""
    return f"proposid={row['proposid']} visit={row['visit']}"


def test_a_choice_tells_what_it_comes_to(
    client: FlaskClient, sample_archive: acsql.Archive, visit: str
) -> None:
    chosen = list(sample_archive.datasets(visit, filetypes=["flt", "raw"]))
    assert chosen
    page = page_of(client, f"/files/?q={visit}&filetype=flt&filetype=raw")
    names = [cell.get_text(strip=True) for cell in page.select("tbody th")]
    assert names == [dataset.filename for dataset in chosen]
    assert f"{len(chosen)} files" in words(page.h1)
    ticked = {box["value"] for box in page.select("input[checked]")}
    assert ticked == {"flt", "raw"}
    every = {dataset.filetype for dataset in sample_archive.datasets(visit)}
    assert {box["value"] for box in page.select("input[type=checkbox]")} == every


def test_a_choice_is_one_archive_with_checksums(
    client: FlaskClient, sample_archive: acsql.Archive, visit: str, tmp_path: Path
) -> None:
    chosen = list(sample_archive.datasets(visit, filetypes=["flt", "spt"]))
    page = page_of(client, f"/files/?q={visit}&filetype=flt&filetype=spt")
    response = client.get(page.select_one(".ways a")["href"])
    assert response.mimetype == "application/x-tar"
    assert response.content_length == len(response.data)
    with tarfile.open(fileobj=io.BytesIO(response.data)) as opened:
        opened.extractall(tmp_path, filter="data")
    folder = tmp_path / files.FOLDER
    for dataset in chosen:
        extracted = folder / dataset.ipppssoot / dataset.filename
        original = sample_archive.config.filesystem / dataset.path
        assert extracted.read_bytes() == original.read_bytes()
        assert int(extracted.stat().st_mtime) == int(original.stat().st_mtime)
    found = [path for path in folder.rglob("*") if path.is_file()]
    assert len(found) == len(chosen) + 1
    subprocess.run(["sha256sum", "--check", "--strict", tar.CHECKSUMS], cwd=folder, check=True)


def test_what_an_archive_lacks_stands_in_it(
    empty_client: FlaskClient, empty_archive: acsql.Archive
) -> None:
    put(empty_archive, "raw.fits", b"content")
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
    assert missing == "j8bt05njq_flt.fits is gone from disk\n"


def test_too_much_for_one_archive_is_refused_and_a_script_offered(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, visit: str
) -> None:
    for limit in ("MOST_FILES", "MOST_BYTES"):
        with monkeypatch.context() as patched:
            patched.setattr(files, limit, 1)
            page = page_of(client, f"/files/?q={visit}")
            assert "one archive holds at most" in words(page.select_one("[role=status]"))
            ways = [link["href"] for link in page.select(".ways a")]
            assert [link.partition("?")[0] for link in ways] == ["/files/script"]
            assert client.get(ways[0]).text.count("\nget ") > 1
            text = words(page_of(client, f"/files/archive?q={visit}", 400))
            assert "one archive holds at most" in text


def test_a_page_does_not_count_a_whole_mission(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "MOST_COUNTED", 20)
    monkeypatch.setattr(files, "MOST_LISTED", 10)
    page = page_of(client, "/files/")
    assert "more than 20 files" in words(page.h1)
    assert len(page.select("tbody tr")) == 10
    assert "The first 10 are listed" in words(page)


@pytest.mark.parametrize("address", ["/files/", "/files/archive", "/files/script"])
@pytest.mark.parametrize(
    "parameters",
    ["q=(", "q=nosuchkeyword=1", "filetype=xyz", "filetype=$ne", "q[$ne]=1", "x=1", "q=a=1&q=b=1"],
)
def test_what_cannot_be_understood_is_said(
    client: FlaskClient, address: str, parameters: str
) -> None:
    page_of(client, f"{address}?{parameters}", 400)


def test_a_choice_of_nothing_leads_back_to_the_search(client: FlaskClient) -> None:
    page = page_of(client, "/files/?q=rootname=jzzzzzzz")
    link = page.select_one("main .note a")
    assert client.get(link["href"]).status_code == 200
    page_of(client, "/files/archive?q=rootname=jzzzzzzz", 404)


# The script


@pytest.mark.skipif(
    shutil.which("curl") is None and "CI" not in os.environ, reason="there is no curl"
)
def test_the_script_fetches_every_file_and_goes_on_where_it_stopped(
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
        for dataset in sample_archive.datasets(visit, filetypes=["flt"])
    }
    half, *others = originals
    half.parent.mkdir()
    half.with_name(f"{half.name}.part").write_bytes(originals[half].read_bytes()[:5000])
    for _ in range(2):  # again, when everything is there
        subprocess.run(["bash", "get.sh"], cwd=tmp_path, check=True, capture_output=True)
        for fetched, original in originals.items():
            assert fetched.read_bytes() == original.read_bytes()
    # A file that cannot be had does not stop the others, and is told.
    script = (tmp_path / "get.sh").read_text()
    (tmp_path / "bad.sh").write_text(script.replace(half.name, "jzzzzzzzq_flt.fits"))
    for path in originals:
        path.unlink()
    told = subprocess.run(
        ["sh", "bad.sh"], cwd=tmp_path, check=False, capture_output=True, text=True
    )
    assert told.returncode == 1
    assert "1 files could not be fetched" in told.stderr
    assert all(path.exists() for path in others)


@pytest.mark.parametrize(
    "search",
    ['targname="x\ntouch owned\n"', "targname=$(touch owned)", "targname='\";touch owned;'"],
)
def test_nothing_that_a_search_says_is_run(
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


# tar


@given(
    st.lists(st.binary(max_size=3000), max_size=5),
    st.dictionaries(st.sampled_from(["MISSING", "README"]), st.binary(max_size=2000)),
)
def test_an_archive_is_as_long_as_it_was_said_to_be(
    tmp_path_factory: pytest.TempPathFactory, contents: list[bytes], texts: dict[str, bytes]
) -> None:
    folder = tmp_path_factory.mktemp("tar")
    members = []
    for number, content in enumerate(contents):
        path = folder / f"{number}.fits"
        path.write_bytes(content)
        members.append(tar.Member.of(f"a/{path.name}", path))
    sent = b"".join(tar.stream(members, "acsql", texts))
    assert len(sent) == tar.length(members, "acsql", texts)
    assert len(sent) % tarfile.RECORDSIZE == 0
    with tarfile.open(fileobj=io.BytesIO(sent)) as opened:
        held = {info.name: opened.extractfile(info).read() for info in opened}
    sums = held.pop("acsql/SHA256SUMS").decode()
    assert list(held.values()) == [*contents, *texts.values()]
    assert sums == "".join(
        f"{hashlib.sha256(content).hexdigest()}  {member.name}\n"
        for member, content in zip(members, contents, strict=True)
    )


def test_a_large_file_is_never_held_as_a_whole(tmp_path: Path) -> None:
    large = tmp_path / "large.fits"
    with large.open("wb") as file:
        file.truncate(9 * 2**30)  # sparse, and more than the eight that an old header can tell
    member = tar.Member.of("large.fits", large)
    pieces = tar.stream([member], "acsql", {})
    header = next(pieces)
    assert max(len(next(pieces)) for _ in range(10)) <= tar.AT_ONCE
    assert tar.length([member], "acsql", {}) > len(header) + member.size


def test_a_file_that_became_shorter_ends_the_transfer(tmp_path: Path) -> None:
    path = tmp_path / "short.fits"
    path.write_bytes(b"content")
    member = tar.Member.of("short.fits", path)
    path.write_bytes(b"cont")
    with pytest.raises(FileError, match=r"short\.fits became shorter"):
        list(tar.stream([member], "acsql", {}))


def test_filetypes_are_checked_by_the_library(sample_archive: acsql.Archive) -> None:
    with pytest.raises(QueryError, match="unknown filetype 'xyz'; the filetypes are"):
        sample_archive.datasets(filetypes=["xyz"])
