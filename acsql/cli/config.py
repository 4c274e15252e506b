"""The command `config`: the settings in effect."""

from typing import Any

import click

from ..config import effective_settings
from ..query import computed_column
from .context import invocation
from .options import rows_format_option
from .output import print_rows


@click.command()
@rows_format_option
@click.pass_context
def config(ctx: click.Context, format_: str) -> None:
    """Show the settings and their sources.

    The source is a file, a variable of the environment, or the default.  Passwords in
    connection strings are hidden.

    \b
    Examples:
      acsql config
      acsql config --format json
    """
    columns = [
        computed_column("setting", "str", "name of the setting"),
        computed_column("value", "str", "value in effect"),
        computed_column("source", "str", "file, variable of the environment, or default"),
    ]
    rows = (
        {
            "setting": setting.name,
            "value": _text(setting.value),
            "source": setting.source,
        }
        for setting in effective_settings(invocation(ctx).config_path)
    )
    print_rows(rows, columns, format_)


def _text(value: Any) -> str | None:
    """Return a value as it may stand in a variable of the environment, None if nothing is set."""
    if isinstance(value, tuple):
        return ", ".join(value) or None
    return None if value is None else str(value)
