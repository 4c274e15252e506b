"""The facts of ObsCore agree with the handbook and with the keyword specs."""

from pathlib import Path

import pytest

from acsql.errors import SpecError
from acsql.keywords import KeywordSpecs
from acsql.vo import obscore_facts


def test_every_filetype_and_detector_has_facts(specs: KeywordSpecs) -> None:
    facts = obscore_facts.load()
    assert facts.filetypes.keys() == specs.filetypes.keys()
    assert facts.detectors.keys() == specs.detectors.keys()


@pytest.mark.parametrize(
    ("detector", "filters", "band"),
    [
        ("WFC", ("F606W", "CLEAR2L"), (4.736e-7, 7.078e-7)),
        ("WFC", ("CLEAR1L", "CLEAR2L"), (3.5e-7, 1.1e-6)),
        ("WFC", ("F606W", "POL0V"), (4.736e-7, 7.078e-7)),
        ("SBC", ("PR130L", None), (1.25e-7, 1.7e-7)),
        ("HRC", ("CLEAR1S", "F330W"), (3.06e-7, 3.648e-7)),
        ("WFC", ("F999X", "CLEAR2L"), None),
        (None, ("F606W", "CLEAR2L"), None),
        ("WFC", ("F435W", "F892N"), None),
    ],
)
def test_the_band_is_what_all_filters_let_through(detector, filters, band) -> None:
    found = obscore_facts.load().band(detector, filters)
    assert found == (None if band is None else pytest.approx(band))


def test_an_overlay_replaces_entries(tmp_path: Path) -> None:
    (tmp_path / obscore_facts.FILE).write_text("filters: {F606W: [6000, 2000]}")
    band = obscore_facts.load(tmp_path).band("WFC", ("F606W", "CLEAR2L"))
    assert band == pytest.approx((5e-7, 7e-7))


@pytest.mark.parametrize("text", ["[1, 2", "[3]", "filters: {F606W: 6000}", "filters: 3"])
def test_a_damaged_overlay_is_an_error_that_names_the_file(tmp_path: Path, text: str) -> None:
    path = tmp_path / obscore_facts.FILE
    path.write_text(text)
    with pytest.raises(SpecError, match=str(path)):
        obscore_facts.load(tmp_path)
