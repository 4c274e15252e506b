"""Options and arguments that several commands share."""

from collections.abc import Callable
from typing import Any

import click

from . import completion
from .context import TIME_LIMIT_S, invocation
from .output import FormatType

conditions_argument = click.argument(
    "conditions", nargs=-1, metavar="[CONDITION]...", shell_complete=completion.conditions
)
rootname_argument = click.argument("rootname", shell_complete=completion.rootnames)

rootnames_option = click.option(
    "--rootnames",
    type=click.File(),
    metavar="FILE",
    help="Only the observations that this file lists, separated by blanks, commas or lines; "
    "- for standard input.",
)

columns_option = click.option(
    "--columns",
    metavar="KEYWORDS",
    shell_complete=completion.keyword_list,
    help="Keywords to print, separated by commas.",
)
sort_option = click.option(
    "--sort",
    metavar="KEYWORDS",
    shell_complete=completion.keyword_list,
    help="Keywords to sort by, separated by commas; - before one sorts in descending order.",
)


def split_keywords(text: str | None) -> list[str]:
    """Return the keywords of such an option."""
    return text.split(",") if text else []


# For a single record or report.
text_format_option = click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="Format of the output.",
)
mongosh_option = click.option(
    "--mongosh", is_flag=True, help="Print the equivalent line for the Mongo shell and exit."
)
time_limit_option = click.option(
    "--time-limit",
    type=click.FloatRange(0),
    default=TIME_LIMIT_S,
    show_default=True,
    callback=lambda _ctx, _parameter, seconds: seconds or None,
    metavar="SECONDS",
    help="Seconds that the database may spend on a query; 0 means no limit.",
)
workers_option = click.option(
    "--workers", type=click.IntRange(1), help="Number of workers.  [default: the setting ncores]"
)
scheduler_option = click.option(
    "--scheduler",
    default="processes",
    show_default=True,
    help="processes, threads, synchronous, or the address of a dask.distributed cluster.",
)


def rows_format_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of commands that print rows: ``--format`` and ``--spreadsheet``."""

    def remember(ctx: click.Context, _parameter: click.Parameter, wanted: bool) -> None:
        """Set the state of the invocation."""
        if wanted and not ctx.resilient_parsing:
            invocation(ctx).for_spreadsheet = True

    format_ = click.option(
        "--format",
        "format_",
        type=FormatType(),
        default="table",
        show_default=True,
        help="Format of the output.",
    )
    spreadsheet = click.option(
        "--spreadsheet",
        is_flag=True,
        expose_value=False,
        callback=remember,
        help="Put a quote before texts that a spreadsheet would run as formulas.",
    )
    return format_(spreadsheet(command))


def _add_to_verbosity(sign: int) -> Callable[[click.Context, click.Parameter, int], None]:
    def callback(ctx: click.Context, _parameter: click.Parameter, count: int) -> None:
        if count and not ctx.resilient_parsing:
            invocation(ctx).verbosity += sign * count

    return callback


def verbosity_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``-v`` and ``-q``, which the group takes as well as each command that shows progress."""
    verbose = click.option(
        "-v",
        "--verbose",
        count=True,
        expose_value=False,
        callback=_add_to_verbosity(1),
        help="Show log lines on stderr; -vv shows those of debugging as well.",
    )
    quiet = click.option(
        "-q",
        "--quiet",
        count=True,
        expose_value=False,
        callback=_add_to_verbosity(-1),
        help="Show neither progress bars nor warnings.",
    )
    return verbose(quiet(command))
