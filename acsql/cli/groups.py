"""Click groups that import a command when it is used and list their commands by task."""

import importlib
from collections import UserDict
from collections.abc import Mapping
from typing import Any, NamedTuple

import click
from click.shell_completion import CompletionItem

from ..errors import ArchiveError
from .exit_status import ExitStatus
from .start import exit_at_once_on_interrupt


class LazyCommand(NamedTuple):
    """Where a command is, as ``module:attribute`` of `acsql.cli`, and what it does."""

    target: str
    summary: str


class LazyCommands(UserDict[str, click.Command]):
    """The commands of a group by name, each imported when it is looked up."""

    def __init__(self, lazy: Mapping[str, LazyCommand]) -> None:
        super().__init__()
        self._lazy = lazy
        self.data = dict.fromkeys(lazy)  # type: ignore[arg-type]  # None: not imported yet

    def __getitem__(self, name: str) -> click.Command:
        if self.data[name] is None:
            module, _, attribute = self._lazy[name].target.partition(":")
            with exit_at_once_on_interrupt():
                loaded = importlib.import_module(f"{__package__}.{module}")
            self.data[name] = getattr(loaded, attribute)
        return self.data[name]


class ArchiveGroup(click.Group):
    """A group whose commands report an `ArchiveError` in one line instead of a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command."""
        try:
            return super().invoke(ctx)
        except ArchiveError as error:
            failure = click.ClickException(str(error))
            failure.exit_code = ExitStatus.ERROR
            raise failure from error


class LazyGroup(ArchiveGroup):
    """A group of lazily imported commands.

    Parameters
    ----------
    sections : mapping
        The commands by name, by the title under which the help lists them.
    """

    def __init__(
        self, *args: Any, sections: Mapping[str, Mapping[str, LazyCommand]], **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self.sections = sections
        self.commands = LazyCommands(
            {name: lazy for section in sections.values() for name, lazy in section.items()}
        )

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands in the order of the sections."""
        return list(self.commands)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Return the commands and options that complete a word, without importing commands."""
        commands = [
            CompletionItem(name, help=lazy.summary)
            for section in self.sections.values()
            for name, lazy in section.items()
            if name.startswith(incomplete)
        ]
        return commands + click.Command.shell_complete(self, ctx, incomplete)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands by section, without importing them."""
        width = max(map(len, self.commands))
        for title, section in self.sections.items():
            with formatter.section(title):
                rows = [(name.ljust(width), lazy.summary) for name, lazy in section.items()]
                formatter.write_dl(rows)
