"""Monitor the bias level of each amplifier of WFC: ``python bias_level.py FOLDER``, every night.

The folder keeps the measurements (``bias_level.csv``), the checkpoint of the watch
(``bias_level.checkpoint``) and the plot (``bias_level.png``).
"""

import csv
import sys
from pathlib import Path

import numpy as np
from astropy.time import Time
from matplotlib.figure import Figure

import acsql

# Full frames only: a subarray has overscan on one side at most.
CONDITION = "detector=WFC subarray=false exists(raw.1.ltv1)"
COLUMNS = ("rootname", "expstart", "amplifier", "level")


def bias_levels(observation: acsql.Observation) -> dict[str, float]:
    """Return the bias level of each amplifier, the median of its overscan columns, in counts."""
    levels = {}
    with observation.open("raw") as hdus:
        chips = {hdu.header["CCDCHIP"]: hdu for hdu in hdus if hdu.name == "SCI"}
        for amplifier in observation["ccdamp"]:
            chip = chips[1 if amplifier in "AB" else 2]
            # LTV1 is the number of overscan columns on the left; the right has as many.
            overscan = int(chip.header["LTV1"])
            side = slice(0, overscan) if amplifier in "AC" else slice(-overscan, None)
            levels[amplifier] = float(np.median(chip.data[:, side]))
    return levels


def measure(archive: acsql.Archive, folder: Path) -> int:
    """Append the levels of new and changed observations to the table; return their number."""
    table = folder / "bias_level.csv"
    number = 0
    for observation in archive.watch(folder / "bias_level.checkpoint", CONDITION, patience=0):
        rows = [
            (observation.rootname, observation["expstart"], amplifier, level)
            for amplifier, level in bias_levels(observation).items()
        ]
        # Opened for each observation, so that its rows are on disk before it counts as handled.
        with table.open("a", newline="") as file:
            csv.writer(file).writerows(rows)
        number += 1
    return number


def measurements(folder: Path) -> dict[tuple[str, str], dict[str, str]]:
    """Return the latest measurement of each rootname and amplifier."""
    with (folder / "bias_level.csv").open(newline="") as file:
        rows = csv.DictReader(file, COLUMNS)
        return {(row["rootname"], row["amplifier"]): row for row in rows}


def plot(folder: Path) -> None:
    """Plot the level of each amplifier over time."""
    rows = measurements(folder).values()
    figure = Figure(figsize=(8, 5), layout="constrained")
    axes = figure.subplots()
    for amplifier in sorted({row["amplifier"] for row in rows}):
        selected = [row for row in rows if row["amplifier"] == amplifier]
        times = Time([float(row["expstart"]) for row in selected], format="mjd").decimalyear
        axes.plot(times, [float(row["level"]) for row in selected], ".", label=amplifier)
    axes.set(xlabel="Year", ylabel="Bias level (counts)", title="ACS/WFC")
    axes.legend(title="Amplifier")
    figure.savefig(folder / "bias_level.png")


def main() -> None:
    """Measure new and changed observations, then plot all measurements."""
    folder = Path(sys.argv[1])
    with acsql.connect() as archive:
        number = measure(archive, folder)
    print(f"{number} observations new or changed")
    if number:
        plot(folder)


if __name__ == "__main__":
    main()
