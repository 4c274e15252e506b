"""What is put into a sample archive can be measured in its images and headers."""

from dataclasses import replace

import numpy as np
import pytest

from acsql.keywords import KeywordSpecs
from acsql.sample import calibration
from acsql.sample.instrument import ANNEAL_DAYS, Instrument, days_since_anneal
from acsql.sample.proposals import MONITORING
from acsql.sample.schedule import PlannedObservation, plan
from acsql.sample.simulation import Simulation

TRUTH = Instrument(
    bias_levels={"A": 2300.0, "B": 2350.0, "C": 2400.0, "D": 2450.0},
    bias_drift={"A": 5.0, "D": -3.0},
    bias_scatter=0.0,
    read_noise={"A": 8.0, "B": 12.0, "C": 16.0, "D": 20.0},
    dark_current=0.05,
    dark_growth=0.02,
    dark_daily=0.01,
    hot_pixels=0.0,
    hot_growth=0.0,
    flash_rate=20.0,
    lamp_level=15000.0,
    lamp_fading=0.02,
    sky={"F606W": 0.4, "F814W": 0.4, "F435W": 0.4},
    jitter=6.0,
    guide_star_failures=0.5,
    charge_loss=0.02,
    charge_loss_growth=0.01,
)


@pytest.fixture(scope="module")
def planned(specs: KeywordSpecs) -> list[PlannedObservation]:
    """Four years of the visits that monitors measure."""
    return plan(4 * sum(visit.directories for visit in MONITORING), 1, specs, MONITORING)


def simulations(
    planned: list[PlannedObservation], imagetyp: str, detector: str = "WFC"
) -> list[Simulation]:
    """Return the exposures of a kind, but for those of which data were lost."""
    found = [
        Simulation(o, 1, "small", TRUTH)
        for o in planned
        if (o.visit.imagetyp, o.detector) == (imagetyp, detector)
    ]
    return [each for each in found if not each.conditions.lost_data]


def overscan(simulation: Simulation, chip: int) -> dict[str, np.ndarray]:
    """Return the physical overscan of both amplifiers of a chip, DN."""
    readout, raw = simulation.readouts[chip], simulation.chips[chip].raw
    left, right, bottom, _ = readout.overscan
    rows = raw[bottom : bottom + readout.rows].astype(float)
    return dict(zip(readout.amplifiers, (rows[:, :left], rows[:, -right:]), strict=True))


def test_bias_level_and_read_noise_are_those_of_the_amplifier(
    planned: list[PlannedObservation],
) -> None:
    for simulation in simulations(planned, "BIAS"):
        gain, age = simulation.conditions.gain, simulation.conditions.age
        for chip in (0, 1):
            for amplifier, pixels in overscan(simulation, chip).items():
                noise = TRUTH.read_noise[amplifier] / gain
                error = noise / np.sqrt(pixels.size)
                assert pixels.mean() == pytest.approx(
                    TRUTH.bias_levels[amplifier] + TRUTH.bias_drift.get(amplifier, 0) * age,
                    abs=5 * error,
                )
                assert pixels.std() == pytest.approx(noise, abs=5 * error)


def test_dark_current_grows_between_anneals(planned: list[PlannedObservation]) -> None:
    exposures = [s for s in simulations(planned, "DARK") if not s.observation.visit.flash]
    for simulation in exposures:
        age = simulation.conditions.age
        expected = 0.05 + 0.02 * age + 0.01 * days_since_anneal(age)
        # CALACS has subtracted the mean dark current.
        assert simulation.chips[0].dark / 1000 == pytest.approx(expected)
        readout, raw = simulation.readouts[0], simulation.chips[0].raw.astype(float)
        # Medians, because the data of some rows are lost.
        halves = np.array_split(raw[: readout.rows, 2:-2], 2, axis=1)
        levels = [np.median(pixels) for pixels in overscan(simulation, 0).values()]
        counts = np.mean([np.median(h) - v for h, v in zip(halves, levels, strict=True)])
        rate = counts * simulation.conditions.gain / 1000
        assert rate == pytest.approx(expected, rel=0.05, abs=0.01)


def test_the_dark_current_falls_at_an_anneal() -> None:
    before, after = ((ANNEAL_DAYS + days) / 365.25 for days in (-0.01, 0.01))
    assert TRUTH.dark_at(before) - TRUTH.dark_at(after) == pytest.approx(0.3, rel=0.01)
    hot = replace(TRUTH, hot_daily=1e-3)
    assert hot.hot_at(before) - hot.hot_at(after) == pytest.approx(0.03, rel=0.01)


def test_post_flash_is_proportional_to_its_duration(planned: list[PlannedObservation]) -> None:
    for simulation in simulations(planned, "DARK"):
        assert simulation.conditions.flash == 20 * calibration.flash(simulation.observation)


def test_the_lamp_fades(planned: list[PlannedObservation]) -> None:
    for simulation in simulations(planned, "FLAT"):
        expected = 15000 * 0.98**simulation.conditions.age
        means = [np.nanmedian(chip.sci) for chip in simulation.chips]
        assert np.mean(means) == pytest.approx(expected, rel=0.05)


def test_the_sky_is_that_of_the_filter_and_larger_near_the_sun(
    planned: list[PlannedObservation],
) -> None:
    simulation = simulations(planned, "EXT")[0]
    sky = np.nanpercentile(simulation.chips[0].sci, 40) / simulation.observation.exptime
    assert sky == pytest.approx(0.4, rel=0.15)
    near = replace(TRUTH, sky_near_sun=0.5)
    assert near.sky_at("F606W", 60) == pytest.approx(0.5)
    assert near.sky_at("F606W", 120) == pytest.approx(0.4)
    assert near.sky_at("F502N", 60) is None


def test_some_exposures_have_no_guide_stars_and_more_jitter(
    planned: list[PlannedObservation],
) -> None:
    states = {}
    for simulation in simulations(planned, "EXT"):
        common = simulation.common
        states[common["GUIDEACT"]] = np.mean([common["V2_RMS"], common["V3_RMS"]])
        assert common["GUIDECMD"] == "FINE LOCK"
    assert states.keys() == {"FINE LOCK", "GYRO"}
    assert 3 <= states["FINE LOCK"] <= 9
    assert states["GYRO"] > 30


def test_charge_that_is_left_behind_is_read_in_the_virtual_overscan(
    planned: list[PlannedObservation],
) -> None:
    for simulation in simulations(planned, "FLAT"):
        chip, readout = simulation.chips[0], simulation.readouts[0]
        left, right, _, top = readout.overscan
        assert top > 0
        first = chip.raw[readout.rows, left:-right].astype(float) - chip.bias
        late = first.mean() * simulation.conditions.gain
        # A flat field has more than the 4000 electrons of which a part is left behind.
        expected = 4000 * (0.02 + 0.01 * simulation.conditions.age)
        assert late == pytest.approx(expected, rel=0.1)


def test_the_defaults_leave_no_trace_of_a_monitor() -> None:
    instrument = Instrument()
    assert instrument.bias_at("A", 3.0, 2440.0) == 2440.0
    assert instrument.sky_at("F606W", 90.0) is None
    assert instrument.is_guided("j8bt05njq")
