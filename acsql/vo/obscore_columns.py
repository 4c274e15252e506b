"""The columns of ObsCore 1.1, and their derivation from the fields of observations.

Names, utypes, UCDs and units are those of table 6 of the recommendation:
https://www.ivoa.net/documents/ObsCore/20170509/REC-ObsCore-v1.1-20170509.pdf
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from ..keywords import KeywordSpecs
from .columns import TableColumn
from .obscore_facts import DetectorFacts, FiletypeFacts, ObsCoreFacts

COLLECTION = "HST/ACS"
FACILITY = "HST"
FITS_TYPE = "application/fits"
# Resolution in pixels: what an image sampled by Nyquist's theorem resolves.
_RESOLUTION = 2
_BYTES = 1024  # of the kilobytes of access_estsize

# Texts that differ between observations.
_DISTINCT = ("obs_id", "obs_title")
_ARROW_TYPES = {
    "int": pa.int64(),
    "float": pa.float64(),
    "str": pa.dictionary(pa.int32(), pa.string()),
}


class Given(NamedTuple):
    """From what the values of a column are computed.

    Attributes
    ----------
    facts : ObsCoreFacts
        The facts of ObsCore about filetypes, detectors and filters.
    filetype : str
        The filetype of the files.
    arrays : list of pyarrow.Array
        The values of the fields of all observations, in the order of `Derivation.addresses`.
    """

    facts: ObsCoreFacts
    filetype: str
    arrays: Sequence[pa.Array]


@dataclass(frozen=True)
class Derivation:
    """The derivation of the values of a column.

    Attributes
    ----------
    addresses : tuple of str
        The fields of observations from which they are computed; ``{}`` stands for the filetype.
    compute : callable
        Takes a `Given`, and returns one value for each observation, or the value that all have.
    """

    addresses: tuple[str, ...]
    compute: Callable[[Given], Any]

    @property
    def differs(self) -> bool:
        """Whether the values differ between the files of an observation."""
        return not self.addresses or any("{}" in address for address in self.addresses)


@dataclass(frozen=True)
class ObsCoreColumn(TableColumn):
    """A column of ObsCore.

    Attributes
    ----------
    source : Derivation, optional
        Where its values come from.
    late : str, optional
        The column from which its values are computed for the rows of a result alone, because they
        are long, such as addresses and outlines.
    """

    source: Derivation | None = None
    late: str | None = None

    @property
    def arrow_type(self) -> pa.DataType:
        """The type of its arrays."""
        # DuckDB decodes a whole dictionary for every 2,048 rows, which are few for long ones.
        return pa.string() if self.name in _DISTINCT else _ARROW_TYPES[self.type]


def typed(values: pa.Array, type_: pa.DataType) -> pa.Array:
    """Return values as another type, without those that do not fit.

    Parameters
    ----------
    values : pyarrow.Array
        As they are stored, whatever their type.
    type_ : pyarrow.DataType
        That of a column.
    """
    if values.type == type_:
        return values
    if pa.types.is_dictionary(type_):
        return values.cast(pa.string()).dictionary_encode()
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    try:
        return values.cast(type_)
    except pa.ArrowException:
        return pa.array([_number(value.as_py(), type_) for value in values], type_)


def _number(value: Any, type_: pa.DataType) -> Any:
    try:
        return pa.scalar(float(value)).cast(type_).as_py()
    except (TypeError, ValueError, OverflowError, pa.ArrowException):
        return None


def _constant(value: Any) -> Derivation:
    return Derivation((), lambda _: value)


def _of_filetype(value: Callable[[FiletypeFacts], Any]) -> Derivation:
    return Derivation((), lambda given: value(given.facts.filetypes[given.filetype]))


def _of_image(value: Any) -> Derivation:
    """Return the source of a value that images have, and no other file."""
    return _of_filetype(lambda filetype: value if filetype.product == "image" else None)


def _field(address: str) -> Derivation:
    return Derivation((address,), lambda given: given.arrays[0])


def _size(address: str) -> Derivation:
    """Return the source of a number of pixels, which images have."""

    def compute(given: Given) -> Any:
        """Return the values of the column."""
        is_image = given.facts.filetypes[given.filetype].product == "image"
        return given.arrays[0] if is_image else None

    return Derivation((address,), compute)


def _of_detector(value: Callable[[DetectorFacts], float]) -> Derivation:
    def compute(given: Given) -> pa.Array:
        """Return the values of the column."""
        values = {name: value(detector) for name, detector in given.facts.detectors.items()}
        return _looked_up(given.arrays[0], values, pa.float64())

    return Derivation(("detector",), compute)


def _looked_up(names: pa.Array, values: dict[str, Any], type_: pa.DataType) -> pa.Array:
    """Return the value of each name, null for a name that has none."""
    encoded = typed(names, _ARROW_TYPES["str"])
    found = pa.array([values.get(name) for name in encoded.dictionary.to_pylist()], type_)
    return found.take(encoded.indices)


def _instrument(given: Given) -> pa.Array:
    return _looked_up(
        given.arrays[0], {name: f"ACS/{name}" for name in given.facts.detectors}, pa.string()
    )


def _wavelength(end: int) -> Derivation:
    """Return the source of the shortest (0) or the longest (1) wavelength."""

    def compute(given: Given) -> pa.Array:
        """Return the values of the column."""
        names = [
            pc.fill_null(typed(array, _ARROW_TYPES["str"]).dictionary_decode(), "")
            for array in given.arrays
        ]
        together = pc.binary_join_element_wise(*names, ",").dictionary_encode()
        bands = {}
        for combination in together.dictionary.to_pylist():
            detector, *filters = combination.split(",")
            band = given.facts.band(detector, filters)
            bands[combination] = band and band[end]
        return _looked_up(together, bands, pa.float64())

    return Derivation(("detector", "filter1", "filter2"), compute)


def _lies_between(values: pa.Array, low: float, high: float) -> pa.BooleanArray:
    inside = pc.and_(pc.greater_equal(values, low), pc.less_equal(values, high))
    return pc.fill_null(inside, False)


def position(coordinate: str, specs: KeywordSpecs) -> Derivation:
    """Return the source of a coordinate of the positions that searches on the sky use.

    Parameters
    ----------
    coordinate : str
        ``ra_targ`` or ``dec_targ``.
    specs : KeywordSpecs
        The specs, which say which exposures do not point at the sky.
    """
    internal = specs.internal_exposures

    def compute(given: Given) -> pa.Array:
        """Return the values of the column."""
        value, ra, dec = (typed(array, pa.float64()) for array in given.arrays[:3])
        usable = pc.and_(_lies_between(ra, 0, 360), _lies_between(dec, -90, 90))
        for names, values in zip(given.arrays[3:], internal.values(), strict=True):
            usable = pc.and_not(usable, pc.is_in(typed(names, pa.string()), pa.array(values)))
        return pc.if_else(usable, value, None)

    return Derivation((coordinate, "ra_targ", "dec_targ", *internal), compute)


def _kilobytes(given: Given) -> pa.Array:
    sizes = typed(given.arrays[0], pa.int64())
    return pc.divide(pc.add(sizes, _BYTES - 1), _BYTES)


def _column(
    name: str,
    type_: str,
    utype: str,
    ucd: str | None,
    description: str,
    source: Derivation | None,
    **others: Any,
) -> ObsCoreColumn:
    """Return a column of the standard."""
    return ObsCoreColumn(
        name,
        type_,
        description,
        ucd=ucd,
        utype=f"obscore:{utype}",
        standard=True,
        source=source,
        **others,
    )


_OF_SKY = "position of the target in the ICRS; none for internal exposures"

COLUMNS: dict[str, ObsCoreColumn] = {
    column.name: column
    for column in (
        _column("dataproduct_type", "str", "ObsDataset.dataProductType", "meta.code.class",
                "type of the data product; none for telemetry",
                _of_filetype(lambda filetype: filetype.product), principal=True),
        _column("dataproduct_subtype", "str", "ObsDataset.dataProductSubtype", "meta.code.class",
                "filetype: the product of the pipeline",
                Derivation((), lambda given: given.filetype), principal=True),
        _column("calib_level", "int", "ObsDataset.calibLevel", "meta.code;obs.calib",
                "calibration level: 1 raw, 2 calibrated, 3 drizzled",
                _of_filetype(lambda filetype: filetype.level), principal=True, datatype="int"),
        _column("obs_collection", "str", "DataID.collection", "meta.id", "the collection",
                _constant(COLLECTION), principal=True),
        _column("obs_id", "str", "DataID.observationID", "meta.id",
                "rootname of the observation", _field("rootname"), principal=True, indexed=True),
        _column("obs_title", "str", "DataID.title", "meta.title;obs",
                "name of the file", _field("datasets.{}")),
        _column("obs_creator_name", "str", "DataID.creator", "meta.id",
                "last name of the principal investigator", _field("pr_inv_l")),
        _column("obs_publisher_did", "str", "Curation.publisherDID", "meta.ref.ivoid",
                "identifier of the file", None, late="obs_title", principal=True),
        _column("access_url", "str", "Access.reference", "meta.ref.url", "where the file is",
                None, late="obs_title", principal=True),
        _column("access_format", "str", "Access.format", "meta.code.mime", "media type of the file",
                _constant(FITS_TYPE), principal=True),
        _column("access_estsize", "int", "Access.size", "phys.size;meta.file", "size of the file",
                Derivation(("files.{}.size",), _kilobytes), unit="kbyte", principal=True),
        _column("target_name", "str", "Target.name", "meta.id;src", "name of the target",
                _field("targname"), principal=True),
        _column("s_ra", "float", "Char.SpatialAxis.Coverage.Location.Coord.Position2D.Value2.C1",
                "pos.eq.ra", f"right ascension: {_OF_SKY}", None, unit="deg", principal=True),
        _column("s_dec", "float", "Char.SpatialAxis.Coverage.Location.Coord.Position2D.Value2.C2",
                "pos.eq.dec", f"declination: {_OF_SKY}", None, unit="deg", principal=True),
        _column("s_fov", "float", "Char.SpatialAxis.Coverage.Bounds.Extent.diameter",
                "phys.angSize;instr.fov", "diagonal of the field of view of the detector",
                _of_detector(lambda detector: detector.field), unit="deg", principal=True),
        _column("s_region", "str", "Char.SpatialAxis.Coverage.Support.Area",
                "pos.outline;obs.field", "outlines of the chips on the sky (STC-S, ICRS)", None,
                late="obs_id", xtype="adql:REGION", principal=True),
        _column("s_resolution", "float", "Char.SpatialAxis.Resolution.Refval.value",
                "pos.angResolution", "angular resolution: two pixels",
                _of_detector(lambda detector: _RESOLUTION * detector.pixel), unit="arcsec",
                principal=True),
        _column("s_pixel_scale", "float", "Char.SpatialAxis.Sampling.RefVal.SamplingPeriod",
                "phys.angSize;instr.pixel", "size of a pixel of the detector",
                _of_detector(lambda detector: detector.pixel), unit="arcsec"),
        _column("s_xel1", "int", "Char.SpatialAxis.numBins1", "meta.number",
                "columns of the first image", _size("{}.1.naxis1")),
        _column("s_xel2", "int", "Char.SpatialAxis.numBins2", "meta.number",
                "rows of the first image", _size("{}.1.naxis2")),
        _column("t_min", "float", "Char.TimeAxis.Coverage.Bounds.Limits.StartTime",
                "time.start;obs.exposure", "start of the exposure (MJD, UTC)", _field("expstart"),
                unit="d", principal=True),
        _column("t_max", "float", "Char.TimeAxis.Coverage.Bounds.Limits.StopTime",
                "time.end;obs.exposure", "end of the exposure (MJD, UTC)", _field("expend"),
                unit="d", principal=True),
        _column("t_exptime", "float", "Char.TimeAxis.Coverage.Support.Extent",
                "time.duration;obs.exposure", "exposure time", _field("exptime"), unit="s",
                principal=True),
        _column("t_resolution", "float", "Char.TimeAxis.Resolution.Refval.value",
                "time.resolution", "resolution in time: the exposure time", _field("exptime"),
                unit="s", principal=True),
        _column("t_xel", "int", "Char.TimeAxis.numBins", "meta.number",
                "number of times in an image", _of_image(1)),
        _column("em_min", "float", "Char.SpectralAxis.Coverage.Bounds.Limits.LoLimit",
                "em.wl;stat.min", "shortest wavelength that the filters let through",
                _wavelength(0), unit="m", principal=True),
        _column("em_max", "float", "Char.SpectralAxis.Coverage.Bounds.Limits.HiLimit",
                "em.wl;stat.max", "longest wavelength that the filters let through",
                _wavelength(1), unit="m", principal=True),
        _column("em_res_power", "float", "Char.SpectralAxis.Resolution.ResolPower.refVal",
                "spect.resolution", "spectral resolution; not known", _constant(None)),
        _column("em_xel", "int", "Char.SpectralAxis.numBins", "meta.number",
                "number of wavelengths in an image", _of_image(1)),
        _column("o_ucd", "str", "Char.ObservableAxis.ucd", "meta.ucd", "what the pixels are",
                _of_filetype(lambda filetype: filetype.content), principal=True),
        _column("pol_states", "str", "Char.PolarizationAxis.stateList",
                "meta.code;phys.polarization", "states of polarization; not known",
                _constant(None)),
        _column("pol_xel", "int", "Char.PolarizationAxis.numBins", "meta.number",
                "number of states of polarization; not known", _constant(None)),
        _column("facility_name", "str", "Provenance.ObsConfig.Facility.name", "meta.id;instr.tel",
                "the telescope", _constant(FACILITY), principal=True),
        _column("instrument_name", "str", "Provenance.ObsConfig.Instrument.name", "meta.id;instr",
                "the instrument and its detector", Derivation(("detector",), _instrument),
                principal=True),
        _column("proposal_id", "str", "Provenance.Proposal.identifier", "meta.id;obs.proposal",
                "number of the proposal", _field("proposid")),
    )
}  # fmt: skip
