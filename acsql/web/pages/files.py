"""The FITS files of an observation: listed, and sent one by one.

A file is found through the database and never through a path in the URL, and nothing outside the
archive's root is sent.
"""

from urllib.parse import quote

from flask import Blueprint, Response, render_template, send_file

from ...datasets import Dataset, datasets_of
from ...errors import DatasetNotFound
from ...names import Filename
from ...observation import Observation
from ..context import current_archive, parameters, requested_observation
from ..download_limit import limited
from ..params import Parameters
from ..tar import portable_mtime

FITS_TYPE = "application/fits"  # RFC 4047

blueprint = Blueprint("files", __name__)


@blueprint.get("/files/<filename>")
@limited
def fits(filename: str) -> Response:
    """Send a FITS file, or the byte range that a resumed download asks for."""
    parameters(Parameters)
    archive = current_archive()
    name = Filename.parse(filename)
    datasets = _datasets(archive.observation(name.rootname))
    dataset = next((each for each in datasets if each.filename == filename), None)
    if dataset is None:
        filenames = ", ".join(each.filename for each in datasets)
        raise DatasetNotFound(
            f"{filename} is not in the archive; the files of {name.rootname} are {filenames}"
        )
    path = dataset.locate(archive.config.filesystem)
    if archive.config.accel_redirect:
        return _sent_by_nginx(dataset, archive.config.accel_redirect)
    return send_file(
        path,
        FITS_TYPE,
        as_attachment=True,
        download_name=filename,
        conditional=True,
        last_modified=portable_mtime(path.stat()),
    )


def _sent_by_nginx(dataset: Dataset, location: str) -> Response:
    """Return the response that nginx replaces by a file below one of its internal locations."""
    response = Response(mimetype=FITS_TYPE)
    response.headers.set("Content-Disposition", "attachment", filename=dataset.filename)
    response.headers["X-Accel-Redirect"] = quote(f"{location}/{dataset.path}")
    return response


@blueprint.get("/archive/<proposal:proposid>/<name>/files/")
def of_observation(proposid: int | None, name: str) -> str:
    """List the files of an observation."""
    parameters(Parameters)
    observation = requested_observation(proposid, name)
    return render_template("files.html", observation=observation, datasets=_datasets(observation))


def _datasets(observation: Observation) -> list[Dataset]:
    row = {
        "ipppssoot": observation.ipppssoot,
        "proposid": observation["proposid"],
        "datasets": observation.datasets,
        "files": observation.files,
    }
    return list(datasets_of(row, current_archive().specs.filetypes))
