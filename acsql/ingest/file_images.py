"""Images of one file: its preview is rendered, and its statistics are computed.

The pixels are read once for both.  Neither fails for the other: a full disk leaves the statistics,
and damaged data quality the preview.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from .. import paths
from ..config import Config
from ..errors import PreviewError
from ..fits.walk import Headers
from ..images import preview
from ..images.image_statistics import ImageStatistics, MeasuredImage, image_statistics, measure
from ..images.stretch import StretchLimits
from ..keywords import KeywordSpecs
from ..names import Filename
from ..permissions import permissions_of
from ..settings import INGEST
from .typing import first_value

logger = logging.getLogger(__name__)

Made = TypeVar("Made")


@dataclass(frozen=True)
class ImageFault:
    """The reason why a preview or statistics are missing.

    Attributes
    ----------
    stage : str
        ``preview`` or ``statistics``.
    reason : str
        The cause, as a message for the log.
    owed : bool
        Whether the cause is outside of the file.
    """

    stage: str
    reason: str
    owed: bool


@dataclass(frozen=True)
class FileImages:
    """The previews and statistics of the images of a file.

    Attributes
    ----------
    preview : dict, optional
        As `acsql.ingest.read.FileContent` has it.
    statistics : dict, optional
        Likewise.
    faults : tuple of ImageFault
        The reasons for a missing preview or missing statistics.
    warnings : tuple of str
        Irregularities that are not failures.
    """

    preview: dict[str, Any] | None = None
    statistics: ImageStatistics | None = None
    faults: tuple[ImageFault, ...] = ()
    warnings: tuple[str, ...] = ()


NO_IMAGES = FileImages()


def read_images(opened: Headers, name: Filename, specs: KeywordSpecs, config: Config) -> FileImages:
    """Render the preview and thumbnail of a file, and compute the statistics of its images.

    Parameters
    ----------
    opened : Headers
        The open file.
    name : Filename
        Its name; its filetype has previews.
    specs : KeywordSpecs
        The extensions with images, and the readout of detectors.
    config : Config
        The folders of previews, and the setting ``image_statistics``.

    Returns
    -------
    FileImages
        The preview and the statistics, as far as they could be made, and the faults.
    """
    chips = _attempt("preview", name, config, lambda: _pixels(opened, name, specs))
    if isinstance(chips, ImageFault):
        if chips.owed or not _has_no_pixels(opened, specs):
            return FileImages(_missing(chips), faults=(chips,))
        return FileImages(_missing(chips), warnings=(f"no preview: {chips.reason}",))
    measured: MeasuredImage | ImageFault | None = None
    if config.image_statistics == INGEST:
        measured = _attempt(
            "statistics",
            name,
            config,
            lambda: measure(opened.hdus, chips, str(name), name.filetype, specs),
        )
    known = measured if isinstance(measured, MeasuredImage) else None
    limits = known and known.limits
    entry = _attempt(
        "preview", name, config, lambda: _render(opened, chips, limits, name, specs, config)
    )
    faults = tuple(each for each in (measured, entry) if isinstance(each, ImageFault))
    entry = _missing(entry) if isinstance(entry, ImageFault) else entry
    return FileImages(entry, known and known.statistics, faults)


def read_statistics(opened: Headers, name: Filename, specs: KeywordSpecs) -> ImageStatistics:
    """Compute the statistics of the images of a file, without its preview.

    Parameters
    ----------
    opened : Headers
        The open file.
    name : Filename
        Its name.
    specs : KeywordSpecs
        As for `read_images`.

    Returns
    -------
    dict
        As of `acsql.images.image_statistics.image_statistics`.

    Raises
    ------
    PreviewError
        If an image is damaged.
    OSError
        If the system cannot read the file.
    """
    chips = _pixels(opened, name, specs)
    return image_statistics(opened.hdus, chips, str(name), name.filetype, specs)


def _pixels(opened: Headers, name: Filename, specs: KeywordSpecs) -> list[Any]:
    """Return the pixels of the science images."""
    weights = specs.filetypes[name.filetype].weights
    return preview.read_chips(opened.hdus, str(name), specs.image_extname, weights)


def _render(
    opened: Headers,
    chips: list[Any],
    limits: StretchLimits | None,
    name: Filename,
    specs: KeywordSpecs,
    config: Config,
) -> dict[str, Any]:
    """Render the preview and thumbnail of a file, and return the entry of the document."""
    proposid = first_value(opened.cards[:1], "PROPOSID")
    proposid = proposid if isinstance(proposid, int) else None
    jpeg, thumbnail = paths.jpeg_name(name, proposid), None
    if name.filetype in {*specs.thumbnail_filetypes} - {*specs.thumbnail_fallbacks}:
        thumbnail = paths.thumbnail_name(name, proposid)
    rendered = preview.render_chips(
        chips,
        str(name),
        paths.confined(config.jpeg_dir, jpeg),
        None if thumbnail is None else paths.confined(config.thumbnail_dir, thumbnail),
        permissions=permissions_of(config),
        limits=limits,
    )
    shown = rendered.limits
    return {
        "jpeg": jpeg,
        "thumbnail": thumbnail,
        "width": rendered.width,
        "height": rendered.height,
        "low": shown.low,
        "high": shown.high,
        **({"high_percent": shown.high_percent} if shown.is_sparse else {}),
    }


def _attempt(
    stage: str, name: Filename, config: Config, work: Callable[[], Made]
) -> Made | ImageFault:
    """Return the result of a stage, or the fault that ended it, which ends no other stage."""
    try:
        return work()
    except PreviewError as error:
        return ImageFault(stage, str(error), owed=False)
    except Exception as error:
        reason = f"no {stage} of {name}: {description(error)}{_refusing_folder(error, config)}"
        return ImageFault(stage, reason, owed=True)


def _missing(fault: ImageFault) -> dict[str, Any]:
    """Return the entry of a document for a preview that a fault has prevented."""
    return {"reason": fault.reason, **({"owed": True} if fault.owed else {})}


def description(error: Exception) -> str:
    """Return the message of an error, with its class where the text alone says little."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    logger.debug("unforeseen", exc_info=error)
    return f"{type(error).__name__}: {error}"


def _refusing_folder(error: Exception, config: Config) -> str:
    """Return the setting of the folder in which a picture cannot be written, in parentheses."""
    refused = Path(getattr(error, "filename", None) or "")
    folders = {"jpeg_dir": config.jpeg_dir, "thumbnail_dir": config.thumbnail_dir}
    settings = (name for name, folder in folders.items() if refused.is_relative_to(folder))
    return "".join(f" ({name})" for name in settings)


def _has_no_pixels(opened: Headers, specs: KeywordSpecs) -> bool:
    """Whether the image extensions of a file hold no array, as constant images do."""
    images = [
        header for header in opened.cards if first_value([header], "EXTNAME") == specs.image_extname
    ]
    return bool(images) and all(first_value([header], "NAXIS") == 0 for header in images)
