"""The command `query`: one subcommand for each named query, with its parameters as arguments."""

import inspect
from typing import Any, NamedTuple

import click

from ..named_queries import QUERIES, NamedQuery
from . import completion
from .completion import Complete
from .context import open_archive
from .options import mongosh_option, rows_format_option, time_limit_option
from .output import print_rows


class Parameter(NamedTuple):
    """A parameter of named queries: a value for the example in the help, and its completion."""

    example: str
    complete: Complete | None = None


PARAMETERS = {
    "dataset": Parameter("j8bt05njq_flt.fits", completion.rootnames),
    "detector": Parameter("WFC", completion.values_of("detector")),
    "end": Parameter("2004-12-31"),
    "keyword": Parameter("BIASFILE", completion.keywords),
    "reference_file": Parameter("'jref$*'"),
    "rootname": Parameter("j8bt05njq", completion.rootnames),
    "start": Parameter("2002-06"),
    "targname": Parameter("'NGC*'", completion.values_of("targname")),
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


def _command(name: str, named_query: NamedQuery[...]) -> click.Command:
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

    summary, *_ = (inspect.getdoc(named_query) or "").partition("\n")
    _, *signature = inspect.signature(named_query.query).parameters.values()
    known = [PARAMETERS.get(p.name, Parameter(p.name.upper())) for p in signature]
    examples = [parameter.example for parameter in known]
    text = f"{summary}\n\n\b\nExample:\n  acsql query {' '.join([name, *examples])}"
    command = click.command(name, help=text, short_help=summary)(run)
    command.params += [
        click.Argument(
            [parameter.name],
            required=parameter.default is parameter.empty,
            shell_complete=completing.complete,
        )
        for parameter, completing in zip(signature, known, strict=True)
    ]
    return command


for _name, _named_query in QUERIES.items():
    query.add_command(_command(_name, _named_query))
