"""Writing a whole synthetic archive into an empty directory."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from .. import keywords, paths
from ..annotation_files import COLUMNS, to_row
from ..errors import ArchiveError
from ..export.to_file import write_file
from ..names import Filename
from .anomalies import annotations
from .camera import FRAMES
from .cards import Hdu
from .files import files_of
from .instrument import Instrument
from .proposals import PROPOSALS, Visit
from .schedule import PlannedObservation, plan
from .stray_files import stray_files

PROPOSALS_FILE = "proposals.yaml"
ANNOTATIONS_FILE = "annotations.csv"


@dataclass(frozen=True)
class SampleSummary:
    """Summary of the archive that was written.

    Attributes
    ----------
    observations : int
        Number of directories, one for each rootname.
    files : int
        Number of datasets; stray files do not count.
    size : int
        Size of the datasets, bytes.
    proposals : int
        Number of proposals.
    """

    observations: int
    files: int
    size: int
    proposals: int


def write(
    directory: Path | str,
    observations: int = 100,
    seed: int = 1,
    frame: str = "small",
    progress: Callable[[Iterable[PlannedObservation]], Iterable[PlannedObservation]] | None = None,
    instrument: Instrument | None = None,
    visits: Sequence[Visit] | None = None,
) -> SampleSummary:
    """Write a synthetic ACS archive.

    The same arguments write the same bytes.  24 observations and more have all detectors,
    filetypes and kinds of observations.

    Parameters
    ----------
    directory : Path or str
        The folder to write, which must be empty or new.
    observations : int
        Number of directories, each with the files of one rootname.
    seed : int
        Seed of the random numbers: dates, pointings, filters and pixels.
    frame : {"small", "medium", "full"}
        Size of the images: a sixteenth, an eighth or all of their width and height.
    progress : callable, optional
        Wraps the iteration over observations, as tqdm does.
    instrument : Instrument, optional
        The simulated instrument, for tests of measurements.
    visits : sequence of Visit, optional
        The visits to repeat, such as `acsql.sample.proposals.MONITORING` or ``COLOUR``; by default
        those of all kinds.

    Returns
    -------
    SampleSummary
        Numbers of what was written.

    Raises
    ------
    ArchiveError
        If `directory` is not empty or cannot be written, or an argument is invalid.
    """
    if frame not in FRAMES:
        raise ArchiveError(f"frame must be one of {', '.join(FRAMES)}, not {frame!r}")
    planned = plan(observations, seed, keywords.load(), visits)
    root = _prepared(Path(directory))
    sizes: list[int] = []
    try:
        _write_proposals(root, planned)
        write_file(root / ANNOTATIONS_FILE, map(to_row, annotations(planned)), COLUMNS)
        for observation in progress(planned) if progress else planned:
            sizes += _write_observation(
                root, observation, files_of(observation, seed, frame, instrument)
            )
    except OSError as error:
        raise ArchiveError(f"cannot write {error.filename or root}: {error.strerror}") from error
    proposals = {observation.visit.proposid for observation in planned}
    return SampleSummary(len(planned), len(sizes), sum(sizes), len(proposals))


def _prepared(root: Path) -> Path:
    try:
        root.mkdir(parents=True, exist_ok=True)
        occupied = any(root.iterdir())
    except OSError as error:
        raise ArchiveError(f"cannot make {root}: {error.strerror}") from error
    if occupied:
        raise ArchiveError(
            f"{root} is not empty: choose a new or empty folder for the sample archive"
        )
    return root


def _write_proposals(root: Path, planned: Iterable[PlannedObservation]) -> None:
    used = sorted({observation.visit.proposid for observation in planned})
    facts = {
        proposid: {
            "type": proposal.type,
            "title": proposal.title,
            "cycle": proposal.cycle,
            "pi": f"{proposal.last_name}, {proposal.first_name}",
        }
        for proposid in used
        for proposal in (PROPOSALS[proposid],)
    }
    text = yaml.safe_dump(facts, sort_keys=False)
    (root / PROPOSALS_FILE).write_text(text, encoding="utf-8")


def _write_observation(
    root: Path, observation: PlannedObservation, files: Iterable[tuple[Filename, list[Hdu]]]
) -> list[int]:
    """Write the files of one directory; return the sizes of those that are datasets."""
    folder = root / paths.observation_path(observation.ipppssoot)
    folder.mkdir(parents=True)
    sizes = []
    for filename, hdus in files:
        sizes.append(_write_fits(folder / str(filename), hdus))
    for name, content in stray_files(observation):
        (folder / name).write_bytes(content)
    return sizes


def _write_fits(path: Path, hdus: Iterable[Hdu]) -> int:
    with path.open("xb") as file:
        for hdu in hdus:
            for part in hdu.parts():
                file.write(part)
        return file.tell()
