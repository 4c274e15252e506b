"""Proposals, targets, filters and visits of the sample archive.

Types, filters, apertures and coordinates are real; the proposals are not: their investigators
are astronomers of the past.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class PlannedProposal:
    """A proposal: `code` is the base-36 part of its rootnames, `dates` when it was observed."""

    proposid: int
    code: str
    type: str
    title: str
    cycle: int
    last_name: str
    first_name: str
    dates: tuple[str, str]
    middle_name: str = ""


# HRC and WFC failed on 2007-01-27, WFC came back in May 2009 and HRC did not.
_row = PlannedProposal
PROPOSALS: Mapping[int, PlannedProposal] = MappingProxyType(
    {
        proposal.proposid: proposal
        for proposal in (
            _row(8990, "8a0", "SM3/ERO", "ACS early release observations: interacting galaxies",
                     10, "Herschel", "Caroline", ("2002-04-01", "2002-06-30"), "Lucretia"),
            _row(9019, "8bt", "CAL/ACS", "ACS L-flats and the geometry of a rich cluster",
                     10, "Bond", "William", ("2002-04-13", "2002-12-30")),
            _row(9433, "6mf", "CAL/ACS", "ACS CCD daily monitor: darks and biases, 2002-2003",
                     11, "Draper", "Henry", ("2002-06-01", "2003-06-30")),
            _row(9563, "8f3", "CAL/ACS", "Internal flat fields and the stability of the lamps",
                     11, "Fraunhofer", "Joseph", ("2002-09-01", "2004-06-30"), "von"),
            _row(9600, "8gk", "GTO/ACS", "Weak and strong lensing by rich clusters of galaxies",
                     11, "Zwicky", "Fritz", ("2002-07-01", "2004-06-30")),
            _row(9788, "8n2", "SNAP", "A snapshot survey of spiral galaxies in H-alpha",
                     12, "Slipher", "Vesto", ("2003-07-01", "2005-06-30"), "Melvin"),
            _row(9862, "8r7", "GTO/ACS", "Coronagraphy of the discs around nearby stars",
                     12, "Bessel", "Friedrich", ("2003-08-01", "2006-12-31"), "Wilhelm"),
            _row(10012, "8v4", "CAL/OTA", "Focus and phase retrieval with HRC",
                     12, "Foucault", "Leon", ("2003-09-01", "2006-10-31")),
            _row(10217, "9a9", "GO", "The horizontal branch of globular clusters in the far UV",
                     13, "Swope", "Henrietta", ("2004-07-01", "2017-06-30"), "Hill"),
            _row(10368, "94f", "GO", "Light echoes and late-time supernovae",
                     13, "Leavitt", "Henrietta", ("2005-01-10", "2006-12-20"), "Swan"),
            _row(10774, "9q2", "GO", "The atmosphere and the satellites of a distant planet",
                     14, "Tombaugh", "Clyde", ("2005-09-01", "2006-12-31"), "William"),
            _row(11142, "9xs", "CAL/ACS", "SBC dark current, flat fields and sensitivity",
                     15, "Lyman", "Theodore", ("2006-07-01", "2017-09-30")),
            _row(11360, "b60", "SM4/ERO", "Early release observations after SM4",
                     17, "d'Arrest", "Heinrich", ("2009-06-10", "2009-09-30")),
            _row(11563, "b8x", "GO", "The halo and the dwarf companions of a giant spiral",
                     17, "Baade", "Walter", ("2009-09-01", "2011-09-30")),
            _row(12210, "bo1", "GO/PAR", "Pure parallel imaging of random fields",
                     18, "Maury", "Antonia", ("2010-10-01", "2012-09-30")),
            _row(12781, "c2a", "CAL/ACS", "ACS CCD daily monitor: darks and biases, 2012-2017",
                     19, "Cannon", "Annie", ("2012-01-15", "2017-12-01"), "Jump"),
            _row(13057, "cbk", "GO", "Post-flashed narrow-band imaging of faint nebulae",
                     20, "Huggins", "Margaret", ("2012-10-01", "2014-09-30"), "Lindsay"),
            _row(13504, "cp0", "GO", "A legacy field: grism spectra of distant galaxies",
                     21, "Payne", "Cecilia", ("2013-10-01", "2015-09-30"), "Helena"),
            _row(13155, "ci0", "CAL/ACS", "The stability of ACS, from its installation on",
                     20, "Somerville", "Mary", ("2002-04-01", "2018-06-01"), "Fairfax"),
            _row(13967, "ct1", "GO/DD", "Rapid imaging of a transient in a nearby galaxy",
                     22, "Brahe", "Tyge", ("2014-11-01", "2015-12-31")),
            _row(14840, "dc3", "SNAP", "Subarray snapshots of gravitational lenses",
                     24, "Einstein", "Albert", ("2016-10-01", "2017-12-20")),
        )
    }
)  # fmt: skip


@dataclass(frozen=True)
class Target:
    """A target: J2000 degrees, and its description in the Phase II proposal."""

    name: str
    ra: float
    dec: float
    description: str
    moving: bool = False


TARGETS: Mapping[str, Target] = MappingProxyType(
    {
        target.name: target
        for target in (
            Target("NGC104", 6.0236250, -72.0812778, "STELLAR CLUSTER;GLOBULAR CLUSTER"),
            Target("NGC5139", 201.6970000, -47.4794722, "STELLAR CLUSTER;GLOBULAR CLUSTER"),
            Target("NGC-6681", 290.8029167, -32.2921111, "STELLAR CLUSTER;GLOBULAR CLUSTER"),
            Target("M15", 322.4930417, 12.1670000, "STELLAR CLUSTER;GLOBULAR CLUSTER"),
            Target("ANDROMEDA-I", 11.4158333, 38.0411111, "GALAXY;DWARF SPHEROIDAL"),
            Target("M31-HALO", 11.5291667, 40.7055556, "EXT-STAR;STELLAR POPULATION"),
            Target("NGC-4536", 188.6127083, 2.1881389, "GALAXY;SPIRAL;SUPERNOVA"),
            Target("NGC4038", 180.4708333, -18.8675000, "GALAXY;SPIRAL;INTERACTING GALAXY"),
            Target("M51", 202.4695750, 47.1952583, "GALAXY;SPIRAL;NUCLEUS"),
            Target("M101-F1", 210.8022917, 54.3489444, "GALAXY;SPIRAL;H II REGION"),
            Target("M87", 187.7059308, 12.3911233, "GALAXY;ELLIPTICAL;JET"),
            Target("ABELL-1689", 197.8729167, -1.3411111, "CLUSTER OF GALAXIES;RICH CLUSTER;"
                   "EINSTEIN RING;BRIGHTEST CLUSTER GALAXY"),
            Target("GOODS-SOUTH-12", 53.1225000, -27.8052778, "UNIDENTIFIED;BLANK SKY"),
            Target("ANY", 150.1191667, 2.2058333, "UNIDENTIFIED;PARALLEL FIELD"),
            Target("SN1987A", 83.8668333, -69.2697500, "EXT-MEDIUM;SUPERNOVA REMNANT"),
            Target("ORION-NEBULA", 83.8220833, -5.3911111, "NEBULA;H II REGION;EMISSION NEBULA"),
            Target("NGC6302", 258.4354583, -37.1031944, "NEBULA;PLANETARY NEBULA;BIPOLAR"),
            Target("FOMALHAUT", 344.4127500, -29.6222222, "STAR;A0-A3 V-IV;DUST DISK"),
            Target("HD141569A", 237.4906250, -3.9212222, "STAR;HERBIG AE/BE;DUST DISK"),
            Target("GRW+70D5824", 204.7102083, 70.2854167, "CALIBRATION;DA;WHITE DWARF"),
            Target("SDSSJ1004+4112", 151.1450000, 41.2118056, "GALAXY;QUASAR;GRAVITATIONAL LENS"),
            Target("URANUS", 341.6125000, -8.6383333, "SOLAR SYSTEM;PLANET", moving=True),
            Target("DARK", 0.0, 0.0, "CALIBRATION;DARK"),
            Target("BIAS", 0.0, 0.0, "CALIBRATION;BIAS"),
            Target("NONE", 0.0, 0.0, "CALIBRATION;INTFLAT"),
        )
    }
)  # fmt: skip


# Inverse sensitivity (erg/cm2/Angstrom/electron), pivot wavelength and RMS width (Angstrom),
# rounded from the ACS zero points: www.stsci.edu/hst/instrumentation/acs/data-analysis/zeropoints
PHOTOMETRY: Mapping[str, tuple[float, float, float]] = MappingProxyType(
    {
        "F220W": (8.11e-18, 2255.0, 187.2),
        "F250W": (4.74e-18, 2714.9, 239.4),
        "F330W": (2.24e-18, 3362.7, 173.7),
        "F435W": (3.14e-19, 4318.9, 293.5),
        "F475W": (1.82e-19, 4746.9, 420.1),
        "F502N": (5.16e-18, 5023.0, 27.8),
        "F555W": (1.96e-19, 5361.0, 360.0),
        "F606W": (7.91e-20, 5921.1, 672.3),
        "F625W": (1.20e-19, 6311.4, 415.5),
        "F658N": (1.98e-18, 6584.0, 37.2),
        "F660N": (5.17e-18, 6599.4, 16.4),
        "F775W": (1.00e-19, 7692.4, 434.4),
        "F814W": (7.07e-20, 8057.0, 652.0),
        "F850LP": (1.51e-19, 9033.1, 525.7),
        "F892N": (1.50e-18, 8914.8, 83.4),
        "FR656N": (1.95e-18, 6563.0, 50.0),
        "G800L": (3.30e-19, 7471.0, 1109.0),
        "F115LP": (4.90e-17, 1406.1, 104.0),
        "F125LP": (1.70e-17, 1437.5, 114.0),
        "F140LP": (2.71e-17, 1528.0, 126.0),
        "F150LP": (3.27e-17, 1611.0, 110.0),
        "F165LP": (1.30e-16, 1758.0, 88.0),
        "PR130L": (3.40e-17, 1438.0, 150.0),
    }
)


@dataclass(frozen=True)
class Visit:
    """The observing pattern of a visit.

    `positions` dither positions of `crsplit` exposures each: more than one exposure is an
    association.  `repeats` exposures one after another are none.  All have one of the `filters`, or
    each the next one if these are `in_turn`.  `exptime` is in seconds, `scene` what the pixels look
    like, `lacks` names the filetypes that have not arrived, and `flags` what is wrong with the
    images.
    """

    proposid: int
    target: str
    aperture: str
    filters: tuple[tuple[str, str], ...]
    exptime: float
    scene: str
    positions: int = 1
    crsplit: int = 1
    repeats: int = 1
    in_turn: bool = False
    imagetyp: str = "EXT"
    obstype: str = "IMAGING"
    lamp: str = "NONE"
    flash: float = 0.0
    lacks: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()

    @property
    def exposures(self) -> int:
        """The number of exposures of the visit."""
        return self.positions * self.crsplit * self.repeats

    @property
    def associated(self) -> bool:
        """Whether the exposures make an association."""
        return self.positions * self.crsplit > 1

    @property
    def directories(self) -> int:
        """The number of directories that the visit fills."""
        products = self.associated + (self.positions if self.has_subproducts else 0)
        return self.exposures + products

    @property
    def has_subproducts(self) -> bool:
        """Whether each dither position is a product of its own."""
        return self.positions > 1 and self.crsplit > 1


_FIRST_WHEEL = frozenset(
    {"F475W", "F502N", "F555W", "F606W", "F625W", "F658N", "F775W", "F850LP", "F892N", "G800L"}
)


def _ccd(camera: str, names: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Return (FILTER1, FILTER2) for filters of WFC (``L``) or HRC (``S``), the other clear."""
    return tuple(
        (name, f"CLEAR2{camera}") if name in _FIRST_WHEEL else (f"CLEAR1{camera}", name)
        for name in names
    )


def _wfc(*names: str) -> tuple[tuple[str, str], ...]:
    return _ccd("L", names)


def _hrc(*names: str) -> tuple[tuple[str, str], ...]:
    return _ccd("S", names)


def _sbc(*names: str) -> tuple[tuple[str, str], ...]:
    return tuple((name, "N/A") for name in names)


# One visit of every kind, so that whatever an archive can hold is in the first 24 directories.
ESSENTIAL: tuple[Visit, ...] = (
    Visit(13057, "ORION-NEBULA", "WFC", _wfc("F658N"), 350.0, "nebula", flash=4.6,
          flags=("saturated_bleed", "figure_eight_ghost")),
    Visit(9019, "NGC104", "HRC", _hrc("F555W", "F435W", "F775W"), 60.0, "cluster", crsplit=2),
    Visit(14840, "SDSSJ1004+4112", "WFC1-1K", _wfc("F814W", "F475W"), 480.0, "lens",
          flags=("satellite_trail",)),
    Visit(10217, "NGC-6681", "SBC", _sbc("F150LP", "F165LP"), 450.0, "cluster", positions=2),
    Visit(9433, "DARK", "WFC", _wfc("F606W"), 1000.0, "dark", imagetyp="DARK",
          obstype="INTERNAL"),
    Visit(12781, "BIAS", "WFC", _wfc("F606W"), 0.0, "bias", imagetyp="BIAS",
          obstype="INTERNAL", flags=("bias_striping", "hot_column")),
    Visit(9563, "NONE", "WFC", _wfc("F814W", "F435W", "F625W"), 4.8, "flat", imagetyp="FLAT",
          obstype="INTERNAL", lamp="TUNGSTEN-1"),
    Visit(10774, "URANUS", "HRC", _hrc("F435W", "F555W"), 120.0, "planet"),
    Visit(9600, "ABELL-1689", "WFC", _wfc("F475W", "F625W", "F850LP"), 590.0, "galaxies",
          positions=2, crsplit=3),
    Visit(9563, "NONE", "HRC", _hrc("F775W", "F250W"), 12.0, "flat", imagetyp="FLAT",
          obstype="INTERNAL", lamp="DEUTERIUM", flags=("blank_image",)),
    Visit(11142, "DARK", "SBC", _sbc("F115LP"), 1000.0, "dark", imagetyp="DARK",
          obstype="INTERNAL"),
    Visit(13967, "NGC-4536", "WFC", _wfc("F606W", "F814W"), 360.0, "spiral",
          lacks=("flt", "flc", "drz", "drc", "jit")),
)  # fmt: skip

# Other observations; most of the real archive are single exposures.
OTHERS: tuple[Visit, ...] = (
    Visit(11563, "M31-HALO", "WFC", _wfc("F814W", "F606W"), 1205.0, "stars"),
    Visit(8990, "NGC4038", "WFCENTER", _wfc("F435W", "F814W"), 520.0, "spiral", crsplit=2),
    Visit(9019, "NGC104", "WFC", _wfc("F606W", "F775W", "F502N"), 30.0, "cluster"),
    Visit(9019, "NGC104", "HRC", _hrc("F435W", "F220W"), 120.0, "cluster"),
    Visit(9433, "DARK", "HRC", _hrc("F606W"), 1000.0, "dark", imagetyp="DARK",
          obstype="INTERNAL"),
    Visit(9433, "BIAS", "WFC", _wfc("F606W"), 0.0, "bias", imagetyp="BIAS",
          obstype="INTERNAL"),
    Visit(9433, "BIAS", "HRC", _hrc("F606W"), 0.0, "bias", imagetyp="BIAS",
          obstype="INTERNAL"),
    Visit(9600, "ABELL-1689", "WFC", _wfc("F850LP", "F775W"), 2250.0, "galaxies", positions=3),
    Visit(9788, "M101-F1", "WFC1", _wfc("F658N", "F814W"), 700.0, "spiral"),
    Visit(9788, "M51", "WFC", _wfc("F658N", "F555W"), 340.0, "spiral", crsplit=2),
    Visit(9862, "HD141569A", "HRC-CORON1.8", _hrc("F606W", "F435W"), 1185.0, "coronagraph",
          obstype="CORONAGRAPHIC"),
    Visit(9862, "FOMALHAUT", "HRC-CORON1.8", _hrc("F814W", "F606W"), 340.0, "coronagraph",
          crsplit=2, obstype="CORONAGRAPHIC"),
    Visit(10012, "GRW+70D5824", "HRC-512", _hrc("F660N", "F330W"), 20.0, "star"),
    Visit(10217, "M15", "SBC", _sbc("F140LP", "F165LP"), 620.0, "cluster"),
    Visit(10217, "NGC5139", "SBC-FIX", _sbc("PR130L"), 800.0, "spectra", positions=2,
          obstype="SPECTROSCOPIC"),
    Visit(10368, "SN1987A", "HRC", _hrc("F658N", "F502N"), 800.0, "nebula", positions=2),
    Visit(10368, "NGC-4536", "WFC", _wfc("F555W", "F814W"), 430.0, "spiral", positions=2,
          crsplit=2),
    Visit(10774, "URANUS", "HRC", _hrc("F435W"), 12.0, "planet"),
    Visit(11142, "NONE", "SBC", _sbc("F125LP"), 1900.0, "flat", imagetyp="FLAT",
          obstype="INTERNAL", lamp="DEUTERIUM"),
    Visit(11360, "NGC6302", "WFC-FIX", _wfc("F658N", "F502N"), 460.0, "nebula", crsplit=2),
    Visit(11563, "ANDROMEDA-I", "WFC", _wfc("F475W", "F814W"), 1290.0, "stars", positions=2),
    Visit(12210, "ANY", "WFC", _wfc("F775W"), 540.0, "deep", lacks=("jit", "jif")),
    Visit(12781, "DARK", "WFC", _wfc("F606W"), 1000.5, "dark", imagetyp="DARK",
          obstype="INTERNAL", flash=11.8),
    Visit(12781, "BIAS", "WFC1-1K", _wfc("F606W"), 0.0, "bias", imagetyp="BIAS",
          obstype="INTERNAL"),
    Visit(13057, "NGC6302", "WFC1-IRAMP", _wfc("FR656N"), 900.0, "nebula", flash=6.2),
    Visit(13504, "GOODS-SOUTH-12", "WFC", _wfc("G800L"), 1050.0, "spectra",
          obstype="SPECTROSCOPIC", positions=2),
    Visit(13504, "GOODS-SOUTH-12", "WFC", _wfc("F814W", "F606W"), 530.0, "deep"),
    Visit(13967, "M87", "WFC2-2K", _wfc("F606W", "F475W"), 500.0, "elliptical"),
    Visit(14840, "SDSSJ1004+4112", "WFC1A-1K", _wfc("F606W"), 350.0, "lens"),
    Visit(14840, "SDSSJ1004+4112", "WFC1-512", _wfc("F814W"), 200.0, "lens",
          lacks=("flt", "drz", "jit", "jif")),
)  # fmt: skip

# Exposures for monitors, over all years: bias, dark with and without post-flash, lamp, sky, SBC.
_MONITOR = 13155
MONITORING: tuple[Visit, ...] = (
    Visit(_MONITOR, "BIAS", "WFC", _wfc("F606W"), 0.0, "bias", imagetyp="BIAS",
          obstype="INTERNAL"),
    Visit(_MONITOR, "DARK", "WFC", _wfc("F606W"), 1000.0, "dark", imagetyp="DARK",
          obstype="INTERNAL"),
    Visit(_MONITOR, "DARK", "WFC", _wfc("F606W"), 100.0, "dark", imagetyp="DARK",
          obstype="INTERNAL", flash=5.0),
    Visit(_MONITOR, "DARK", "WFC", _wfc("F606W"), 100.0, "dark", imagetyp="DARK",
          obstype="INTERNAL", flash=20.0),
    Visit(_MONITOR, "NONE", "WFC", _wfc("F606W"), 4.8, "flat", imagetyp="FLAT",
          obstype="INTERNAL", lamp="TUNGSTEN-1"),
    Visit(_MONITOR, "GOODS-SOUTH-12", "WFC", _wfc("F606W", "F814W", "F435W"), 500.0, "deep"),
    Visit(_MONITOR, "DARK", "SBC", _sbc("F115LP"), 1000.0, "dark", imagetyp="DARK",
          obstype="INTERNAL", repeats=3),
)  # fmt: skip

# One field in three filters, of which a colour image can be made.
COLOUR: tuple[Visit, ...] = (
    Visit(9019, "NGC104", "HRC", _hrc("F435W", "F555W", "F775W"), 60.0, "cluster", repeats=3,
          in_turn=True),
)  # fmt: skip
