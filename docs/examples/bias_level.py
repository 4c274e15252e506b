"""Follow the bias level of each amplifier of WFC: ``python bias_level.py FOLDER``, every night.

The folder keeps what was measured (``bias_level.csv``), which observations that was
(``bias_level.mark``), and the plot (``bias_level.png``).
"""

import csv
import sys
from pathlib import Path

import numpy as np
from astropy.time import Time
from matplotlib.figure import Figure

import acsql

# Whole frames: of a subarray, the overscan is on one side at most.
WANTED = "detector=WFC subarray=false exists(raw.1.ltv1)"
COLUMNS = ("rootname", "expstart", "amplifier", "level")


def bias_levels(observation: acsql.Observation) -> dict[str, float]:
    """Return the bias level at each amplifier in counts: the median of its overscan columns."""
    levels = {}
    with observation.open("raw") as hdus:
        chips = {hdu.header["CCDCHIP"]: hdu for hdu in hdus if hdu.name == "SCI"}
        for amplifier in observation["ccdamp"]:
            chip = chips[1 if amplifier in "AB" else 2]
            # So many columns before the first that is exposed, and as many behind the last.
            overscan = int(chip.header["LTV1"])
            side = slice(0, overscan) if amplifier in "AC" else slice(-overscan, None)
            levels[amplifier] = float(np.median(chip.data[:, side]))
    return levels


def measure(archive: acsql.Archive, folder: Path) -> int:
    """Append the levels of what is new or changed to the table; return of how many that was."""
    table = folder / "bias_level.csv"
    handled = 0
    for observation in archive.watch(folder / "bias_level.mark", WANTED, patience=0):
        rows = [
            (observation.rootname, observation["expstart"], amplifier, level)
            for amplifier, level in bias_levels(observation).items()
        ]
        # Opened for each, so that its rows are on disk before it counts as handled.
        with table.open("a", newline="") as file:
            csv.writer(file).writerows(rows)
        handled += 1
    return handled


def measured(folder: Path) -> dict[tuple[str, str], dict[str, str]]:
    """Return what was measured, by rootname and amplifier; of several the last counts."""
    with (folder / "bias_level.csv").open(newline="") as file:
        rows = csv.DictReader(file, COLUMNS)
        return {(row["rootname"], row["amplifier"]): row for row in rows}


def plot(folder: Path) -> None:
    """Draw the level of each amplifier against time."""
    rows = measured(folder).values()
    figure = Figure(figsize=(8, 5), layout="constrained")
    axes = figure.subplots()
    for amplifier in sorted({row["amplifier"] for row in rows}):
        of_one = [row for row in rows if row["amplifier"] == amplifier]
        times = Time([float(row["expstart"]) for row in of_one], format="mjd").decimalyear
        axes.plot(times, [float(row["level"]) for row in of_one], ".", label=amplifier)
    axes.set(xlabel="Year", ylabel="Bias level (counts)", title="ACS/WFC")
    axes.legend(title="Amplifier")
    figure.savefig(folder / "bias_level.png")


def main() -> None:
    """Measure what is new, and draw everything."""
    folder = Path(sys.argv[1])
    with acsql.connect() as archive:
        handled = measure(archive, folder)
    print(f"{handled} observations new or changed")
    if handled:
        plot(folder)


if __name__ == "__main__":
    main()
