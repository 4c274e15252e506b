"""The command `acsql`: global options, and all commands by task."""

from pathlib import Path

import click

from .context import Invocation
from .exit_status import MEANINGS
from .groups import LazyCommand, LazyGroup
from .options import verbosity_options

SECTIONS = {
    "Search": {
        "find": LazyCommand("search:find", "Find observations that meet all conditions."),
        "count": LazyCommand("search:count", "Count observations that meet all conditions."),
        "values": LazyCommand("search:values", "List the values of a keyword by frequency."),
        "group": LazyCommand("grouping:group", "Print statistics of groups of observations."),
        "paths": LazyCommand("search:paths", "Print the paths of FITS files."),
        "keywords": LazyCommand("search:keywords", "Search keywords by name or description."),
        "query": LazyCommand("query:query", "Run a named query, or list them all."),
    },
    "Observations": {
        "show": LazyCommand("observation:show", "Show an observation, its files and previews."),
        "headers": LazyCommand(
            "observation:headers", "Show the header of one extension, as in the file."
        ),
        "table": LazyCommand("observation:table", "Print a table of a FITS file."),
        "differences": LazyCommand(
            "observation:differences", "List the keywords that differ between headers."
        ),
    },
    "Annotations": {
        "flag": LazyCommand("annotations:flag", "Set or clear a flag of observations."),
        "comment": LazyCommand("annotations:comment", "Comment on observations."),
        "viewed": LazyCommand("annotations:viewed", "Mark observations as looked at."),
        "annotations": LazyCommand(
            "annotations:annotation_group", "List, export, import, change and undo annotations."
        ),
        "saved": LazyCommand("saved:saved", "Save searches, and list their new results."),
    },
    "The archive as a whole": {
        "status": LazyCommand("status:status", "Show the contents and the last ingest."),
        "proposals": LazyCommand("proposals:proposals", "List all proposals, or show one."),
        "statistics": LazyCommand("statistics:statistics", "List the statistics, or print one."),
        "export": LazyCommand(
            "export:export", "Write the headers of all observations as files into DIR."
        ),
    },
    "Monitors": {
        "monitor": LazyCommand("monitor:monitor", "Run monitors, and show their results."),
    },
    "Ingest": {
        "ingest": LazyCommand("ingest:ingest", "Ingest new and changed files."),
        "runs": LazyCommand("runs:runs", "List the newest ingest runs, or show one."),
        "log": LazyCommand("runs:log", "Print the log of an ingest run."),
        "failures": LazyCommand("runs:failures", "List the files that could not be ingested."),
        "previews": LazyCommand("previews:previews", "Render previews and thumbnails again."),
        "verify": LazyCommand("verify:verify", "Compare files, database and previews."),
    },
    "Administration": {
        "serve": LazyCommand("serve:serve", "Serve the site."),
        "users": LazyCommand("users:users", "Manage accounts, roles and tokens of the site."),
        "config": LazyCommand("config:config", "Show the settings and their sources."),
        "db": LazyCommand("db:db", "Manage the private MongoDB."),
        "migrate": LazyCommand("migrate:migrate", "Apply pending database migrations."),
        "specs": LazyCommand("specs:specs", "Check, derive and update keyword specs."),
        "sample": LazyCommand("sample:sample", "Write a synthetic ACS archive."),
    },
}

_EXIT_STATUSES = "\n".join(f"  {status:<4d} {meaning}" for status, meaning in MEANINGS.items())
_EPILOG = f"""\b
Exit status of all commands:
{_EXIT_STATUSES}

\b
Example:
  acsql find detector=WFC 'exptime>=100' --format csv
"""


def _print_version(ctx: click.Context, _parameter: click.Parameter, requested: bool) -> None:
    if requested and not ctx.resilient_parsing:
        from .. import __version__

        click.echo(f"acsql, version {__version__}")
        ctx.exit()


@click.group(
    cls=LazyGroup,
    sections=SECTIONS,
    epilog=_EPILOG,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.option(
    "--config",
    "path",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Configuration file (YAML).  [default: $ACSQL_CONFIG, else the user's configuration]",
)
@verbosity_options
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help="Show the version and exit.",
)
@click.pass_context
def acsql(ctx: click.Context, path: Path | None) -> None:
    """Search and maintain the ACS Quicklook archive: headers and previews of Hubble/ACS."""
    ctx.ensure_object(Invocation).config_path = path
