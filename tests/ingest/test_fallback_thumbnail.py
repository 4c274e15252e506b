"""An observation without calibrated files has the thumbnail of its raw file."""

import errno
import shutil
from pathlib import Path

import numpy as np
import pytest
from archive_files import SYNCHRONOUS, aged, documents, one_file
from PIL import Image

from acsql.config import Config
from acsql.ingest import run
from acsql.ingest.fallback_thumbnail import lacks_thumbnail
from acsql.keywords import KeywordSpecs
from acsql.store import observation_writes
from acsql.store.client import Store
from acsql.verify.verification import verify

RAW, FLC, FLT = ({"jpeg": f"9019/j8bt05njq_{name}.jpg"} for name in ("raw", "flc", "flt"))


@pytest.fixture
def rootname(archive_copy: Config, tmp_path: Path) -> str:
    """An observation whose files other than raw are elsewhere."""
    raw = one_file(archive_copy, "*_raw.fits")
    aside = tmp_path / "aside"
    aside.mkdir()
    for path in raw.parent.iterdir():
        aged(path)
        if path != raw:
            shutil.move(path, aside)
    return raw.name[:8]


def previews(config: Config, specs: KeywordSpecs, rootname: str) -> dict:
    return documents(config, specs)[rootname]["previews"]


def calibrated_arrives(config: Config, rootname: str, tmp_path: Path) -> None:
    """Put the flt file of an observation beside its raw file."""
    (flt,) = (tmp_path / "aside").glob("*_flt.fits")
    shutil.copy2(flt, one_file(config, f"{rootname}*_raw.fits").parent)


@pytest.mark.parametrize(
    ("stored", "expected"),
    [
        ({"raw": RAW}, {"raw"}),
        ({"raw": RAW, "flc": FLC}, {"flc"}),
        ({"raw": RAW, "flc": FLC, "flt": FLT}, {"flt"}),
        ({"raw": RAW, "flt": {"reason": "all NaN"}}, {"raw"}),
        ({"raw": {"reason": "all NaN"}}, set()),
        ({"raw": {**RAW, "thumbnail": "9019/j8bt05njq_raw.thumb"}}, set()),
    ],
)
def test_the_best_preview_should_have_a_thumbnail(
    specs: KeywordSpecs, stored: dict, expected: set[str]
) -> None:
    lacking = {name for name in specs.filetypes if lacks_thumbnail(name, stored, specs)}
    assert lacking == expected


def test_raw_files_alone_have_a_thumbnail(
    archive_copy: Config, specs: KeywordSpecs, rootname: str
) -> None:
    report = run.ingest(archive_copy, SYNCHRONOUS)
    assert not report.failures
    raw = previews(archive_copy, specs, rootname)["raw"]
    jpeg = archive_copy.jpeg_dir / raw["jpeg"]
    assert raw["thumbnail"] == raw["jpeg"].replace(".jpg", ".thumb")
    with (
        Image.open(jpeg) as picture,
        Image.open(archive_copy.thumbnail_dir / raw["thumbnail"]) as t,
    ):
        expected = picture.copy()
        expected.thumbnail((128, 128), Image.Resampling.LANCZOS)
        assert t.format == "JPEG"
        assert np.abs(np.asarray(expected, float) - np.asarray(t, float)).mean() < 4
    others = documents(archive_copy, specs).keys() - {rootname}
    for other in others:
        assert previews(archive_copy, specs, other)["raw"]["thumbnail"] is None
    assert not verify(archive_copy, scheduler="synchronous").findings


def test_a_better_file_that_arrives_takes_its_place(
    archive_copy: Config, specs: KeywordSpecs, rootname: str, tmp_path: Path
) -> None:
    run.ingest(archive_copy, SYNCHRONOUS)
    before = previews(archive_copy, specs, rootname)["raw"]["thumbnail"]
    calibrated_arrives(archive_copy, rootname, tmp_path)
    run.ingest(archive_copy, SYNCHRONOUS)
    stored = previews(archive_copy, specs, rootname)
    assert stored["raw"]["thumbnail"] is None
    assert stored["flt"]["thumbnail"] is not None
    assert not (archive_copy.thumbnail_dir / before).exists()
    assert not verify(archive_copy, scheduler="synchronous").findings


def test_a_verification_makes_what_an_older_acsql_did_not(
    archive_copy: Config, specs: KeywordSpecs, rootname: str
) -> None:
    run.ingest(archive_copy, SYNCHRONOUS)
    raw = previews(archive_copy, specs, rootname)["raw"]
    (archive_copy.thumbnail_dir / raw["thumbnail"]).unlink()
    with Store(archive_copy.connection_string, specs) as store:
        field = "previews.raw.thumbnail"
        observation_writes.update(store, {rootname: {"$set": {field: None}}})
    (finding,) = verify(archive_copy, scheduler="synchronous").findings
    assert (finding.what, finding.reason) == (f"{rootname}q_raw.fits", "it has no thumbnail")
    assert not verify(archive_copy, scheduler="synchronous", fix=True).remaining
    assert previews(archive_copy, specs, rootname)["raw"] == raw
    assert (archive_copy.thumbnail_dir / raw["thumbnail"]).is_file()


def test_a_thumbnail_that_cannot_be_written_is_owed(
    archive_copy: Config, specs: KeywordSpecs, rootname: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("acsql.ingest.fallback_thumbnail.render_thumbnail", refuse)
        report = run.ingest(archive_copy, SYNCHRONOUS)
    (failure,) = report.failures
    assert report.owed == 1
    assert "No space left on device" in failure.reason
    assert previews(archive_copy, specs, rootname)["raw"]["thumbnail"] is None
    assert not run.ingest(archive_copy, SYNCHRONOUS).failures
    assert previews(archive_copy, specs, rootname)["raw"]["thumbnail"] is not None
