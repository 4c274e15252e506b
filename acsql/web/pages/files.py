"""The FITS files: one by one with ranges, many as one archive, more of them with a script.

A file is found through the database and never through a path in the address, and what lies
outside the archive's root is not given away."""

from flask import (
    Blueprint,
    render_template,
    send_file,
)
from werkzeug.wrappers import Response as AnyResponse

from ...datasets import Dataset, datasets_of
from ...errors import DatasetNotFound
from ...names import Filename
from ...observation import Observation
from ..context import named_observation, parameters, the_archive
from ..params import Address

blueprint = Blueprint("files", __name__)


FITS_TYPE = "application/fits"  # RFC 4047


@blueprint.get("/files/<filename>")
def fits(filename: str) -> AnyResponse:
    """Send a FITS file, or the part of it that a download still lacks."""
    parameters(Address)
    name = Filename.parse(filename)
    held = _datasets(the_archive().observation(name.rootname))
    found = next((dataset for dataset in held if dataset.filename == filename), None)
    if found is None:
        there_are = ", ".join(dataset.filename for dataset in held)
        raise DatasetNotFound(f"there is no {filename}; of {name.rootname} there are {there_are}")
    path = found.locate(the_archive().config.filesystem)
    return send_file(path, FITS_TYPE, as_attachment=True, download_name=filename, conditional=True)


@blueprint.get("/archive/<proposal:proposid>/<name>/files/")
def of_observation(proposid: int | None, name: str) -> str:
    """Show which files an observation has."""
    parameters(Address)
    found = named_observation(proposid, name)
    return render_template("files.html", observation=found, datasets=_datasets(found))


def _datasets(found: Observation) -> list[Dataset]:
    row = {
        "ipppssoot": found.ipppssoot,
        "proposid": found["proposid"],
        "datasets": found.datasets,
        "files": found.files,
    }
    return list(datasets_of(row, the_archive().specs.filetypes))
