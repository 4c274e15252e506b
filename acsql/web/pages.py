"""The pages of the site.  A route parses the address, asks the archive, and renders.

Whatever a page shows comes from a few indexed queries; no route looks for files or opens a FITS
file, and pictures are found through the document and never through a path in the address.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import Any, TypeVar

from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    redirect,
    render_template,
    request,
    send_file,
    url_for,
)
from werkzeug.wrappers import Response as AnyResponse

from ..archive import DEFAULT_COLUMNS, Archive, Proposal, of_proposal
from ..errors import DatasetNotFound, InvalidName, ObservationNotFound, QueryError
from ..export import FORMATS, text
from ..layout import NO_PROPOSAL
from ..observation import Header, Observation
from ..query import Column, Condition, Like
from ..specs import BLOCKS, REPEATED, HeaderKey, KeywordSpec, KeywordSpecs
from . import forms
from .forms import Address, ProposalList, Search, Selection

ARCHIVE = "acsql"
PAGE_SIZE = 50
# A picture changes only when its file is reprocessed; after this it is asked for again.
PICTURE_MAX_AGE_S = 600
# What is said of an observation first.
FACTS = (
    "targname",
    "detector",
    "aperture",
    "filter1",
    "filter2",
    "exptime",
    "date_obs",
    "time_obs",
    "imagetyp",
    "obstype",
    "proposid",
    "pr_inv_l",
    "asn_id",
)
# Lines of a file that are sent together.
LINES_AT_ONCE = 500

pages = Blueprint("pages", __name__)

Asked = TypeVar("Asked", bound=Address)


def _archive() -> Archive:
    return current_app.extensions[ARCHIVE]


def _asked(kind: type[Asked]) -> Asked:
    """Return the parameters of the request, checked."""
    asked = kind(request.args.to_dict(flat=False))
    asked.check()
    return asked


def proposal_name(proposid: int | None) -> str:
    """Return how addresses call a proposal."""
    return NO_PROPOSAL if proposid is None else str(proposid)


def in_archive(endpoint: str, item: Observation | Mapping[str, Any], **values: Any) -> str:
    """Return the address of a page of an observation, given as such or as a row."""
    ipppssoot = item.ipppssoot if isinstance(item, Observation) else item["ipppssoot"]
    proposid = proposal_name(item["proposid"])
    return url_for(f"pages.{endpoint}", proposid=proposid, name=ipppssoot, **values)


def summary_of_filters(item: Observation | Mapping[str, Any]) -> str:
    """Return the filters of an observation as one text."""
    return " · ".join(name for name in (item["filter1"], item["filter2"]) if name)


@pages.get("/")
def home() -> str:
    """Show what is in the archive, and ways in."""
    _asked(Address)
    summary = _archive().summary()
    last = summary.last_run
    run = None if last is None else _archive().run(last["_id"])
    return render_template("home.html", summary=summary, run=run)


class Go(Address):
    """The box that takes the name of anything."""

    single = ("name",)


@pages.get("/go")
def go() -> AnyResponse:
    """Go to what a text names: a proposal, an observation, some rootnames or a target."""
    name = _asked(Go).first("name")
    if not name:
        return redirect(url_for(".form"))
    if name.isascii() and name.isdigit():
        return redirect(f"{url_for('.proposals')}{name}/")
    try:
        return redirect(in_archive("observation", _archive().observation(name)))
    except (InvalidName, ObservationNotFound):
        beginning = f"{name.lower().rstrip('*')}*"
    if _archive().page(Like("rootname", beginning), columns=["rootname"], size=1).rows:
        return redirect(url_for(".results", rootname=beginning))
    return redirect(url_for(".results", targname=name))


@pages.get("/archive/")
def proposals() -> str:
    """Show every proposal."""
    asked = _asked(ProposalList)
    found = _archive().proposals()
    return render_template(
        "proposals.html",
        asked=asked,
        proposals=_listed(found, asked),
        total=len(found),
        without=_archive().count(of_proposal(None)),
    )


def _listed(found: Iterable[Proposal], asked: ProposalList) -> list[Proposal]:
    """Return the proposals that contain all the words asked for, in the order asked for."""
    words = asked.first("find").lower().split()
    listed = [p for p in found if all(word in _words(p) for word in words)]
    key = asked.SORTS[asked.sort.removeprefix("-")]
    return sorted(listed, key=key, reverse=asked.sort.startswith("-"))


def _words(proposal: Proposal) -> str:
    parts = (proposal.proposid, proposal.type, proposal.title, proposal.pi)
    return " ".join(
        str(part).lower()
        for part in (*parts, *proposal.detectors, *proposal.targets)
        if part is not None
    )


@pages.get("/archive/<proposal:proposid>/")
def proposal(proposid: int | None) -> str:
    """Show the thumbnails of a proposal, or those of the observations that have none."""
    selection = _asked(Selection)
    within = of_proposal(proposid)
    known = None if proposid is None else _archive().proposal(proposid)
    found = _archive().gallery(within, selection.condition(), sort=(selection.sort,))
    return render_template(
        "proposal.html",
        name=proposal_name(proposid),
        proposal=known,
        selection=selection,
        rows=found.rows,
        filters=forms.FILTERS,
        matches=forms.MATCHES,
        sorts=forms.SORTS,
        options={
            filter_.parameter: _options(filter_.keywords, selection.all(filter_.parameter), within)
            for filter_ in forms.FILTERS
        },
    )


def _options(keywords: Iterable[str], chosen: Iterable[str], *within: Condition) -> list[str]:
    """Return the values to choose from, with those that the address has chosen already."""
    found = {v for keyword in keywords for v in _archive().distinct(keyword, *within)}
    return sorted(map(str, found | set(chosen)))


@pages.get("/archive/<proposal:proposid>/<name>/")
@pages.get("/archive/<proposal:proposid>/<name>/<filetype>/")
def observation(proposid: int | None, name: str, filetype: str | None = None) -> str:
    """Show an observation: the preview of one of its files, its metadata, and what it has."""
    selection = _asked(Selection)
    found = _observation(proposid, name)
    shown = filetype or _shown_first(found)
    # Raises if there is no such file.
    found.path(shown)
    before, after = _archive().neighbours(found, selection.condition(), sort=(selection.sort,))
    return render_template(
        "observation.html",
        observation=found,
        filetype=filetype,
        shown=shown,
        picture=found.previews.get(shown, {}),
        reason=_why_no_picture(found, shown),
        tabs=[name for name in found.datasets if _archive().specs.filetypes[name].preview],
        before=_neighbour(before, filetype, selection),
        after=_neighbour(after, filetype, selection),
        selection=selection,
        facts=_archive().columns(FACTS),
        columns=_archive().columns(list(found.metadata)),
    )


def _observation(proposid: int | None, name: str) -> Observation:
    """Return an observation; under another name than its own the browser is sent to that."""
    found = _archive().observation(name)
    if (found["proposid"], found.ipppssoot) != (proposid, name):
        given = {**request.args.to_dict(flat=False), **(request.view_args or {})}
        given |= {"proposid": proposal_name(found["proposid"]), "name": found.ipppssoot}
        abort(redirect(url_for(request.endpoint, **given)))
    return found


def _shown_first(found: Observation) -> str:
    """Return the filetype to show where none is asked for: the one with a thumbnail, if any."""
    filetypes = _archive().specs.filetypes
    pictured = [name for name in found.datasets if found.previews.get(name, {}).get("jpeg")]
    pictured.sort(key=lambda name: not filetypes[name].thumbnail)
    return next(chain(pictured, found.datasets))


def _why_no_picture(found: Observation, filetype: str) -> str | None:
    try:
        found.jpeg(filetype)
    except DatasetNotFound as error:
        return str(error)
    return None


def _neighbour(name: str | None, filetype: str | None, selection: Selection) -> dict | None:
    """Return the name of a neighbour and the address where it is shown in the same way."""
    if name is None:
        return None
    found = _archive().observation(name)
    same = {"filetype": filetype} if filetype in found.datasets else {}
    address = in_archive("observation", found, **same, **selection.arguments())
    return {"name": name, "address": address}


@pages.get("/archive/<proposal:proposid>/<name>/headers/")
def headers(proposid: int | None, name: str) -> str:
    """Show which headers an observation has."""
    _asked(Address)
    found = _observation(proposid, name)
    return render_template("headers.html", observation=found)


@pages.get("/archive/<proposal:proposid>/<name>/headers/<filetype>/<int:extension>/")
def header(proposid: int | None, name: str, filetype: str, extension: int) -> str:
    """Show a header."""
    _asked(Address)
    found = _observation(proposid, name)
    extensions = found.filetype_headers(filetype)
    if extension not in extensions:
        raise DatasetNotFound(f"{found.datasets[filetype]} has no extension {extension}")
    return render_template(
        "header.html",
        observation=found,
        filetype=filetype,
        extension=extension,
        extensions=extensions,
        shown=_shown(extensions[extension], found["detector"], filetype, extension),
    )


@dataclass
class ShownHeader:
    """A header as a page shows it.

    `cards` are the keywords that have one value, each with its spec, its value as text and
    whether it stands there again; `lists` are COMMENT and HISTORY, `blocks` the keywords that
    a drizzled product has for each input image, with `block_keywords` as its columns.
    """

    cards: list[tuple[KeywordSpec, str, bool]] = field(default_factory=list)
    lists: dict[str, list[str]] = field(default_factory=dict)
    block_keywords: list[KeywordSpec] = field(default_factory=list)
    blocks: list[list[str]] = field(default_factory=list)


def _shown(found: Header, detector: str | None, filetype: str, extension: int) -> ShownHeader:
    """Return a header for its page."""
    key = HeaderKey(detector, filetype, extension) if detector else None
    specs = _archive().specs
    shown = ShownHeader()
    later = found.values.get(REPEATED, {})
    for name, value in found.values.items():
        if name == BLOCKS:
            _show_blocks(value, key, specs, shown)
        elif isinstance(value, list):
            shown.lists[name.upper()] = [text(part) for part in value]
        elif name != REPEATED:
            column = _column(name, key, specs)
            values = [value, *later.get(name, [])]
            shown.cards += [(column.spec, text(v, column), i > 0) for i, v in enumerate(values)]
    return shown


def _show_blocks(
    blocks: Sequence[Mapping[str, Any]],
    key: HeaderKey | None,
    specs: KeywordSpecs,
    shown: ShownHeader,
) -> None:
    parts = list(dict.fromkeys(name for block in blocks for name in block))
    columns = {part: _column(f"{BLOCKS}{part}", key, specs, part) for part in parts}
    shown.block_keywords = [column.spec for column in columns.values()]
    shown.blocks = [
        [text(block.get(part), column) for part, column in columns.items()] for block in blocks
    ]


def _column(
    name: str, key: HeaderKey | None, specs: KeywordSpecs, stored: str | None = None
) -> Column:
    """Return a keyword of a header; one that no spec names is shown as it is stored."""
    return Column(name, specs.spec(name, key) or KeywordSpec((stored or name).upper(), "str"))


@pages.get("/previews/<name>/<filetype>.jpg")
def preview(name: str, filetype: str) -> AnyResponse:
    """Send the preview of a filetype."""
    _asked(Address)
    return _jpeg(_archive().observation(name).jpeg(filetype))


@pages.get("/thumbnails/<name>.jpg")
def thumbnail(name: str) -> AnyResponse:
    """Send the thumbnail of an observation."""
    _asked(Address)
    return _jpeg(_archive().observation(name).thumbnail())


def _jpeg(path: Path) -> AnyResponse:
    return send_file(path, mimetype="image/jpeg", max_age=PICTURE_MAX_AGE_S)


@pages.get("/database/")
def form() -> AnyResponse:
    """Show the query form, filled in as the address says."""
    search = Search(request.args.to_dict(flat=False))
    try:
        search.check()
    except QueryError as error:
        return _form(search, error)
    return _form(search)


def _form(search: Search, error: QueryError | None = None) -> Response:
    """Return the form with all that was typed, and what is wrong with it."""
    top_level = _archive().columns(list(_archive().specs.top_level))
    choices = (field for field in forms.FIELDS if field.kind == "choices")
    addresses = {column.address for column in top_level}
    page = render_template(
        "form.html",
        search=search,
        error=error,
        fields=forms.FIELDS,
        operators=forms.OPERATORS,
        options={c.keyword: _options([c.keyword], search.all(c.keyword)) for c in choices},
        columns=top_level,
        chosen=[name for name in search.columns if name in addresses],
        further=[name for name in search.columns if name not in addresses],
        usual=DEFAULT_COLUMNS,
        outputs=forms.OUTPUTS,
    )
    return Response(page, 400 if error else 200)


@pages.get("/database/results")
def results() -> AnyResponse:
    """Show what a search finds, or send it as a file."""
    search = Search(request.args.to_dict(flat=False))
    try:
        return _results(search)
    except QueryError as error:
        return _form(search, error)


def _results(search: Search) -> AnyResponse:
    search.check()
    arguments = search.arguments()
    if arguments != request.args.to_dict(flat=False):
        # What the form sends along empty would make a long address to share.
        return redirect(url_for(".results", **arguments))
    columns = _archive().columns(search.columns)
    condition = search.condition(_archive().specs)
    if search.output in forms.DOWNLOADS:
        return _download(search, condition, columns)
    return Response(_results_page(search, condition, columns))


def _download(search: Search, condition: Condition, columns: Sequence[Column]) -> Response:
    """Return all results as a file, sent while they are read."""
    format_ = FORMATS[search.output]
    addresses = [column.address for column in columns]
    rows = _archive().rows(condition, columns=addresses, sort=search.sort)
    # What can fail fails here, before the status is sent.
    begun = chain(list(islice(rows, 1)), rows)
    return Response(
        _together(format_.write(begun, columns)),
        mimetype=format_.media_type,
        headers={"Content-Disposition": f'attachment; filename="acsql.{search.output}"'},
    )


def _together(lines: Iterator[str]) -> Iterator[str]:
    while piece := "".join(islice(lines, LINES_AT_ONCE)):
        yield piece


def _results_page(search: Search, condition: Condition, columns: Sequence[Column]) -> str:
    where = {"sort": search.sort, "size": PAGE_SIZE, "after": search.after}
    if search.output == "thumbnails":
        page = _archive().gallery(condition, **where)
    else:
        needed = dict.fromkeys(column.address for column in columns)
        needed |= dict.fromkeys(("rootname", "ipppssoot", "proposid"))
        page = _archive().page(condition, columns=list(needed), **where)
    return render_template(
        "results.html",
        search=search,
        page=page,
        total=_archive().count(condition),
        columns=[column for column in columns if column.address != "rootname"],
        rootname=_archive().columns(["rootname"])[0],
        downloads=forms.DOWNLOADS,
    )
