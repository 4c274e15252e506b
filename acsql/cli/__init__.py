"""The command line: `main` is the entry point, `acsql` the group of all commands.

Commands parse, call the library and print.  Each is imported when it is used, so that
``acsql --help`` and shell completion start quickly.
"""

from .start import main

__all__ = ["acsql", "main"]


def __getattr__(name: str) -> object:
    if name == "acsql":
        from .root import acsql

        return acsql
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
