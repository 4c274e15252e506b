"""Writing a whole synthetic archive into an empty directory."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import yaml

from .. import keywords, paths
from ..errors import ArchiveError
from .camera import FRAMES
from .cards import Hdu
from .files import files_of
from .proposals import PROPOSALS
from .schedule import PlannedObservation, plan
from .stray_files import stray_files

PROPOSALS_FILE = "proposals.yaml"


@dataclass(frozen=True)
class SampleSummary:
    """What was written: directories, FITS files of ACS, their bytes, and the proposals."""

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
) -> SampleSummary:
    """Write a synthetic ACS archive.

    The same arguments give the same bytes.  From 24 observations on there are all detectors,
    filetypes and kinds of observations.

    Parameters
    ----------
    directory : Path or str
        Where; it is made, or is empty.
    observations : int
        How many directories, each with the files of one rootname.
    seed : int
        Another seed gives other dates, pointings, filters and pixels.
    frame : {"small", "medium", "full"}
        Images of a 16th, an 8th or the whole of their true width and height.
    progress : callable, optional
        Wraps the iteration over observations, as tqdm does.

    Raises
    ------
    ArchiveError
        If `directory` holds anything, is no directory or cannot be written, or if an argument
        makes no sense.
    """
    if frame not in FRAMES:
        raise ArchiveError(f"frame: {frame!r} is none of {', '.join(FRAMES)}")
    planned = plan(observations, seed, keywords.load())
    root = _prepared(Path(directory))
    sizes: list[int] = []
    try:
        _write_proposals(root, planned)
        for observation in progress(planned) if progress else planned:
            sizes += _write_observation(root, observation, seed, frame)
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
        raise ArchiveError(f"{root} is not empty; a sample archive is written only into nothing")
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
    root: Path, observation: PlannedObservation, seed: int, frame: str
) -> list[int]:
    """Write the files of one directory; return the sizes of those that are datasets."""
    folder = root / paths.observation_path(observation.ipppssoot)
    folder.mkdir(parents=True)
    sizes = []
    for filename, hdus in files_of(observation, seed, frame):
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
