"""The FITS files: one by one with ranges, many as one archive, more of them with a script.

A file is found through the database and never through a path in the address, and what lies
outside the archive's root is not given away."""

import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from flask import (
    Blueprint,
    Response,
    render_template,
    url_for,
)
from werkzeug.wrappers import Response as AnyResponse

from ...datasets import Dataset
from ...errors import DatasetNotFound, QueryError
from .. import tar
from ..context import parameters, the_archive
from ..downloads import begun
from ..params import Address

blueprint = Blueprint("file_selection", __name__)


# What one archive may hold: beyond it a transfer that cannot be resumed is no help.
MOST_FILES = 2000
MOST_BYTES = 50_000_000_000
# Files that the page of a choice counts, and those that it lists.
MOST_COUNTED = 20_000
MOST_LISTED = 200
FOLDER = "acsql"


class Choice(Address):
    """Which files: those of some filetypes, of the observations that a search finds."""

    single = ("q",)
    several = ("filetype",)

    def datasets(self, every_filetype: bool = False) -> Iterator[Dataset]:
        """Yield the files, without those that are gone from disk.

        Raises
        ------
        QueryError
            If the search cannot be understood, or there is no such filetype.
        """
        asked = self.first("q")
        chosen = None if every_filetype else self.all("filetype")
        found = the_archive().datasets(*([asked] if asked else []), filetypes=chosen)
        return (dataset for dataset in found if not dataset.vanished)


@dataclass
class Total:
    """How many files, and their bytes."""

    files: int = 0
    size: int = 0

    def add(self, dataset: Dataset) -> None:
        """Count one more."""
        self.files += 1
        self.size += dataset.size


@dataclass
class Counted:
    """What a choice comes to.

    `listed` are its first files and `whole` whether all were counted; `filetypes` are the
    totals of each filetype, of those as well that are not chosen.
    """

    total: Total = field(default_factory=Total)
    filetypes: dict[str, Total] = field(default_factory=dict)
    listed: list[Dataset] = field(default_factory=list)
    whole: bool = True

    @property
    def too_much(self) -> str | None:
        """Why this cannot be one archive, None if it can."""
        if self.whole and self.total.files <= MOST_FILES and self.total.size <= MOST_BYTES:
            return None
        there_are = f"{self.total.files:,} files of {self.total.size / 1e9:,.1f} GB"
        return (
            f"These are {there_are if self.whole else f'more than {there_are}'}; one archive holds "
            f"at most {MOST_FILES:,} files and {MOST_BYTES / 1e9:.0f} GB. "
            "Choose fewer, or take the script, which can be stopped and started again"
        )


@blueprint.get("/files/")
def page() -> str:
    """Show what a choice of files comes to, and the ways to have them."""
    asked = parameters(Choice)
    counted = _counted(asked.datasets(every_filetype=True), asked.all("filetype"))
    # A filetype that does not exist is an error, and not a choice of nothing.
    asked.datasets()
    return render_template("choice.html", asked=asked, counted=counted)


def _counted(datasets: Iterable[Dataset], filetypes: Iterable[str]) -> Counted:
    counted = Counted()
    for number, dataset in enumerate(datasets):
        if number == MOST_COUNTED:
            counted.whole = False
            break
        counted.filetypes.setdefault(dataset.filetype, Total()).add(dataset)
        if not filetypes or dataset.filetype in filetypes:
            counted.total.add(dataset)
            if len(counted.listed) < MOST_LISTED:
                counted.listed.append(dataset)
    return counted


@blueprint.get("/files/archive")
def archive() -> AnyResponse:
    """Send the files of a choice as one archive, with their checksums."""
    datasets = list(islice(parameters(Choice).datasets(), MOST_FILES + 1))
    counted = _counted(datasets, ())
    counted.whole = len(datasets) <= MOST_FILES
    if counted.too_much:
        raise QueryError(counted.too_much)
    members, missing = _members(datasets)
    if not members:
        raise DatasetNotFound("\n".join(missing) or "no file is chosen")
    texts = {"MISSING": "".join(f"{line}\n" for line in missing).encode()} if missing else {}
    return Response(
        tar.stream(members, FOLDER, texts),
        mimetype="application/x-tar",
        headers={
            "Content-Disposition": 'attachment; filename="acsql.tar"',
            "Content-Length": str(tar.length(members, FOLDER, texts)),
        },
    )


def _members(datasets: Iterable[Dataset]) -> tuple[list[tar.Member], list[str]]:
    """Return the files that are on disk, and why others are not."""
    members, missing = [], []
    for dataset in datasets:
        try:
            path = dataset.locate(the_archive().config.filesystem)
        except DatasetNotFound as error:
            missing.append(str(error))
        else:
            members.append(tar.Member.of(_place(dataset), path))
    return members, missing


def _place(dataset: Dataset) -> str:
    """Return where a file is put: each observation has a folder."""
    return f"{dataset.ipppssoot}/{dataset.filename}"


@blueprint.get("/files/script")
def script() -> AnyResponse:
    """Send a script that has curl fetch the files of a choice."""
    asked = parameters(Choice)
    site = url_for("files.fits", filename="x", _external=True).removesuffix("x")
    return Response(
        _script(begun(asked.datasets()), asked, site),
        mimetype="text/x-shellscript",
        headers={"Content-Disposition": 'attachment; filename="acsql-download.sh"'},
    )


# curl calls it an error if it shall go on with a file that is whole, so what is not gets a name of
# its own until it is.
_BEGIN = """\
failed=0
get() {
  [ -e "$1" ] && return
  curl -C - --fail --location --retry 3 --create-dirs -o "$1.part" "$2" &&
    mv "$1.part" "$1" || failed=$((failed + 1))
}
"""
_END = """\
if [ "$failed" -gt 0 ]; then
  echo "$failed files could not be fetched; run this again." >&2
  exit 1
fi
"""


def _script(datasets: Iterable[Dataset], asked: Choice, site: str) -> Iterator[str]:
    """Yield a script for any POSIX shell, with a line for each file."""
    # A line break in the search would end the comment.
    search = " ".join(asked.first("q").split()) or "everything"
    filetypes = ", ".join(asked.all("filetype")) or "all filetypes"
    yield "#!/bin/sh\n"
    yield f"# FITS files from {site!a}: {search!a}, {filetypes!a}.\n"
    yield "# They are put below the folder in which this runs; run it again to go on.\n"
    yield _BEGIN
    for dataset in datasets:
        address = f"{site}{dataset.filename}"
        yield f"get {shlex.quote(_place(dataset))} {shlex.quote(address)}\n"
    yield _END
