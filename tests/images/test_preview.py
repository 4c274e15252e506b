"""Previews and thumbnails as they lie on the disk."""

import os
import resource
from pathlib import Path

import astropy.wcs
import numpy as np
import pytest
from astropy.io import fits
from PIL import Image

from acsql.errors import PreviewError
from acsql.images import preview, stretch

NAME = "jabc01abq_flt.fits"
REAL = Path(__file__).parents[2].parent / "shared" / "data" / "real"
RAW = ("j8bt05njq_raw.fits", "j8bt06o6q_raw.fits")
SPARSE = ("jcrx01iiq_raw.fits", "jcrx01ijq_raw.fits", "jcrx01ikq_raw.fits")


def real(name):
    if not (REAL / name).exists():
        pytest.skip(f"the real file {name} is not here")
    return REAL / name


def ramp(shape, low, high):
    """Return a chip that brightens from its row 0 upwards."""
    return np.linspace(low, high, shape[0], dtype=np.float32)[:, np.newaxis] * np.ones(
        shape, np.float32
    )


def written(folder, *chips):
    path = folder / NAME
    hdus = [fits.ImageHDU(data, name="SCI", ver=1 + i) for i, data in enumerate(chips)]
    fits.HDUList([fits.PrimaryHDU(), *hdus]).writeto(path)
    return path


def pictured(path):
    """Return the picture of an image before it is a JPEG, and its limits."""
    with fits.open(path) as hdus:
        chips = preview.read_chips(hdus, path.name, "SCI")
    limits = stretch.percentile_limits(chips, path.name)
    return stretch.to_grey(chips, limits.low, limits.high), limits


def rendered(path, jpeg, thumbnail=None, extname="SCI"):
    with fits.open(path) as hdus:
        chips = preview.read_chips(hdus, path.name, extname)
        return preview.render_chips(chips, path.name, jpeg, thumbnail)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def grey(path):
    with Image.open(path) as image:
        assert image.format == "JPEG"
        assert image.mode == "L"
        assert "progressive" not in image.info
        return np.asarray(image).astype(int)


def test_chip_2_is_below_chip_1_and_row_0_at_the_bottom(tmp_path):
    picture, limits = pictured(written(tmp_path, ramp((60, 200), 0, 10), ramp((40, 200), 20, 30)))
    assert picture.shape == (100, 200)
    column = picture[:, 0].astype(int)
    assert (np.diff(column) <= 0).all()
    assert column[[0, 39, 40, 99]] == pytest.approx([255, 170, 85, 0], abs=2)
    assert limits[:2] == pytest.approx((0, 30), abs=0.3)


def test_the_preview_is_a_jpeg_of_the_picture(tmp_path):
    path = written(tmp_path, ramp((60, 200), 0, 10), ramp((40, 200), 20, 30))
    jpeg = tmp_path / "12345" / "a.jpg"
    made = rendered(path, jpeg)
    picture, limits = pictured(path)
    assert np.abs(grey(jpeg) - picture).max() <= 12
    assert np.abs(grey(jpeg) - picture).mean() <= 1
    size = jpeg.stat().st_size
    assert made == preview.Rendered(200, 100, limits, size, None)


def test_the_extension_can_be_chosen(tmp_path):
    path = written(tmp_path, np.random.default_rng(1).normal(size=(99, 99)))
    with pytest.raises(PreviewError, match="no ERR extension"):
        rendered(path, tmp_path / "a.jpg", extname="ERR")


@pytest.mark.parametrize(
    ("shape", "size"),
    [
        ((400, 200), (64, 128)),
        ((200, 400), (128, 64)),
        ((512, 512), (128, 128)),
        ((100, 90), (90, 100)),
        ((2000, 3), (1, 128)),
        ((1, 1), (1, 1)),
    ],
)
def test_a_thumbnail_keeps_its_proportions_within_128_pixels(tmp_path, shape, size):
    thumbnail = tmp_path / "thumbnails" / "a.thumb"
    made = rendered(written(tmp_path, ramp(shape, 0, 9)), tmp_path / "a.jpg", thumbnail)
    assert grey(thumbnail).shape[::-1] == size
    assert made.thumbnail_bytes == thumbnail.stat().st_size


def test_a_thumbnail_is_the_same_way_up(tmp_path):
    rendered(written(tmp_path, ramp((500, 400), 0, 9)), tmp_path / "a.jpg", tmp_path / "a.thumb")
    assert grey(tmp_path / "a.thumb")[[0, -1]].mean(axis=1) == pytest.approx([253, 2], abs=6)


@pytest.mark.parametrize("name", RAW)
def test_a_real_raw_file(tmp_path, name):
    path = real(name)
    made = rendered(path, tmp_path / "a.jpg", tmp_path / "a.thumb")
    counts = fits.getdata(path, "SCI").astype(np.float64)
    low, high = np.percentile(counts, 1), np.percentile(counts, 99)
    expected = np.rint((np.clip(counts, low, high) - low) / (high - low) * 255)
    picture, limits = pictured(path)
    np.testing.assert_array_equal(picture, expected.astype(np.uint8)[::-1])
    assert made.limits == limits == (low, high, 99)
    assert grey(tmp_path / "a.jpg").shape == picture.shape == (1044, 1062)
    assert np.abs(grey(tmp_path / "a.jpg") - picture).mean() < 4


@pytest.mark.parametrize("name", SPARSE)
def test_the_thumbnail_of_a_real_sparse_dark_shows_single_counts(tmp_path, name):
    path = real(name)
    made = rendered(path, tmp_path / "a.jpg", tmp_path / "a.thumb")
    assert made.limits == (0, 1, 99.5)
    counts = fits.getdata(path, "SCI")[::-1]
    cells = counts.reshape(128, 8, 128, 8).max(axis=(1, 3))
    thumbnail = grey(tmp_path / "a.thumb")
    assert 0.3 < (cells > 0).mean() < 0.5
    assert ((thumbnail > 128) == (cells > 0)).mean() > 0.99


def test_a_real_file_without_pixels_is_refused(tmp_path):
    path = real("j8bt05njq_raw_broke.fits")
    with pytest.raises(PreviewError, match=r"j8bt05njq_raw_broke\.fits: .*has no pixels"):
        rendered(path, tmp_path / "a.jpg")
    assert not list(tmp_path.iterdir())


def test_the_calibrated_file_that_astropy_carries(tmp_path):
    path = Path(astropy.wcs.__file__).parent / "tests" / "data" / "j94f05bgq_flt.fits"
    if not path.exists():
        pytest.skip("this astropy was installed without its test files")
    made = rendered(path, tmp_path / "a.jpg", tmp_path / "a.thumb")
    assert (made.width, made.height, made.limits) == (1, 2, (0, 0, 99))
    assert grey(tmp_path / "a.jpg").tolist() == [[128], [128]]


def test_old_pictures_are_replaced_and_nothing_is_left_beside_them(tmp_path):
    path = written(tmp_path, ramp((50, 50), 0, 9))
    folder = tmp_path / "pictures"
    for _ in range(2):
        rendered(path, folder / "a.jpg", folder / "a.thumb")
    assert names(folder) == ["a.jpg", "a.thumb"]


def test_pictures_can_be_read_by_whom_the_umask_lets(tmp_path):
    before = os.umask(0o022)
    try:
        rendered(written(tmp_path, ramp((50, 50), 0, 9)), tmp_path / "a.jpg")
    finally:
        os.umask(before)
    assert (tmp_path / "a.jpg").stat().st_mode & 0o777 == 0o644


def test_a_full_disk_leaves_the_old_pictures_and_no_temporary_ones(tmp_path):
    path = written(tmp_path, np.random.default_rng(1).normal(size=(300, 300)))
    folder = tmp_path / "pictures"
    folder.mkdir()
    for name in ("a.jpg", "a.thumb"):
        (folder / name).write_text("old")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, limits[1]))
    try:
        with pytest.raises(OSError, match=rf"File too large: '{folder}/a\.jpg'"):
            rendered(path, folder / "a.jpg", folder / "a.thumb")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert {name: (folder / name).read_text() for name in names(folder)} == {
        "a.jpg": "old",
        "a.thumb": "old",
    }


def test_a_thumbnail_that_cannot_be_written_leaves_the_old_preview(tmp_path):
    path = written(tmp_path, ramp((50, 50), 0, 9))
    jpeg, no_folder = tmp_path / "pictures" / "a.jpg", tmp_path / "file"
    jpeg.parent.mkdir()
    jpeg.write_text("old")
    no_folder.write_text("")
    with pytest.raises(OSError, match=f"{no_folder}/a.thumb"):
        rendered(path, jpeg, no_folder / "a.thumb")
    assert jpeg.read_text() == "old"
    assert names(jpeg.parent) == ["a.jpg"]


def test_a_picture_that_cannot_be_moved_into_place_is_refused(tmp_path):
    path = written(tmp_path, ramp((50, 50), 0, 9))
    (tmp_path / "pictures" / "a.jpg").mkdir(parents=True)
    with pytest.raises(IsADirectoryError, match=r"a\.jpg"):
        rendered(path, tmp_path / "pictures" / "a.jpg")
    assert names(tmp_path / "pictures") == ["a.jpg"]


def test_an_image_too_large_for_a_jpeg_is_refused(tmp_path):
    path = written(tmp_path, np.zeros((1, 65501), np.uint8))
    with pytest.raises(PreviewError, match=f"{NAME}: 65501 x 1 pixels are too many"):
        rendered(path, tmp_path / "a.jpg")


def test_the_largest_image_for_a_jpeg_is_accepted(tmp_path):
    path = written(tmp_path, np.zeros((1, preview.MAX_SIDE), np.uint8))
    assert rendered(path, tmp_path / "a.jpg").width == preview.MAX_SIDE
