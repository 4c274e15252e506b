"""The command line: `main` is the entry point, `root` the group with all commands.

Commands parse, call the library and print.  Nothing here is imported before it is used, so that
``acsql --help`` and shell completion start quickly.
"""

from typing import Any

from .start import main

__all__ = ["acsql", "main"]


def __getattr__(name: str) -> Any:
    if name == "acsql":
        from .root import acsql

        return acsql
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
