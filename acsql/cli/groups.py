"""Click groups that import a command when it is used and list their commands by task."""

import importlib
from collections import UserDict
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import click
from click.shell_completion import CompletionItem

from ..errors import ArchiveError
from .exit_status import ExitStatus
from .process import importing


class LazyCommand(NamedTuple):
    """The location of a command, as ``module:attribute`` of `acsql.cli`, and its summary."""

    target: str
    summary: str


class LazyCommands(UserDict[str, click.Command]):
    """The commands of a group by name, each imported when it is looked up."""

    def __init__(self, lazy: Mapping[str, LazyCommand]) -> None:
        super().__init__()
        self._lazy = lazy

    def __missing__(self, name: str) -> click.Command:
        module, _, attribute = self._lazy[name].target.partition(":")
        with importing():
            command = getattr(importlib.import_module(f"{__package__}.{module}"), attribute)
        self.data[name] = command
        return command  # type: ignore[no-any-return]  # what the table names is a command

    def __contains__(self, name: object) -> bool:
        return name in self._lazy

    def __iter__(self) -> Iterator[str]:
        return iter(self._lazy)

    def __len__(self) -> int:
        return len(self._lazy)


class ArchiveFailure(click.ClickException):
    """An `ArchiveError` as click shows it: one line on stderr, and its own exit status."""

    exit_code = ExitStatus.ERROR


class ArchiveGroup(click.Group):
    """A group whose commands report errors of acsql in one line instead of a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command."""
        try:
            return super().invoke(ctx)
        except ArchiveError as error:
            raise ArchiveFailure(str(error)) from error
        except BrokenPipeError as error:
            # click would exit with 1, which means failures.
            raise click.exceptions.Exit(ExitStatus.PIPE_CLOSED) from error


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

    def list_commands(self, _ctx: click.Context) -> list[str]:
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

    def format_commands(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands by section, without importing them."""
        width = max(map(len, self.commands))
        for title, section in self.sections.items():
            with formatter.section(title):
                rows = [(name.ljust(width), lazy.summary) for name, lazy in section.items()]
                formatter.write_dl(rows)
