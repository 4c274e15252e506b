"""The command `query`: one subcommand for each named query, with its parameters as arguments."""

import inspect
from collections.abc import Callable
from typing import Any

import click

from .. import named_queries
from . import completion
from .context import open_archive
from .options import mongosh_option, rows_format_option, time_limit_option
from .output import print_rows

_COMPLETIONS = {
    "dataset": completion.rootnames,
    "detector": completion.values_of("detector"),
    "keyword": completion.keywords,
    "rootname": completion.rootnames,
    "targname": completion.values_of("targname"),
}


@click.group(invoke_without_command=True)
@click.pass_context
def query(ctx: click.Context) -> None:
    """Run a named query, or list them all.

    \b
    Examples:
      acsql query filter_distribution WFC
      acsql query filenames_in_date_range 2002-06 2004-12-31 --format csv
    """
    if not ctx.invoked_subcommand:
        click.echo(ctx.get_help())


def _command(name: str, function: Callable[..., Any]) -> click.Command:
    """Return the command of a named query; its arguments are those of the function."""

    @rows_format_option
    @time_limit_option
    @mongosh_option
    @click.pass_context
    def run(
        ctx: click.Context,
        /,
        format_: str,
        time_limit: float | None,
        mongosh: bool,
        **arguments: Any,
    ) -> None:
        with open_archive(ctx, time_limit) as archive:
            result = named_query.query(archive, **arguments)
            if mongosh:
                click.echo(result.mongosh())
                return
            print_rows(result.rows(), result.selected_columns, format_, result.explain)

    summary, *_ = inspect.getdoc(function).partition("\n")
    command = click.command(name, help=summary, short_help=summary)(run)
    _, *parameters = inspect.signature(function).parameters.values()
    for parameter in parameters:
        argument = click.Argument(
            [parameter.name],
            required=parameter.default is parameter.empty,
            shell_complete=_COMPLETIONS.get(parameter.name),
        )
        command.params.append(argument)
    return command


for _name, _function in named_queries.QUERIES.items():
    query.add_command(_command(_name, _function))
