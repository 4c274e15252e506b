"""What is put into the sample archive of the tests of monitors, and at what age."""

from acsql.sample import MONITORING, Instrument

# Six of each kind of visit.
OBSERVATIONS = 6 * sum(visit.directories for visit in MONITORING)
TRUTH = Instrument(
    bias_levels={"A": 2300.0, "B": 2350.0, "C": 2400.0, "D": 2450.0},
    bias_drift={"A": 5.0, "D": -3.0},
    bias_scatter=0.0,
    read_noise={"A": 4.0, "B": 5.0, "C": 6.0, "D": 7.0},
    dark_current=0.01,
    dark_growth=0.003,
    dark_daily=0.0005,
    hot_pixels=0.01,
    hot_growth=0.001,
    hot_daily=0.0005,
    sbc_dark_current=3e-4,
    sbc_dark_heating=0.5,
    sbc_temperature=24.0,
    sbc_heating=3.0,
    flash_rate=20.0,
    lamp_level=15000.0,
    lamp_fading=0.02,
    sky={"F606W": 0.4, "F814W": 0.3, "F435W": 0.2},
    sky_near_sun=0.5,
    jitter=6.0,
    guide_star_failures=0.3,
    charge_loss=0.02,
    charge_loss_growth=0.01,
)


def age(expstart: float) -> float:
    """Return the years from the installation of ACS, 2002-03-07, to a Modified Julian Date."""
    return (expstart - 52340.0) / 365.25
