"""Simulation of one observation: its random numbers, common keywords, pointings and pixels.

They are computed once and shared by all files of the observation.
"""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from ..keywords import HeaderKey
from . import calibration
from .anomalies import flags_of, satellite_trail, saturated_star
from .camera import Readout, Wcs, pointing, readouts, target_pixel
from .common_keywords import common
from .headers import Values
from .instrument import Instrument
from .pixels import ExposedChip, ExposureConditions, expose
from .scenes import field_of, light
from .schedule import PlannedObservation

# Streams of random numbers of an observation.
PIXELS, KEYWORDS, TELEMETRY, JITTER, TRAIL = range(5)
# Every how many observations there is a peculiarity, and the first of them.
NAN_PIXELS = (4, 0)


@dataclass(frozen=True)
class Simulation:
    """One observation, exposed and read out.

    Attributes
    ----------
    observation : PlannedObservation
        The planned observation.
    seed : int
        The seed of the sample archive.
    frame : {"small", "medium", "full"}
        The size of the images.
    instrument : Instrument
        The simulated instrument.
    """

    observation: PlannedObservation
    seed: int
    frame: str
    instrument: Instrument = field(default_factory=Instrument)

    def random(self, stream: int, *part: int) -> np.random.Generator:
        """Return the generator of one stream of random numbers, for one part of it.

        Parameters
        ----------
        stream : int
            `PIXELS`, `KEYWORDS`, `TELEMETRY`, `JITTER` or `TRAIL`.
        *part : int
            The part: a chip, the number of an exposure.

        Returns
        -------
        numpy.random.Generator
            The same for the same arguments.
        """
        return np.random.default_rng([self.seed, self.observation.number, stream, *part])

    def every(self, turn: tuple[int, int]) -> bool:
        """Return whether it is the turn of this observation.

        Parameters
        ----------
        turn : tuple of int
            Every how many observations, and the number of the first of them.

        Returns
        -------
        bool
            True in one of `turn[0]` observations.
        """
        period, phase = turn
        return self.observation.number % period == phase

    def key(self, filetype: str, extension: int) -> HeaderKey:
        """Return the key of a header in the keyword specs.

        Parameters
        ----------
        filetype : str
            The filetype of the file.
        extension : int
            The number of the extension.

        Returns
        -------
        HeaderKey
            With the detector of the observation.
        """
        return HeaderKey(self.observation.detector, filetype, extension)

    @cached_property
    def common(self) -> Values:
        """The keywords that all files of the observation share."""
        return common(self.observation, self.random(KEYWORDS), self.instrument)

    @cached_property
    def readouts(self) -> list[Readout]:
        """The chips that are read out, in the order of EXTVER."""
        return readouts(self.observation.visit.aperture, self.frame)

    @cached_property
    def pointings(self) -> list[Wcs]:
        """The WCS of each calibrated chip."""
        o = self.observation
        return [
            pointing(readout, o.target.ra, o.target.dec, o.pa_v3, o.offset)
            for readout in self.readouts
        ]

    @cached_property
    def chips(self) -> list[ExposedChip]:
        """The pixels of each chip."""
        return [
            expose(
                self.light_on(readout, wcs),
                readout,
                self.conditions,
                self.observation.filters,
                self.random(PIXELS, readout.chip),
            )
            for readout, wcs in zip(self.readouts, self.pointings, strict=True)
        ]

    def light_on(self, readout: Readout, wcs: Wcs) -> np.ndarray | None:
        """Return the light that falls on a chip.

        Parameters
        ----------
        readout : Readout
            The chip.
        wcs : Wcs
            Its pointing.

        Returns
        -------
        array or None
            Electrons per second in the calibrated pixels; None with the shutter closed.
        """
        o = self.observation
        if o.internal:
            return None
        scenery = field_of(o.target.name, o.visit.scene, readout)
        target = target_pixel(readout, o.offset)
        sky = self.instrument.sky_at(calibration.element(o), self.common["SUNANGLE"])
        seen = light(scenery, readout, wcs, target, calibration.throughput(o), sky)
        if "satellite_trail" in o.visit.flags:
            seen += satellite_trail(readout.shape, self.random(TRAIL, readout.chip))
        if "saturated_bleed" in o.visit.flags and readout is self.readouts[0]:
            ghost = "figure_eight_ghost" in o.visit.flags
            seen += saturated_star(readout.shape, ghost) / np.float32(o.exptime)
        return seen

    @property
    def conditions(self) -> ExposureConditions:
        """The exposure conditions of the chips."""
        o = self.observation
        return ExposureConditions(
            o.exptime,
            o.visit.imagetyp,
            calibration.gain(o),
            calibration.age(o),
            round(self.instrument.flash_rate * calibration.flash(o), 3),
            combined=len(o.exposures),
            cosmic_rays=not o.members,
            lost_data="truncated_image" in flags_of(o),
            blank="blank_image" in o.visit.flags,
            nan_pixels=self.every(NAN_PIXELS),
            hours_on=o.hours_on,
            instrument=self.instrument,
        )
