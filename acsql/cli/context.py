"""The state of one invocation: configuration file, verbosity, and the archive they open.

The archive is imported when it is opened: `acsql.archive` loads astropy and the database driver,
which help and completion do not need.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from ..archive import Archive
    from ..config import Config

# Seconds that the database may spend on a query, as `acsql.archive.TIME_LIMIT`.
TIME_LIMIT_S = 60.0


@dataclass
class Invocation:
    """The global options of a command line.

    Attributes
    ----------
    config_path : Path, optional
        The file given with ``--config``.
    verbosity : int
        1 or more shows log lines, -1 hides progress bars, 0 is the default.
    for_spreadsheet : bool
        Whether printed rows are opened by a spreadsheet.
    """

    config_path: Path | None = None
    verbosity: int = 0
    for_spreadsheet: bool = False


def invocation(ctx: click.Context) -> Invocation:
    """Return the state of the invocation to which a context belongs."""
    return ctx.ensure_object(Invocation)


def load_config(ctx: click.Context) -> Config:
    """Return the configuration of the archive."""
    from ..config import load

    return load(invocation(ctx).config_path)


def open_archive(ctx: click.Context, time_limit: float | None = TIME_LIMIT_S) -> Archive:
    """Open the archive.

    Parameters
    ----------
    time_limit : float, optional
        Seconds that the database may spend on a query; None means no limit.
    """
    from ..archive import connect

    return connect(load_config(ctx), time_limit)
