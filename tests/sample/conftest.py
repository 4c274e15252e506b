"""One sample archive for all tests of the sample; only to be read."""

from collections import defaultdict
from pathlib import Path

import pytest
from astropy.io import fits
from sample_files import COUNT, FURTHER, datasets

from acsql import sample
from acsql.keywords import HeaderKey, KeywordSpecs
from acsql.sample import schedule


@pytest.fixture(scope="session")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sample archive of the size from which on it has everything."""
    folder = tmp_path_factory.mktemp("sample") / "archive"
    sample.write(folder, COUNT)
    return folder


@pytest.fixture(scope="session")
def planned(specs: KeywordSpecs) -> list[schedule.PlannedObservation]:
    """What is in that archive."""
    return schedule.plan(COUNT, 1, specs)


@pytest.fixture(scope="session")
def detectors(planned: list[schedule.PlannedObservation]) -> dict[str, str]:
    """The detector of each directory."""
    return {observation.ipppssoot: observation.detector for observation in planned}


@pytest.fixture(scope="session")
def headers(
    root: Path, specs: KeywordSpecs, detectors: dict[str, str]
) -> list[tuple[Path, HeaderKey, fits.Header]]:
    """Every header that a list describes."""
    found = []
    for path, name in datasets(root, specs):
        with fits.open(path) as hdus:
            for number, hdu in enumerate(hdus):
                if hdu.name not in FURTHER:
                    key = HeaderKey(detectors[path.parent.name], name.filetype, number)
                    found.append((path, key, hdu.header))
    return found


@pytest.fixture(scope="session")
def primaries(
    headers: list[tuple[Path, HeaderKey, fits.Header]],
) -> dict[str, dict[str, fits.Header]]:
    """The primary headers of each observation, by filetype."""
    found: dict[str, dict[str, fits.Header]] = defaultdict(dict)
    for path, key, header in headers:
        if key.extension == 0:
            found[path.parent.name][key.filetype] = header
    return found


@pytest.fixture(scope="session")
def raw_texts(root: Path) -> list[str]:
    """The raw files as they stand on the disk."""
    return [path.read_bytes().decode("latin-1") for path in sorted(root.glob("*/*/*_raw.fits"))]
