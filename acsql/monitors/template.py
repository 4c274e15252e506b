"""The monitor that ``acsql monitor new`` writes, with its test."""

from pathlib import Path
from string import Template

from ..errors import MonitorError
from .discovery import Found
from .monitor import Monitor, column

_MONITOR = Template('''"""$title: the quantity that this monitor measures, and its purpose."""

import numpy as np

from acsql.monitors import Limit, Monitor, Silence, column


def measure(observation):
    """Measure the median level of each image of a raw file.

    The page of the monitor shows this text: describe the quantity, the method and the source.  The
    function is called once for each observation, and again when one of its files changes.  It
    returns rows; an error that it raises is stored as the failure of the observation.
    """
    # Keywords: observation["exptime"], observation.stored_header("raw", 1)["ccdchip"].
    # Pixels: observation.data("raw", "SCI", 1).  Tables: observation.table("jit", 1).
    # Statistics from the ingest: observation.image_statistics["raw"]["1"]["all"]["mean"].
    for extension, header in observation.headers["raw"].items():
        if header.get("extname") == "SCI":
            pixels = observation.data("raw", "SCI", header["extver"])
            yield {
                "chip": header.get("ccdchip"),
                "level": np.median(pixels),
                "exptime": observation["exptime"],
            }


MONITOR = Monitor(
    name="$name",
    title="$title",
    measure=measure,
    # Increase it when you change `measure`: all observations are then measured again.
    version=1,
    # A condition on the observations, as in `acsql find`.
    condition="detector=WFC exists(raw.1.ccdchip)",
    # An observation is measured again when one of these files changes.
    filetypes=("raw",),
    columns=(
        column("chip", "int", "CCD chip"),
        column("level", "float", "median of all pixels", "adu"),
        column("exptime", "float", "exposure time", "s"),
    ),
    # The column that divides the rows into series, each with its colour and its alerts.
    by="chip",
    plotted=("level",),
    # Warn when the latest level is out of limits, or when nothing is measured for half a year
    # during which the archive has other observations.
    alerts=(Limit("level", low=0, high=60000), Silence(days=180)),
)
''')
_TEST = Template('''"""The monitor $name, on an observation of the archive."""

import acsql
from acsql.monitors.discovery import find_monitors


def test_each_row_has_a_level():
    with acsql.connect() as archive:
        monitor = find_monitors(archive.config).named("$name")
        wanted = archive.where(monitor.condition).columns("rootname").limit(1)
        rootnames = [row["rootname"] for row in wanted.rows()]
        assert rootnames, "no observation of the archive meets the condition"
        rows = monitor.rows(archive.observation(rootnames[0]))
    assert rows
    assert all(row["level"] >= 0 for row in rows)
''')


def write_new(name: str, folder: Path, found: Found) -> tuple[Path, Path]:
    """Write a commented monitor and its test.

    Parameters
    ----------
    name : str
        The name of the monitor.
    folder : Path
        The folder of the monitors, made if it does not exist.
    found : Found
        The monitors that exist.

    Returns
    -------
    tuple of Path
        The module and its test.

    Raises
    ------
    MonitorError
        If the name is not allowed, or there is such a monitor or file.
    """
    # Refuses a name that is not allowed.
    Monitor(name, name, lambda _: (), (column("level", "float", ""),))
    if name.startswith("test_"):
        raise MonitorError(f"monitor {name!r}: modules whose names begin with test_ are tests")
    if name in found.monitors:
        raise MonitorError(f"there is a monitor {name!r} already")
    title = name.replace("_", " ").capitalize()
    files = (folder / f"{name}.py", _MONITOR), (folder / f"test_{name}.py", _TEST)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, template in files:
            with path.open("x", encoding="utf-8") as file:
                file.write(template.substitute(name=name, title=title))
    except FileExistsError as error:
        raise MonitorError(f"{error.filename} exists: remove it or choose another name") from error
    except OSError as error:
        raise MonitorError(f"cannot write a monitor into {folder}: {error.strerror}") from error
    return files[0][0], files[1][0]
