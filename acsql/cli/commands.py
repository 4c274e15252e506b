"""The command line: parse, call the library, print.

Errors that are the user's to mend come out as one line and exit status 2; an ingest in which
files failed exits with 1.
"""

import inspect
import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain, islice
from pathlib import Path
from typing import Any

import click
import yaml
from tqdm import tqdm

from .. import __version__, export, named_queries
from .. import config as configuration
from .. import keywords as keyword_specs
from ..archive import OVERDUE_HOURS, Archive, connect, is_overdue
from ..config import Config
from ..errors import ArchiveError, ConfigError, DatabaseError
from ..mongod import server
from ..query import Column, keyword_search
from ..search.aggregation import OBSERVATIONS
from ..search.limits import TIME_LIMIT


class Commands(click.Group):
    """A group whose commands report an `ArchiveError` as a line and not as a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command."""
        try:
            return super().invoke(ctx)
        except ArchiveError as error:
            failure = click.ClickException(str(error))
            failure.exit_code = 2
            raise failure from error


def main() -> None:
    """Run the command line, so that a termination signal ends it as an exit does."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    acsql()


@click.group(cls=Commands)
@click.option("--config", "path", type=click.Path(path_type=Path), help="The YAML configuration.")
@click.version_option(__version__)
@click.pass_context
def acsql(ctx: click.Context, path: Path | None) -> None:
    """The ACS Quicklook archive: look at, find, read and script over ACS observations."""
    ctx.obj = path


def _config(ctx: click.Context) -> Config:
    return configuration.load(ctx.obj)


def _archive(ctx: click.Context, time_limit: float | None = TIME_LIMIT) -> Archive:
    return connect(_config(ctx), time_limit)


@acsql.command()
@click.option("--filetype", "filetypes", multiple=True, help="Only this filetype; repeatable.")
@click.option(
    "--file-list",
    type=click.Path(path_type=Path),
    help="Only the rootnames in this file, one on a line.",
)
@click.option("--workers", type=click.IntRange(1), help="By default ncores.")
@click.option(
    "--scheduler",
    default="processes",
    show_default=True,
    help="processes, threads, synchronous, or the address of a dask.distributed cluster.",
)
@click.option("--all", "everything", is_flag=True, help="Read unchanged files as well.")
@click.option("--checksum", is_flag=True, help="Compare the content of unchanged files as well.")
@click.option("--retry-failed", is_flag=True, help="Read files that failed before as well.")
@click.option(
    "--min-age",
    type=click.FloatRange(0),
    default=0,
    show_default=True,
    help="Leave files younger than so many seconds for the next run.",
)
@click.pass_context
def ingest(
    ctx: click.Context,
    filetypes: tuple[str, ...],
    file_list: Path | None,
    workers: int | None,
    scheduler: str,
    everything: bool,
    checksum: bool,
    retry_failed: bool,
    min_age: float,
) -> None:
    """Ingest the observations on disk that are new or changed.

    Exit status: 0 all good (also nothing new), 1 some files failed, 2 the run failed.
    """
    from ..ingest import run

    options = run.Options(
        filetypes=filetypes or None,
        rootnames=None if file_list is None else _rootnames(file_list),
        everything=everything,
        checksum=checksum,
        retry_failed=retry_failed,
        min_age=min_age,
        workers=workers,
        scheduler=scheduler,
    )
    report = run.ingest(_config(ctx), options, _progress_bar)
    for failure in report.failures:
        click.echo(f"{failure.rootname}: {failure.reason}", err=True)
    for line in report.lines():
        click.echo(line)
    click.echo(f"Log: {report.log}")
    ctx.exit(1 if report.failures else 0)


def _rootnames(path: Path) -> tuple[str, ...]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot read the file list {path}: {error}") from error
    words = (line.partition("#")[0].strip() for line in lines)
    return tuple(word for word in words if word)


@acsql.command()
@click.option("--full", is_flag=True, help="Read all headers and pictures as well.")
@click.option("--fix", is_flag=True, help="Repair what is found.")
@click.option("--workers", type=click.IntRange(1), help="By default ncores.")
@click.option("--scheduler", default="processes", show_default=True, help="As of ingest.")
@click.pass_context
def verify(ctx: click.Context, full: bool, fix: bool, workers: int | None, scheduler: str) -> None:
    """Compare the archive, the database and the previews, both ways.

    Exit status: 0 nothing is wrong, or not any more, 1 something is, 2 they cannot be compared.
    """
    from ..verify import verification

    result = verification.verify(_config(ctx), full, fix, workers, scheduler, _progress_bar)
    for finding in result.findings:
        click.echo(finding)
    for finding in result.remaining if fix else ():
        click.echo(f"remaining: {finding}", err=True)
    for failure in result.failures:
        click.echo(f"{failure.rootname}: {failure.reason}", err=True)
    for line in [*result.notes, *result.lines()]:
        click.echo(line)
    ctx.exit(1 if result.remaining else 0)


@contextmanager
def _progress_bar(total: int) -> Iterator[Callable[[], Any]]:
    """Show a bar on a terminal and nothing elsewhere."""
    with tqdm(total=total, unit="observation", disable=None) as bar:
        yield bar.update


_conditions = click.argument("conditions", nargs=-1, metavar="[CONDITION]...")
_format = click.option(
    "--format",
    "format_",
    type=click.Choice(list(export.FORMATS)),
    default="table",
    show_default=True,
)
_mongosh = click.option(
    "--mongosh", is_flag=True, help="Only print the line for the Mongo shell that does the same."
)
_time_limit = click.option(
    "--time-limit",
    type=click.FloatRange(0),
    default=TIME_LIMIT,
    show_default=True,
    callback=lambda *given: given[-1] or None,
    help="Seconds that the database may take; 0 is as long as it takes.",
)


def _print(
    rows: Iterable[Mapping[str, Any]],
    columns: Sequence[Column],
    format_: str,
    explanation: Callable[[], object],
) -> None:
    """Print rows as they come, and if there are none, on stderr, why."""
    rows = iter(rows)
    first = list(islice(rows, 1))
    for piece in export.FORMATS[format_].write(chain(first, rows), columns):
        sys.stdout.buffer.write(piece)
    if not first:
        sys.stdout.flush()
        click.echo(explanation(), err=True)


@acsql.command()
@_conditions
@click.option("--columns", help="Keywords, separated by commas.")
@click.option("--sort", help="Keywords, separated by commas; - before one sorts downwards.")
@click.option("--limit", type=click.IntRange(1), help="At most so many rows.")
@_format
@_time_limit
@_mongosh
@click.pass_context
def find(
    ctx: click.Context,
    conditions: tuple[str, ...],
    columns: str | None,
    sort: str | None,
    limit: int | None,
    format_: str,
    time_limit: float | None,
    mongosh: bool,
) -> None:
    """Find the observations that meet all conditions: detector=WFC 'exptime>=100' targname=NGC*."""
    with _archive(ctx, time_limit) as archive:
        shown = archive.columns(columns.split(",") if columns else None)
        asked = {"columns": [column.address for column in shown], "limit": limit}
        asked |= {"sort": sort.split(",")} if sort else {}
        if mongosh:
            click.echo(archive.mongosh(*conditions, **asked))
            return
        rows = archive.iter(*conditions, **asked)
        _print(rows, shown, format_, lambda: archive.explain_empty(*conditions))


@acsql.command()
@_conditions
@click.option(
    "--budget",
    type=click.FloatRange(0, min_open=True),
    help="Seconds after which an estimate will do.",
)
@_time_limit
@_mongosh
@click.pass_context
def count(
    ctx: click.Context,
    conditions: tuple[str, ...],
    budget: float | None,
    time_limit: float | None,
    mongosh: bool,
) -> None:
    """Count the observations that meet all conditions."""
    with _archive(ctx, time_limit) as archive:
        if mongosh:
            click.echo(archive.mongosh_count(*conditions))
            return
        number = archive.count(*conditions, budget=budget)
        click.echo(number)
        if number == 0:
            click.echo(archive.explain_empty(*conditions), err=True)


@acsql.command()
@click.argument("keyword")
@_conditions
@click.option("--limit", type=click.IntRange(1), help="Only so many values.")
@_format
@_time_limit
@_mongosh
@click.pass_context
def values(
    ctx: click.Context,
    keyword: str,
    conditions: tuple[str, ...],
    limit: int | None,
    format_: str,
    time_limit: float | None,
    mongosh: bool,
) -> None:
    """List the values of KEYWORD, the most frequent first, each with its observations."""
    with _archive(ctx, time_limit) as archive:
        columns = [*archive.columns([keyword]), OBSERVATIONS]
        addresses = [column.address for column in columns]
        if mongosh:
            click.echo(archive.mongosh_facets(keyword, *conditions, limit=limit))
            return
        found = archive.facets(keyword, *conditions, limit=limit).items()
        rows = (dict(zip(addresses, pair, strict=True)) for pair in found)
        _print(rows, columns, format_, lambda: archive.explain_empty(*conditions))


@acsql.command()
@click.argument("text")
@_format
@click.pass_context
def keywords(ctx: click.Context, text: str, format_: str) -> None:
    """Find keywords by a part of their name or description, and how to address them."""
    with _archive(ctx) as archive:
        rows = keyword_search.find(text, archive.specs)
        _print(rows, keyword_search.COLUMNS, format_, lambda: f"There is no keyword with {text!r}.")


@acsql.group(invoke_without_command=True)
@click.pass_context
def query(ctx: click.Context) -> None:
    """Ask a question that has a name; without one, list them."""
    if not ctx.invoked_subcommand:
        click.echo(ctx.get_help())


def _canned(name: str, function: Callable[..., Any]) -> click.Command:
    """Return the command of a canned query, whose arguments are those of the function."""

    @click.pass_context
    def ask(
        ctx: click.Context, format_: str, time_limit: float | None, mongosh: bool, **given: Any
    ) -> None:
        with _archive(ctx, time_limit) as archive:
            result = function.query(archive, **given)
            if mongosh:
                click.echo(result.mongosh())
                return
            _print(result.rows(), result.selected_columns, format_, result.explain)

    described, *_ = inspect.getdoc(function).partition("\n")
    command = click.command(name, help=described, short_help=described)(
        _format(_time_limit(_mongosh(ask)))
    )
    _, *parameters = inspect.signature(function).parameters.values()
    for parameter in parameters:
        required = parameter.default is parameter.empty
        command.params.append(click.Argument([parameter.name], required=required))
    return command


for _name, _function in named_queries.QUERIES.items():
    query.add_command(_canned(_name, _function))


@acsql.command()
@click.argument("rootname")
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text")
@click.pass_context
def show(ctx: click.Context, rootname: str, format_: str) -> None:
    """Show what is known of an observation, and its files."""
    with _archive(ctx) as archive:
        observation = archive.observation(rootname)
        if format_ == "json":
            click.echo(json.dumps(export.plain(observation.to_dict()), indent=2))
            return
        for name, value in observation.metadata.items():
            column = archive.columns([name])[0]
            click.echo(f"{name:18} {export.text(value, column)} {column.spec.unit or ''}".rstrip())
        for filetype, filename in observation.datasets.items():
            size = observation.files[filetype]["size"]
            preview = observation.previews.get(filetype, {})
            picture = preview.get("jpeg") or preview.get("reason") or ""
            click.echo(f"{filetype:18} {filename} {size} bytes {picture}".rstrip())


@acsql.command()
@click.argument("rootname")
@click.argument("filetype")
@click.argument("extension", type=click.IntRange(0))
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text")
@click.pass_context
def headers(ctx: click.Context, rootname: str, filetype: str, extension: int, format_: str) -> None:
    """Show the header of one extension of one file."""
    with _archive(ctx) as archive:
        header = archive.observation(rootname).stored_header(filetype, extension)
        if format_ == "json":
            click.echo(json.dumps(export.header_record(header.values, archive.specs), indent=2))
            return
        for line in export.header_lines(header.values, archive.specs):
            click.echo(line)


@acsql.command()
@click.option(
    "--overdue-after",
    type=click.FloatRange(0),
    default=OVERDUE_HOURS,
    show_default=True,
    help="Hours after which the last good ingest is too long ago.",
)
@click.pass_context
def status(ctx: click.Context, overdue_after: float) -> None:
    """Say where the archive is, what is in it, and how the last ingest went.

    Exit status: 0 if the last good ingest is not overdue, else 1.
    """
    with _archive(ctx) as archive:
        summary = archive.summary()
        age = archive.hours_since_good_run()
        click.echo(f"Database      {archive.store.address}")
        click.echo(f"FITS files    {archive.config.filesystem}")
        counts = ", ".join(f"{number} {name}" for name, number in summary.detectors.items())
        click.echo(f"Observations  {summary.observations}{f' ({counts})' if counts else ''}")
        click.echo(f"Files         {summary.files}, {summary.bytes / 1e9:.3f} GB")
        click.echo(f"Previews      {summary.previews}")
        click.echo(f"Last ingest   {_last_run(summary.last_run)}")
        overdue = is_overdue(age, overdue_after)
        told = "never" if age is None else f"{age:.1f} hours ago"
        click.echo(f"Last good     {told}{', overdue' if overdue else ''}")
    ctx.exit(1 if overdue else 0)


def _last_run(record: dict[str, Any] | None) -> str:
    if record is None:
        return "none yet"
    started = record["started"].isoformat(sep=" ", timespec="seconds")
    return f"{started} UTC: {record['state']}"


@acsql.group(invoke_without_command=True)
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True)
@click.pass_context
def runs(ctx: click.Context, limit: int) -> None:
    """List the newest ingests, or show one."""
    if ctx.invoked_subcommand:
        return
    with _archive(ctx) as archive:
        for record in archive.runs(limit):
            counts = record.get("observations", {})
            told = ", ".join(f"{number} {state}" for state, number in counts.items())
            click.echo(f"{record['_id']:>5}  {_last_run(record)}  {told}".rstrip())


@runs.command("show")
@click.argument("number", type=click.IntRange(1))
@click.pass_context
def show_run(ctx: click.Context, number: int) -> None:
    """Show one ingest, with its failures by file."""
    with _archive(ctx) as archive:
        record = export.plain(archive.run(number))
    click.echo(yaml.safe_dump(record, sort_keys=False, allow_unicode=True), nl=False)


@acsql.command()
@click.option("--dry-run", is_flag=True, help="Only show what would be done.")
@click.pass_context
def migrate(ctx: click.Context, dry_run: bool) -> None:
    """Bring the documents of an older acsql up to date."""
    with _archive(ctx) as archive:
        steps = archive.migrate(dry_run)
    for name, description, documents in steps:
        click.echo(f"{name}: {documents} documents. {description}")
    if not steps:
        click.echo("The database is up to date.")


@acsql.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=5000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--workers", default=2, show_default=True, type=click.IntRange(1))
@click.pass_context
def serve(ctx: click.Context, host: str, port: int, workers: int) -> None:
    """Serve the site until it is interrupted."""
    from ..store.client import locate
    from ..web import server as web_server

    config = locate(_config(ctx))

    def say() -> None:
        click.echo(f"acsql is at http://{host}:{port}/ (Ctrl-C stops it)")
        click.echo(f'Its database: mongosh "{config.connection_string}"')

    web_server.serve(config, host, port, workers, on_ready=say)


@acsql.command()
@click.argument("directory", type=click.Path(path_type=Path))
@click.option("--observations", default=100, show_default=True, type=click.IntRange(1))
@click.option("--seed", default=1, show_default=True, type=click.IntRange(0))
@click.option(
    "--frame",
    type=click.Choice(["small", "medium", "full"]),
    default="small",
    show_default=True,
    help="The size of the arrays: a sixteenth, an eighth or all of the true one.",
)
def sample(directory: Path, observations: int, seed: int, frame: str) -> None:
    """Write a synthetic ACS archive into DIRECTORY."""
    from .. import sample as sample_archive

    def progress(items: Any) -> Any:
        return tqdm(items, unit="observation", disable=None)

    written = sample_archive.write(directory, observations, seed, frame, progress)
    click.echo(
        f"{written.observations} observations of {written.proposals} proposals, "
        f"{written.files} files, {written.size / 1e6:.0f} MB in {directory}"
    )


@acsql.group()
def specs() -> None:
    """Look after the keyword specs."""


@specs.command()
@click.argument("folder", required=False, type=click.Path(path_type=Path, exists=True))
def check(folder: Path | None) -> None:
    """Report what is inconsistent in the specs, those of acsql or those in FOLDER."""
    raw = keyword_specs.read_folder(keyword_specs.packaged_folder() if folder is None else folder)
    problems = keyword_specs.check(raw)
    for problem in problems:
        click.echo(problem)
    if problems:
        raise SystemExit(1)
    click.echo("The keyword specs are consistent.")


@specs.command()
@click.argument("directory", type=click.Path(path_type=Path))
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    default="keyword_specs",
    show_default=True,
    help="The folder to write.",
)
def make(directory: Path, output: Path) -> None:
    """Derive lists of keywords from the FITS files in DIRECTORY."""
    from ..ingest import derive_specs

    met, problems = derive_specs.derive(directory, keyword_specs.load())
    for problem in problems:
        click.echo(problem, err=True)
    derive_specs.write(derive_specs.raw_specs(met), output)
    lists = len({key for key, _, _ in met})
    click.echo(f"{len(met)} keywords in {lists} lists written to {output}")
    if problems:
        raise SystemExit(1)


@specs.command()
@click.option(
    "--into", type=click.Path(path_type=Path), help="By default the archive's own folder."
)
@click.option("--dry-run", is_flag=True, help="Only show what would be added.")
@click.pass_context
def update(ctx: click.Context, into: Path | None, dry_run: bool) -> None:
    """Add the keywords that ingests met and no spec named."""
    from ..ingest import derive_specs
    from ..store import runs

    with _archive(ctx) as archive:
        overlay = configuration.specs_overlay(archive.config)
        known = keyword_specs.load(overlay)
        met = derive_specs.not_in_specs(runs.keywords_met(archive.store), known)
    for key, keyword, type_ in met:
        click.echo(f"+ {key}: {keyword} ({type_})")
    if not met:
        click.echo("The specs name every keyword that was met.")
    elif not dry_run:
        derive_specs.add(met, into or overlay, known)
        click.echo(f"{len(met)} keywords added to {into or overlay}")


@acsql.group()
def db() -> None:
    """Look after the private MongoDB of this archive."""


@db.command()
@click.option("--port", type=click.IntRange(1, 65535), help="By default a free one.")
@click.pass_context
def start(ctx: click.Context, port: int | None) -> None:
    """Start it and leave it running."""
    state = server.start(_private(ctx).data_dir, port)
    click.echo(f"MongoDB is at {state.uri}")


@db.command()
@click.pass_context
def stop(ctx: click.Context) -> None:
    """Stop it."""
    stopped = server.stop(_private(ctx).data_dir)
    click.echo("MongoDB has stopped." if stopped else "MongoDB was not running.")


@db.command("status")
@click.pass_context
def db_status(ctx: click.Context) -> None:
    """Say whether it runs, and where; exit with 1 if it does not."""
    state = server.status(_private(ctx).data_dir)
    if state is None:
        click.echo("MongoDB is not running.")
        ctx.exit(1)
    click.echo(f"MongoDB runs as process {state.pid} at {state.uri}")


@db.command()
@click.pass_context
def uri(ctx: click.Context) -> None:
    """Print the address of the database."""
    click.echo(_running(ctx))


@db.command()
@click.pass_context
def shell(ctx: click.Context) -> None:
    """Open mongosh on the database."""
    mongosh = shutil.which("mongosh")
    if mongosh is None:
        raise DatabaseError("mongosh is not installed: npm install --global mongosh")
    from ..store.client import locate

    address = locate(_config(ctx)).connection_string
    ctx.exit(subprocess.run([mongosh, address], check=False).returncode)


def _private(ctx: click.Context) -> Config:
    config = _config(ctx)
    if config.connection_string:
        raise ConfigError("connection_string is set: its server is not acsql's to start or stop")
    return config


def _running(ctx: click.Context) -> str:
    config = _config(ctx)
    if config.connection_string:
        return config.connection_string
    state = server.status(config.data_dir)
    if state is None:
        raise DatabaseError("the private MongoDB is not running: acsql db start")
    return state.uri
