"""Discovery: the monitors of acsql, of installed packages, and of the folder of the archive.

An installed package names its monitors as entry points of the group ``acsql.monitors``; each
module of the folder ``monitors_dir`` has them as global variables.  A module that cannot be
imported is a problem that is reported, and the other monitors work.
"""

import difflib
import functools
import importlib.util
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from ..config import Config
from ..errors import MonitorError
from .monitor import Monitor

GROUP = "acsql.monitors"


class Module(NamedTuple):
    """A module of the folder in one state: its path, time in ns, and size in bytes."""

    path: Path
    time: int
    size: int


class Found(NamedTuple):
    """The monitors by name, and what could not be loaded.

    Attributes
    ----------
    monitors : dict
        Names to monitors: those of acsql first, then those of packages and of the folder.
    problems : tuple of str
        The errors of modules, with their places.
    """

    monitors: dict[str, Monitor]
    problems: tuple[str, ...]

    def named(self, name: str) -> Monitor:
        """Return a monitor.

        Parameters
        ----------
        name : str
            Its name.

        Returns
        -------
        Monitor
            The monitor.

        Raises
        ------
        MonitorError
            If there is none of this name.
        """
        if name not in self.monitors:
            raise self.error(name)
        return self.monitors[name]

    def error(self, name: str) -> MonitorError:
        """Return the error that there is no monitor of this name, with the nearest one.

        Parameters
        ----------
        name : str
            The name.
        """
        nearest = difflib.get_close_matches(name, self.monitors, n=1)
        meant = f"; did you mean {nearest[0]}?" if nearest else ""
        names = ", ".join(self.monitors) or "none"
        problems = "".join(f"; {problem}" for problem in self.problems)
        return MonitorError(
            f"there is no monitor {name!r}: the monitors are {names}{problems}{meant}"
        )


def monitors_dir(config: Config) -> Path:
    """Return the folder of the monitors of an archive."""
    return config.monitors_dir or config.data_dir / "monitors"


def find_monitors(config: Config) -> Found:
    """Return all monitors of an archive.

    Parameters
    ----------
    config : Config
        The configuration of the archive.

    Returns
    -------
    Found
        Loaded anew when a module of the folder is new or has changed.
    """
    return _found(_modules(monitors_dir(config)))


def _modules(folder: Path) -> tuple[Module, ...]:
    """Return the modules of a folder."""
    found = []
    for path in sorted(folder.glob("*.py")):
        if not path.name.startswith(("_", "test_")):
            # An editor may replace it at this moment.
            with suppress(FileNotFoundError):
                state = path.stat()
                found.append(Module(path, state.st_mtime_ns, state.st_size))
    return tuple(found)


# A site meets a few states of the folder while somebody writes a monitor.
@functools.lru_cache(maxsize=4)
def _found(modules: tuple[Module, ...]) -> Found:
    monitors: dict[str, Monitor] = {}
    problems = []
    for source, loaded in _sources(module.path for module in modules):
        if isinstance(loaded, Exception):
            problems.append(f"{source}: {type(loaded).__name__}: {loaded}")
            continue
        for monitor in loaded:
            if monitor.name in monitors:
                problems.append(f"{source}: another monitor has the name {monitor.name}")
            else:
                monitors[monitor.name] = monitor
    return Found(monitors, tuple(problems))


def _sources(modules: Iterable[Path]) -> Iterator[tuple[str, list[Monitor] | Exception]]:
    """Yield each place with its monitors, or with why it cannot be loaded."""
    from .standard import MONITORS

    yield "acsql", list(MONITORS)
    for entry in entry_points(group=GROUP):
        yield f"entry point {entry.name}", _loaded(_of_entry_point, entry)
    for path in modules:
        yield str(path), _loaded(_of_file, path)


def _loaded(load: Any, source: Any) -> list[Monitor] | Exception:
    """Return the monitors of a source, or the error of code that acsql does not know."""
    try:
        monitors: list[Monitor] = load(source)
    except Exception as error:
        return error
    except SystemExit as error:
        # A script that was put into the folder may end with it, which would end every command.
        return MonitorError(f"it exits when it is imported (status {error.code})")
    return monitors


def _of_entry_point(entry: EntryPoint) -> list[Monitor]:
    loaded = entry.load()
    return _of_module(loaded) if isinstance(loaded, ModuleType) else [_checked(loaded)]


def _checked(loaded: Any) -> Monitor:
    if not isinstance(loaded, Monitor):
        raise MonitorError(f"expected an acsql.monitors.Monitor, not {type(loaded).__name__}")
    return loaded


def _of_file(path: Path) -> list[Monitor]:
    name = f"acsql_monitor_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None  # for a path that ends in .py
    module = importlib.util.module_from_spec(spec)
    # As the import statement does: dataclasses look their module up.
    sys.modules[name] = module
    spec.loader.exec_module(module)
    monitors = _of_module(module)
    if not monitors:
        raise MonitorError("it defines no acsql.monitors.Monitor")
    return monitors


def _of_module(module: ModuleType) -> list[Monitor]:
    return [value for value in vars(module).values() if isinstance(value, Monitor)]
