"""Options that several commands share."""

import click
import pytest
from click.testing import CliRunner

from acsql.cli.context import TIME_LIMIT_S, invocation
from acsql.cli.options import time_limit_option, verbosity_options


@click.command()
@time_limit_option
@verbosity_options
@click.pass_context
def show(ctx: click.Context, time_limit: float | None) -> None:
    """Print the options."""
    click.echo(f"{time_limit} {invocation(ctx).verbosity}")


@pytest.mark.parametrize(
    ("arguments", "printed"),
    [
        ([], f"{TIME_LIMIT_S} 0"),
        (["--time-limit", "2.5"], "2.5 0"),
        (["--time-limit", "0"], "None 0"),
        (["-v"], f"{TIME_LIMIT_S} 1"),
        (["-vv"], f"{TIME_LIMIT_S} 2"),
        (["-q"], f"{TIME_LIMIT_S} -1"),
        (["-v", "-q"], f"{TIME_LIMIT_S} 0"),
    ],
)
def test_a_command_gets_the_values_of_its_options(arguments: list[str], printed: str) -> None:
    result = CliRunner().invoke(show, arguments)
    assert result.stdout == f"{printed}\n"


def test_a_negative_time_limit_is_a_usage_error() -> None:
    result = CliRunner().invoke(show, ["--time-limit", "-1"])
    assert result.exit_code == 2
    assert "--time-limit" in result.stderr
