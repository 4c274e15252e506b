"""The files of one observation, extension by extension.

Which extensions a file has comes from the keyword specs: three for every chip that is read
out, unless the filetype is drizzled, telemetry or a table.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np

from .. import keywords
from ..keywords import HeaderKey
from ..names import Filename
from . import extras, values
from .camera import GAP, Readout, Wcs, cd_matrix, deproject, pointing, readouts, target_pixel
from .cards import Column, Hdu, big_endian, commentary, table, unsigned
from .headers import header, structure
from .pixels import Conditions, Drizzled, Exposed, drizzle, expose, rejected
from .plan import Observation
from .scenes import field_of, light

# Streams of random numbers of an observation.
_PIXELS, _KEYWORDS, _TELEMETRY, _JITTER = range(4)
# Which observations have an oddity: every so many, and the first of them.
_HOLES, _LOST_DATA, _UNFINISHED, _REPEATED, _LOOKUPS = (4, 0), (10, 8), (7, 3), (5, 1), (2, 1)
# Electrons per second that the post-flash gives a pixel.
_FLASH_RATE = 12.0
_UDL_WORDS = 965
_JITTER_SECONDS = 3.0
_HISTOGRAM = 64

_FILETYPES = {"spt": "SPT", "asn": "ASN_TABLE", "jif": "JIM", "jit": "JIT"}


def files_of(
    observation: Observation, seed: int, frame: str
) -> Iterator[tuple[Filename, list[Hdu]]]:
    """Yield the name and the extensions of every file of an observation."""
    maker = _Maker(observation, seed, frame)
    for filetype in observation.filetypes:
        yield observation.filename(filetype), maker.hdus(filetype)


@dataclass(frozen=True)
class _Maker:
    """Makes the files of one observation, and its pixels only once."""

    observation: Observation
    seed: int
    frame: str

    def hdus(self, filetype: str) -> list[Hdu]:
        """Return the extensions of a file, the primary header first."""
        makers: dict[str, Callable[[str], list[Hdu]]] = {
            "drz": self._drizzled,
            "drc": self._drizzled,
            "spt": self._support,
            "asn": self._association,
            "jif": self._jitter_images,
            "jit": self._jitter_tables,
        }
        extensions = makers.get(filetype, self._images)(filetype)
        return [self._primary(filetype, len(extensions)), *extensions]

    def random(self, stream: int, *part: int) -> np.random.Generator:
        """Return the random numbers of one part of this observation."""
        return np.random.default_rng([self.seed, self.observation.number, stream, *part])

    @cached_property
    def common(self) -> dict[str, Any]:
        """What all files of the observation say."""
        return values.common(self.observation, self.random(_KEYWORDS))

    @cached_property
    def readouts(self) -> list[Readout]:
        """The chips that are read out, in the order of EXTVER."""
        return readouts(self.observation.visit.aperture, self.frame)

    @cached_property
    def pointings(self) -> list[Wcs]:
        """Where each calibrated chip points."""
        o = self.observation
        return [
            pointing(readout, o.target.ra, o.target.dec, o.pa_v3, o.offset)
            for readout in self.readouts
        ]

    @cached_property
    def exposed(self) -> list[Exposed]:
        """The pixels of each chip."""
        return [
            expose(
                self._light(readout, wcs),
                readout,
                self._conditions,
                self.observation.filters,
                self.random(_PIXELS, readout.chip),
            )
            for readout, wcs in zip(self.readouts, self.pointings, strict=True)
        ]

    def _light(self, readout: Readout, wcs: Wcs) -> np.ndarray | None:
        o = self.observation
        if o.internal:
            return None
        scenery = field_of(o.target.name, o.visit.scene, readout)
        target = target_pixel(readout, o.offset)
        return light(scenery, readout, wcs, target, values.throughput(o))

    @property
    def _conditions(self) -> Conditions:
        o = self.observation
        return Conditions(
            o.exptime,
            o.visit.imagetyp,
            values.gain(o),
            values.age(o),
            round(_FLASH_RATE * values.flash(o), 3),
            combined=len(o.exposures),
            cosmic_rays=not o.members,
            fills=self._every(_LOST_DATA) and not o.members and o.detector == "WFC",
            holes=self._every(_HOLES),
        )

    def _every(self, turn: tuple[int, int]) -> bool:
        period, phase = turn
        return self.observation.number % period == phase

    def _key(self, filetype: str, extension: int) -> HeaderKey:
        return HeaderKey(self.observation.detector, filetype, extension)

    def _primary(self, filetype: str, extensions: int) -> Hdu:
        o = self.observation
        name = o.filename(filetype)
        own = {
            **self.common,
            **values.switches(o, filetype),
            **structure(None),
            "NEXTEND": extensions,
            "FILENAME": str(name),
            "FILETYPE": _FILETYPES.get(filetype, "SCI"),
            "ROOTNAME": name.ipppssoot,
            "NDRIZIM": len(o.exposures) * len(self.readouts),
        }
        if filetype in ("raw", "asn"):
            own["DATE"] = np.floor(own["DATE"])
        if filetype in ("jif", "jit"):
            own["INSTRUME"] = "FGS"
        blocks = values.blocks(o, filetype, len(self.readouts), self.readouts[0].arcsec)
        numbers = None
        if filetype == "spt":
            own |= values.telemetry(o)
            numbers = self.random(_TELEMETRY)
        text = header(self._key(filetype, 0), own, blocks, numbers)
        return Hdu(text + self._remarks(filetype, own))

    def _remarks(self, filetype: str, own: dict[str, Any]) -> str:
        """Return what a primary header has beside its list: history, and leftovers."""
        if filetype in ("drz", "drc"):
            return "".join(commentary("COMMENT", line) for line in extras.BLENDED)
        if filetype not in ("flt", "flc", "crj", "crc"):
            return ""
        text = "".join(commentary("HISTORY", line) for line in extras.history(own))
        if self._every(_REPEATED):
            text += extras.repeated()
        return text + extras.unfinished() if self._every(_UNFINISHED) else text

    def _images(self, filetype: str) -> list[Hdu]:
        """Return SCI, ERR and DQ of every chip, and what may come after them."""
        lookups = self._has_lookups(filetype)
        hdus = []
        for extver, exposed in enumerate(self.exposed, start=1):
            hdus += self._image_set(filetype, extver, exposed, lookups)
        if lookups:
            hdus += extras.further(self.observation, self.readouts, self.pointings, self.common)
        return hdus

    def _has_lookups(self, filetype: str) -> bool:
        """Whether an image comes with tables of distortion, as about half of them do."""
        o = self.observation
        listed = "cpdis1" in keywords.load().lists[self._key(filetype, 1)]
        return listed and not o.internal and (o.subarray or self._every(_LOOKUPS))

    def _image_set(
        self, filetype: str, extver: int, exposed: Exposed, lookups: bool
    ) -> Iterator[Hdu]:
        o = self.observation
        sci, err, dq = self._planes(filetype, exposed)
        unit = "COUNTS" if filetype == "raw" or values.gain(o) == 0 else "ELECTRONS"
        flagged = filetype != "raw" and not self._is_constant(filetype, extver, "DQ")
        good = dq == 0 if flagged else None
        facts = values.statistics(sci, good)
        if err is not None:
            facts |= values.signal_to_noise(sci, err)
            facts |= {"MEANBLEV": exposed.bias, "MEANDARK": exposed.dark}
            facts |= {"MEANFLSH": self._conditions.flash}
            facts |= {} if o.internal else values.photometry(o)
        if lookups:
            facts |= extras.lookup_keywords(extver, o.subarray, self.common)
        stored = unsigned(sci) if filetype == "raw" else big_endian(sci)
        scaling = {"BUNIT": unit, "BSCALE": 1.0, "BZERO": 32768.0}
        yield self._plane(filetype, extver, "SCI", stored, {**facts, **scaling})
        facts = {} if err is None else values.statistics(err, good)
        yield self._plane(filetype, extver, "ERR", err, {**facts, "BUNIT": unit})
        yield self._plane(filetype, extver, "DQ", dq, {"BUNIT": "UNITLESS"})

    def _planes(
        self, filetype: str, exposed: Exposed
    ) -> tuple[np.ndarray, np.ndarray | None, np.ndarray | None]:
        match filetype:
            case "raw":
                return exposed.raw, None, exposed.raw_dq
            case "flt":
                return exposed.sci, exposed.err, exposed.dq
            case "flc":
                return exposed.corrected, np.sqrt(exposed.err**2 + 1), exposed.dq
        combined = rejected(exposed.dq, self.random(_PIXELS, 99))
        return (exposed.corrected if filetype == "crc" else exposed.sci), exposed.err, combined

    def _plane(
        self,
        filetype: str,
        extver: int,
        extname: str,
        data: np.ndarray | None,
        facts: dict[str, Any],
    ) -> Hdu:
        """Return one image extension, or the constant that stands for it."""
        index = extver - 1
        readout, raw = self.readouts[index], filetype == "raw"
        constant = 0.0
        if data is not None and self._is_constant(filetype, extver, extname):
            constant, data = float(np.median(data)), None
        shape = readout.raw_shape if raw else readout.shape
        wcs = self.pointings[index]
        if raw:
            wcs = wcs.shifted(readout.overscan[0], readout.overscan[2])
        data = None if data is None else big_endian(data)
        own = {
            **self.common,
            **values.of_chip(self.observation, readout, raw),
            **values.of_wcs(
                wcs,
                self.common,
                readout.reduction,
                distorted=not raw or self._has_lookups(filetype),
            ),
            **facts,
            **structure(data),
            "NPIX1": shape[1],
            "NPIX2": shape[0],
            "PIXVALUE": constant,
            "EXTNAME": extname,
            "EXTVER": extver,
            "FILETYPE": extname,
        }
        return Hdu(header(self._image_key(filetype, extver, extname), own), data)

    def _image_key(self, filetype: str, extver: int, extname: str) -> HeaderKey:
        return self._key(filetype, 3 * extver - 2 + ("SCI", "ERR", "DQ").index(extname))

    def _is_constant(self, filetype: str, extver: int, extname: str) -> bool:
        """Whether an array that says nothing is left out for a number, if the list lets it."""
        listed = keywords.load().lists[self._image_key(filetype, extver, extname)]
        if extname == "SCI" or "npix1" not in listed:
            return False
        o = self.observation
        if o.members:
            return filetype == "crj" and extname == "DQ" and o.position == 1
        empty = o.visit.imagetyp == "BIAS" or o.detector == "SBC"
        return o.internal and (extname == "ERR" or empty)

    def _drizzled(self, filetype: str) -> list[Hdu]:
        o = self.observation
        chips = [e.corrected if filetype == "drc" else e.sci for e in self.exposed]
        inputs = len(o.exposures) * len(chips)
        result = drizzle(chips, self.readouts, self._gap, o.exptime, inputs)
        common = {
            **self.common,
            **values.of_chip(o, self.readouts[0], raw=False),
            **values.photometry(o),
            **values.of_wcs(self._drizzled_wcs(result), self.common, 1, distorted=False),
            **(extras.blended_lookups() if o.members else {}),
            "EXTVER": 1,
            "LTV1": 0.0,
            "LTV2": 0.0,
        }
        # Products of several exposures carry one plane for every 32 of them.
        context = result.context[None] if o.members else result.context
        planes = (
            ("SCI", result.sci, "COUNTS/S" if values.gain(o) == 0 else "ELECTRONS/S"),
            ("WHT", result.weight, "UNITLESS"),
            ("CTX", context, "UNITLESS"),
        )
        return [
            self._drizzled_plane(filetype, extension, *plane, common)
            for extension, plane in enumerate(planes, start=1)
        ]

    @property
    def _gap(self) -> int:
        return round(GAP / self.readouts[0].reduction)

    def _drizzled_wcs(self, drizzled: Drizzled) -> Wcs:
        o, readout = self.observation, self.readouts[0]
        rows = readout.rows * len(self.readouts) + self._gap * (len(self.readouts) - 1)
        middle = np.array([(readout.columns - 1) / 2, (rows - 1) / 2])
        cd = cd_matrix(o.detector, o.pa_v3, readout.arcsec)
        shift = cd @ (middle - np.array(target_pixel(readout, o.offset)))
        square = cd_matrix(o.detector, o.pa_v3, readout.arcsec, skewed=False)
        return Wcs(drizzled.centre, deproject(o.target.ra, o.target.dec, *shift), square)

    def _drizzled_plane(
        self,
        filetype: str,
        extension: int,
        extname: str,
        data: np.ndarray,
        unit: str,
        common: dict[str, Any],
    ) -> Hdu:
        key = self._key(filetype, extension)
        facts = values.statistics(data, data != 0) if extname != "CTX" else {}
        constant = float(data.max())
        # A single exposure has the same weight everywhere, if the list allows to say so.
        if "pixvalue" in keywords.load().lists[key] and not self.observation.members:
            data = None
        own = {
            **common,
            **facts,
            **structure(data),
            "PIXVALUE": constant,
            "EXTNAME": extname,
            "BUNIT": unit,
        }
        return Hdu(header(key, own), None if data is None else big_endian(data))

    def _support(self, filetype: str) -> list[Hdu]:
        rng = self.random(_TELEMETRY, 1)
        data = big_endian(rng.integers(-999, 9999, _UDL_WORDS).astype(np.int16))
        own = {**self.common, **structure(data), "EXTNAME": "UDL", "EXTVER": 1}
        return [Hdu(header(self._key(filetype, 1), own, telemetry=rng), data)]

    def _association(self, filetype: str) -> list[Hdu]:
        o = self.observation
        members = [(member.ipppssoot, member.asn_mtyp) for member in o.members]
        if o.visit.has_subproducts:
            stem = o.ipppssoot[:8]
            members += [(f"{stem}{i}", f"PROD-CR{i}") for i in range(1, o.visit.positions + 1)]
        members.append((o.ipppssoot, o.asn_mtyp))
        names, roles = zip(*members, strict=True)
        present = np.full(len(members), ord("T"), np.uint8).view("S1")
        columns = [
            Column("MEMNAME", "14A", np.array([n.upper() for n in names], "S14"), "", "A14"),
            Column("MEMTYPE", "14A", np.array(roles, "S14"), "", "A14"),
            Column("MEMPRSNT", "L", present, "", "L1"),
        ]
        data = table(columns)
        own = {**self.common, **structure(data, columns), "EXTNAME": "ASN", "EXTVER": 1}
        return [Hdu(header(self._key(filetype, 1), own), data)]

    def _jitter_images(self, filetype: str) -> list[Hdu]:
        return [
            self._jitter(filetype, number, exposure, partial(self._histogram, number))
            for number, exposure in enumerate(self.observation.exposures, start=1)
        ]

    def _jitter_tables(self, filetype: str) -> list[Hdu]:
        return [
            self._jitter(filetype, number, exposure, partial(self._series, number, exposure))
            for number, exposure in enumerate(self.observation.exposures, start=1)
        ]

    def _jitter(
        self,
        filetype: str,
        number: int,
        exposure: Observation,
        make: Callable[[], tuple[np.ndarray, Sequence[Column]]],
    ) -> Hdu:
        data, columns = make()
        wcs = Wcs(
            (_HISTOGRAM / 2, _HISTOGRAM / 2),
            (exposure.target.ra, exposure.target.dec),
            np.eye(2) * 5e-7,
        )
        name = exposure.filename(filetype)
        own = {
            **self.common,
            **values.of_wcs(wcs, self.common, 1, distorted=False),
            **(values.statistics(data) if data.dtype.names is None else {}),
            **structure(data, columns),
            "EXTNAME": filetype,
            "EXTVER": number,
            "ROOTNAME": name.ipppssoot,
            "EXPNAME": name.ipppssoot,
            "OBSERVTN": exposure.ipppssoot[6:8].upper(),
            "STARTIME": exposure.start,
            "ENDTIME": exposure.end,
        }
        return Hdu(header(self._key(filetype, number), own), data)

    def _histogram(self, number: int) -> tuple[np.ndarray, Sequence[Column]]:
        """Return how long the telescope pointed where, as an image."""
        rng = self.random(_JITTER, number)
        x, y = np.clip(rng.normal(32, 3.5, (2, 2400)).astype(int), 0, _HISTOGRAM - 1)
        counts = np.bincount(y * _HISTOGRAM + x, minlength=_HISTOGRAM**2)
        return big_endian(counts.reshape(_HISTOGRAM, _HISTOGRAM).astype(np.int16)), ()

    def _series(self, number: int, exposure: Observation) -> tuple[np.ndarray, Sequence[Column]]:
        """Return where the telescope pointed every three seconds, as a table."""
        seconds = np.arange(0, max(exposure.exptime, 6.0), _JITTER_SECONDS)
        columns = extras.jitter_columns(seconds, exposure, self.random(_JITTER, number, 1))
        return table(columns), columns
