"""The images of the sample archive show the flags that its annotations set."""

import numpy as np
import pytest
from astropy.io import fits

from acsql import keywords, sample
from acsql.annotation_files import read
from acsql.annotations import Action, state
from acsql.sample.anomalies import annotations, satellite_trail, saturated_star
from acsql.sample.archive import ANNOTATIONS_FILE
from acsql.sample.schedule import plan


def test_each_flag_has_one_example_in_the_first_observations(specs):
    entries = annotations(plan(24, 1, keywords.load()))
    examples = [entry.flag for entry in entries if entry.action is Action.EXAMPLE]
    assert sorted(examples) == [
        "bias_striping",
        "blank_image",
        "figure_eight_ghost",
        "hot_column",
        "satellite_trail",
        "saturated_bleed",
        "truncated_image",
    ]
    by_target = {entry.target for entry in entries}
    shown = [state([e for e in entries if e.target == each]).examples for each in by_target]
    assert sorted(sum(shown, ())) == sorted(examples)
    assert all(entry.checked(specs) for entry in entries)


def test_the_file_of_an_archive_is_imported(tmp_path, specs):
    sample.write(tmp_path / "archive", observations=5)
    entries = read(tmp_path / "archive" / ANNOTATIONS_FILE, specs)
    assert [(entry.action, entry.flag) for entry in entries] == [
        (action, flag)
        for flag in ("saturated_bleed", "figure_eight_ghost", "satellite_trail")
        for action in ("flag", "example")
    ]


def test_a_trail_crosses_the_image_from_edge_to_edge():
    trail = satellite_trail((60, 64), np.random.default_rng(1))
    bright = trail > 1
    edges = [bright[0], bright[-1], bright[:, 0], bright[:, -1]]
    assert sum(edge.any() for edge in edges) == 2
    assert bright.mean() < 0.1


def test_a_saturated_star_fills_more_than_its_pixels_hold_and_has_two_rings_on_the_diagonal():
    alone, reflected = (saturated_star((128, 256), ghost) for ghost in (False, True))
    row, column = np.unravel_index(alone.argmax(), alone.shape)
    assert alone[row, column] > 84_700
    rings = reflected - alone
    rows, columns = np.nonzero(rings > 300)
    assert (rows.mean() - row) == pytest.approx(columns.mean() - column, abs=1)
    assert rings[int(rows.mean()), int(columns.mean())] > 300  # where they touch


def test_images_show_the_flags_of_their_visits(tmp_path):
    root = tmp_path / "archive"
    sample.write(root, observations=24)
    entries = read(root / ANNOTATIONS_FILE, keywords.load())
    examples = {e.flag: e.target.rootname for e in entries if e.action is Action.EXAMPLE}

    def flt(flag):
        (path,) = root.glob(f"*/*/{examples[flag]}*_flt.fits")
        return path

    with fits.open(flt("saturated_bleed")) as hdus:
        saturated = hdus["DQ", 1].data & 256 > 0
    assert saturated.any(axis=1).sum() > 2 * saturated.any(axis=0).sum()
    assert examples["figure_eight_ghost"] == examples["saturated_bleed"]
    dark = fits.getdata(flt("blank_image"), 1)
    assert abs(np.nanmedian(dark)) < 10  # a flat field has thousands of electrons
