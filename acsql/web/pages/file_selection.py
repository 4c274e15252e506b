"""A selection of FITS files: its size, and its download as one tar archive or by a script."""

import shlex
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from flask import Blueprint, Response, render_template, request, url_for

from ...datasets import Dataset
from ...errors import AccessDenied, ArchiveError, DatasetNotFound, QueryError, UnsafePath
from .. import tar
from ..context import current_archive, parameters
from ..download_limit import limited
from ..downloads import read_first
from ..params import Parameters

# The largest tar archive: without resuming it, a larger one rarely succeeds.
MAX_FILES = 2000
MAX_BYTES = 50_000_000_000
# The files that the page counts, and those that it lists.
MAX_COUNTED = 20_000
MAX_LISTED = 200
# The folder inside the tar archive.
FOLDER = "acsql"

blueprint = Blueprint("file_selection", __name__)


class FileSelectionParameters(Parameters):
    """The filetypes, and the search for the observations."""

    q: str = ""
    filetype: tuple[str, ...] = ()

    def datasets(self, every_filetype: bool = False) -> Iterator[Dataset]:
        """Yield the selected files that are on disk.

        Parameters
        ----------
        every_filetype : bool
            Whether to include filetypes that are not selected.

        Yields
        ------
        Dataset
            In the order of the search.

        Raises
        ------
        QueryError
            If ``q`` is not a valid query, or a filetype does not exist.
        """
        filetypes = None if every_filetype else self.filetype
        search = current_archive().where(*([self.q] if self.q else []))
        return (dataset for dataset in search.files(filetypes) if not dataset.vanished)


@dataclass
class Total:
    """A number of files, and their size in bytes."""

    files: int = 0
    size: int = 0

    def add(self, dataset: Dataset) -> None:
        """Count one more file."""
        self.files += 1
        self.size += dataset.size


@dataclass
class SelectionTotals:
    """The size of a selection.

    Parameters
    ----------
    total : Total
        Of the selected files.
    filetypes : dict of Total
        Of each filetype, selected or not.
    listed : list of Dataset
        The first selected files.
    complete : bool
        Whether all files are counted.
    """

    total: Total = field(default_factory=Total)
    filetypes: dict[str, Total] = field(default_factory=dict)
    listed: list[Dataset] = field(default_factory=list)
    complete: bool = True

    @property
    def too_large(self) -> str | None:
        """Why the selection does not fit into one tar archive, or None if it does."""
        if self.complete and self.total.files <= MAX_FILES and self.total.size <= MAX_BYTES:
            return None
        size = f"{self.total.files:,} files of {self.total.size / 1e9:,.1f} GB"
        return (
            f"The selection has {'' if self.complete else 'more than '}{size}; a tar archive has "
            f"at most {MAX_FILES:,} files and {MAX_BYTES / 1e9:.0f} GB. "
            "Select fewer files or use the script, which can be interrupted and restarted"
        )


@blueprint.get("/files/")
def page() -> str:
    """Show the size of a selection, and the ways to download it."""
    selection = parameters(FileSelectionParameters)
    # Raises QueryError for a filetype that does not exist.
    selection.datasets()
    totals = _count(selection.datasets(every_filetype=True), selection.filetype)
    return render_template("file_selection.html", parameters=selection, totals=totals)


def _count(datasets: Iterable[Dataset], filetypes: Collection[str]) -> SelectionTotals:
    """Return the totals of some files, of which those of some filetypes are selected."""
    totals = SelectionTotals()
    for number, dataset in enumerate(datasets):
        if number == MAX_COUNTED:
            totals.complete = False
            break
        totals.filetypes.setdefault(dataset.filetype, Total()).add(dataset)
        if not filetypes or dataset.filetype in filetypes:
            totals.total.add(dataset)
            if len(totals.listed) < MAX_LISTED:
                totals.listed.append(dataset)
    return totals


@blueprint.get("/files/archive")
@limited
def archive() -> Response:
    """Send the selected files as one tar archive with their checksums."""
    selection = parameters(FileSelectionParameters)
    datasets = list(islice(selection.datasets(), MAX_FILES + 1))
    totals = _count(datasets, ())
    totals.complete = len(datasets) <= MAX_FILES
    if totals.too_large:
        raise QueryError(totals.too_large)
    members, missing = _members(datasets)
    if not members:
        raise missing[0] if missing else DatasetNotFound("no file is selected")
    texts = {"MISSING": "".join(f"{error}\n" for error in missing).encode()} if missing else {}
    size = tar.length(members, FOLDER, texts)
    response = Response(
        tar.ResumableStream(members, FOLDER, texts),
        mimetype="application/x-tar",
        headers={
            "Content-Disposition": 'attachment; filename="acsql.tar"',
            "Content-Length": str(size),
        },
    )
    response.set_etag(tar.etag(members, texts))
    # Without If-Range the rest might be that of another selection: the client gets all of it.
    environ = dict(request.environ)
    if "If-Range" not in request.headers:
        environ.pop("HTTP_RANGE", None)
    response.make_conditional(environ, accept_ranges=True, complete_length=size)
    return response


def _members(datasets: Iterable[Dataset]) -> tuple[list[tar.Member], list[ArchiveError]]:
    """Return the files that are on disk, and why the others are missing."""
    filesystem = current_archive().config.filesystem
    members: list[tar.Member] = []
    missing: list[ArchiveError] = []
    for dataset in datasets:
        try:
            path = dataset.locate(filesystem)
            members.append(tar.Member.from_file(dataset.local_path, path))
        except (AccessDenied, DatasetNotFound) as error:
            missing.append(error)
    return members, missing


@blueprint.get("/files/script")
def script() -> Response:
    """Send a shell script that downloads the selected files with curl."""
    selection = parameters(FileSelectionParameters)
    base = url_for("files.fits", filename="x", _external=True).removesuffix("x")
    return Response(
        _script(read_first(selection.datasets()), selection, base),
        mimetype="text/x-shellscript",
        headers={"Content-Disposition": 'attachment; filename="acsql-download.sh"'},
    )


# curl fails if it resumes a complete file, so that an incomplete file has another name.
_SCRIPT_BEGIN = """\
failed=0
get() {
  [ -e "$1" ] && return
  curl -C - --fail --location --retry 3 --create-dirs -o "$1.part" "$2" &&
    mv "$1.part" "$1" || failed=$((failed + 1))
}
"""
_SCRIPT_END = """\
if [ "$failed" -gt 0 ]; then
  echo "$failed files failed; run this script again to retry them." >&2
  exit 1
fi
"""


def _script(
    datasets: Iterable[Dataset], selection: FileSelectionParameters, base: str
) -> Iterator[str]:
    """Yield a script for any POSIX shell, with a line for each file."""
    # A line break in the query would end the comment.
    search = " ".join(selection.q.split()) or "everything"
    filetypes = ", ".join(selection.filetype) or "all filetypes"
    yield "#!/bin/sh\n"
    yield f"# FITS files from {base!a}: {search!a}, {filetypes!a}.\n"
    yield "# Downloads into the current folder; run again to resume.\n"
    yield _SCRIPT_BEGIN
    for dataset in datasets:
        try:
            local_path = dataset.local_path
        except UnsafePath as error:
            yield f"echo {shlex.quote(str(error))} >&2; failed=$((failed + 1))\n"
        else:
            address = f"{base}{dataset.filename}"
            yield f"get {shlex.quote(local_path)} {shlex.quote(address)}\n"
    yield _SCRIPT_END
