"""Properties of the instrument of a sample archive: the quantities that monitors measure.

The defaults are those of the sample archive; a test of a monitor sets others, and compares what the
monitor measures with what was injected.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from .scenes import fixed_random

# Days between two anneals, as in flight (ACS Data Handbook, section 4.3).
ANNEAL_DAYS = 30.0
# By what the jitter is larger without guide stars.
UNGUIDED = 12.0
_YEAR = 365.25


@dataclass(frozen=True)
class Instrument:
    """The quantities that monitors measure, and how they change in orbit.

    Ages are in years since the installation of ACS, 2002-03-07; pixels are those of the images.

    Attributes
    ----------
    bias_levels : mapping
        Bias level at installation by amplifier, DN; of others from 2400 to 2460.
    bias_drift : mapping
        Change of the bias level by amplifier, DN per year.
    bias_scatter : float
        Standard deviation of the bias level from exposure to exposure, DN.
    read_noise : mapping
        By amplifier, electrons; of others that of the detector.
    dark_current, dark_growth : float
        Of the CCDs at installation, electrons per second and pixel, and its growth per year.
    dark_daily : float
        Its growth per day since the last anneal, which removes this part.
    hot_pixels, hot_growth : float
        Fraction of pixels that are hot or warm at installation, and its growth per year.
    hot_daily : float
        Its growth per day since the last anneal, which heals these.
    sbc_dark_current : float
        Of SBC outside the glow in its middle, counts per second and pixel, when it is switched on.
    sbc_dark_heating : float
        Part by which that grows with each degree.
    sbc_temperature, sbc_heating : float
        Temperature of SBC when it is switched on at the beginning of a visit, degrees Celsius, and
        its growth per hour.
    flash_rate : float
        Mean charge of the post-flash, electrons per second.
    lamp_level, lamp_fading : float
        Mean charge of a flat field at installation, electrons, and the part lost per year.
    sky : mapping
        Background by filter far from the Sun, electrons per second and pixel; of others that of
        the scene.
    sky_near_sun : float
        Part by which the background is larger at the Sun, proportional to the cosine of the angle.
    jitter : float
        Mean of V2_RMS and V3_RMS, milliarcseconds; 12 times as much without guide stars.
    guide_star_failures : float
        Fraction of the external exposures without guide stars.
    charge_loss, charge_loss_growth : float
        Part of a charge that is left behind on the way over a whole chip, and its growth per year.
    """

    bias_levels: Mapping[str, float] = field(default_factory=dict)
    bias_drift: Mapping[str, float] = field(default_factory=dict)
    bias_scatter: float = 4.0
    read_noise: Mapping[str, float] = field(default_factory=dict)
    dark_current: float = 0.0035
    dark_growth: float = 0.0012
    dark_daily: float = 0.0
    hot_pixels: float = 0.002
    hot_growth: float = 0.0012
    hot_daily: float = 0.0
    sbc_dark_current: float = 6e-6
    sbc_dark_heating: float = 0.0
    sbc_temperature: float = 25.0
    sbc_heating: float = 1.5
    flash_rate: float = 12.0
    lamp_level: float = 21000.0
    lamp_fading: float = 0.0
    sky: Mapping[str, float] = field(default_factory=dict)
    sky_near_sun: float = 0.0
    jitter: float = 4.0
    guide_star_failures: float = 0.0
    charge_loss: float = 0.004
    charge_loss_growth: float = 0.006

    def bias_at(self, amplifier: str, age: float, otherwise: float) -> float:
        """Return the mean bias level of an amplifier in DN.

        Parameters
        ----------
        amplifier : str
            A, B, C or D.
        age : float
            Years in orbit.
        otherwise : float
            The level of an amplifier that has none in the mapping, DN.
        """
        level = self.bias_levels.get(amplifier, otherwise)
        return level + self.bias_drift.get(amplifier, 0.0) * age

    def dark_at(self, age: float) -> float:
        """Return the dark current of the CCDs in electrons per second and pixel."""
        grown = self.dark_current + self.dark_growth * age
        return grown + self.dark_daily * days_since_anneal(age)

    def hot_at(self, age: float) -> float:
        """Return the fraction of the pixels of the CCDs that are hot or warm."""
        grown = self.hot_pixels + self.hot_growth * age
        return grown + self.hot_daily * days_since_anneal(age)

    def sbc_temperature_at(self, hours: float) -> float:
        """Return the temperature of SBC in degrees Celsius.

        Parameters
        ----------
        hours : float
            Hours since it was switched on.
        """
        return self.sbc_temperature + self.sbc_heating * hours

    def sbc_dark_at(self, hours: float) -> float:
        """Return the dark current of SBC in counts per second and pixel.

        Parameters
        ----------
        hours : float
            Hours since it was switched on.
        """
        return self.sbc_dark_current * (1 + self.sbc_dark_heating * self.sbc_heating * hours)

    def lamp_at(self, age: float) -> float:
        """Return the mean charge of a flat field in electrons."""
        return self.lamp_level * math.pow(1 - self.lamp_fading, age)

    def sky_at(self, filter_: str, sun_angle: float) -> float | None:
        """Return the background of a filter in electrons per second and pixel, None if not set.

        Parameters
        ----------
        filter_ : str
            The filter.
        sun_angle : float
            Angle between the target and the Sun, degrees.
        """
        if filter_ not in self.sky:
            return None
        nearness = max(0.0, math.cos(math.radians(sun_angle)))
        return self.sky[filter_] * (1 + self.sky_near_sun * nearness)

    def charge_loss_at(self, age: float) -> float:
        """Return the part of a charge that is left behind on the way over a whole chip."""
        return self.charge_loss + self.charge_loss_growth * age

    def is_guided(self, ipppssoot: str) -> bool:
        """Return whether the guide stars of an external exposure were found.

        Parameters
        ----------
        ipppssoot : str
            Its name.
        """
        return bool(fixed_random("guide", ipppssoot).random() >= self.guide_star_failures)


def days_since_anneal(age: float) -> float:
    """Return the days since the last anneal.

    Parameters
    ----------
    age : float
        Years in orbit; the first anneal was at the installation.
    """
    return (age * _YEAR) % ANNEAL_DAYS
