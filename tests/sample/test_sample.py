import filecmp
import re
import warnings
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime, time
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import yaml
from astropy.coordinates import SkyCoord, get_sun
from astropy.io import fits
from astropy.time import Time
from astropy.wcs import WCS
from hypothesis import given, settings
from hypothesis import strategies as st

from acsql import names, paths, sample
from acsql.errors import ArchiveError, InvalidName
from acsql.keywords import BLOCK, HeaderKey, KeywordSpec, KeywordSpecs
from acsql.names import Filename
from acsql.sample import camera, cards, proposals, schedule

COUNT = 24
# What the WCS software appends to calibrated files, and no list describes.
FURTHER = {"D2IMARR", "WCSDVARR", "WCSCORR", "HDRLET"}
# What a primary header may have beside its list.
LEFTOVERS = {"IRAF-TLM"}
OF_TABLES = re.compile(r"T(TYPE|FORM|UNIT|DISP)\d+|TFIELDS|TROWS")
OF_LOOKUPS = re.compile(r"(CPDIS|CPERR|D2IMDIS|D2IMERR)\d|(DP|D2IM)\d\..*")
OF_CONSTANTS = {"NPIX1", "NPIX2", "PIXVALUE"}
PROPOSAL_TYPES = (
    "CAL/ACS", "CAL/OTA", "CAL/STIS", "CAL/WFC3", "ENG/ACS", "GO", "GO/DD", "GO/PAR", "GTO/ACS",
    "GTO/COS", "NASA", "SM3/ACS", "SM3/ERO", "SM4/ACS", "SM4/COS", "SM4/ERO", "SNAP",
)  # fmt: skip
# What several files of an observation say.
SHARED = (
    "DATE-OBS", "TIME-OBS", "EXPSTART", "EXPEND", "EXPTIME", "TARGNAME", "RA_TARG", "DEC_TARG",
    "PROPOSID", "DETECTOR", "APERTURE", "FILTER1", "FILTER2", "OBSTYPE", "OBSMODE", "IMAGETYP",
    "SUBARRAY", "CCDAMP", "CCDGAIN", "FLASHDUR", "PA_V3", "ASN_ID", "ASN_TAB", "ASN_MTYP",
    "PR_INV_L", "PR_INV_F", "LINENUM", "PROGRMID", "CONFIG",
)  # fmt: skip


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sample archive of the size from which on it has everything."""
    folder = tmp_path_factory.mktemp("sample") / "archive"
    sample.write(folder, COUNT)
    return folder


@pytest.fixture(scope="module")
def planned(specs: KeywordSpecs) -> list[schedule.PlannedObservation]:
    """What is in that archive."""
    return schedule.plan(COUNT, 1, specs)


def datasets(root: Path, specs: KeywordSpecs) -> Iterator[tuple[Path, Filename]]:
    for path in sorted(root.glob("*/*/*.fits")):
        name = Filename.parse(path.name)
        if name.filetype in specs.filetypes:
            yield path, name


@pytest.fixture(scope="module")
def detectors(planned: list[schedule.PlannedObservation]) -> dict[str, str]:
    """The detector of each directory."""
    return {observation.ipppssoot: observation.detector for observation in planned}


@pytest.fixture(scope="module")
def headers(
    root: Path, specs: KeywordSpecs, detectors: dict[str, str]
) -> list[tuple[Path, HeaderKey, fits.Header]]:
    """Every header that a list describes."""
    found = []
    for path, name in datasets(root, specs):
        with fits.open(path) as hdus:
            for number, hdu in enumerate(hdus):
                if hdu.name not in FURTHER:
                    key = HeaderKey(detectors[path.parent.name], name.filetype, number)
                    found.append((path, key, hdu.header))
    return found


def keywords(header: fits.Header) -> set[str]:
    """Return the keywords of a header, those of all blocks of a product as one."""
    found = (BLOCK.sub(r"Dnnn\2", keyword) for keyword in header)
    return {keyword for keyword in found if keyword not in ("", "COMMENT", "HISTORY")}


def cannot_have(header: fits.Header, keyword: str) -> bool:
    """Whether FITS or common sense leave a keyword out of this kind of extension."""
    if keyword in OF_CONSTANTS:
        return header["NAXIS"] > 0
    if axis := re.fullmatch(r"NAXIS(\d)", keyword):
        return int(axis[1]) > header["NAXIS"]
    if OF_LOOKUPS.fullmatch(keyword):
        return True
    return OF_TABLES.fullmatch(keyword) is not None and header["XTENSION"] != "BINTABLE"


@pytest.fixture(scope="module")
def primaries(
    headers: list[tuple[Path, HeaderKey, fits.Header]],
) -> dict[str, dict[str, fits.Header]]:
    """The primary headers of each observation, by filetype."""
    found: dict[str, dict[str, fits.Header]] = defaultdict(dict)
    for path, key, header in headers:
        if key.extension == 0:
            found[path.parent.name][key.filetype] = header
    return found


@pytest.fixture(scope="module")
def raw_texts(root: Path) -> list[str]:
    """The raw files as they stand on the disk."""
    return [path.read_bytes().decode("latin-1") for path in sorted(root.glob("*/*/*_raw.fits"))]


def test_it_has_as_many_directories_as_asked_for(root):
    assert len(list(root.glob("*/*/"))) == COUNT


@settings(deadline=None)
@given(count=st.integers(1, 200), seed=st.integers(0, 5))
def test_every_number_of_observations_can_be_planned(specs, count, seed):
    made = schedule.plan(count, seed, specs)
    assert len(made) == count
    keys = [names.rootname(observation.ipppssoot) for observation in made]
    assert len(set(keys)) == count


def test_it_tells_what_it_wrote(tmp_path, specs):
    summary = sample.write(tmp_path / "new" / "archive", 5)
    written = [path for path, _ in datasets(tmp_path / "new" / "archive", specs)]
    assert summary.observations == 5
    assert summary.files == len(written)
    assert summary.size == sum(path.stat().st_size for path in written)
    listed = yaml.safe_load((tmp_path / "new" / "archive" / "proposals.yaml").read_text())
    assert summary.proposals == len(listed)


def test_files_lie_and_are_named_as_in_the_mission(root, specs):
    for path, name in datasets(root, specs):
        assert path.parent.parent.name == path.parent.name[:4]
        assert names.is_ipppssoot(path.parent.name)
        assert names.rootname(name.ipppssoot) == names.rootname(path.parent.name)
        assert path.parent == root / paths.observation_path(path.parent.name)


def test_jitter_files_of_exposures_end_in_j(root, specs):
    jitter = [(p, n) for p, n in datasets(root, specs) if n.filetype in ("jit", "jif")]
    for path, name in jitter:
        product = path.parent.name[8].isdigit()
        assert name.ipppssoot == (path.parent.name if product else path.parent.name[:8] + "j")
    assert {path.parent.name[8].isdigit() for path, _ in jitter} == {True, False}


def test_it_has_all_detectors_filetypes_and_their_pairs(headers, specs):
    there = {(key.detector, key.filetype) for _, key, _ in headers}
    assert there == {(key.detector, key.filetype) for key in specs.lists}


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_it_has_every_kind_of_observation(specs, seed):
    made = schedule.plan(COUNT, seed, specs)
    kinds = {(o.detector, o.visit.imagetyp, o.subarray, bool(o.members)) for o in made}
    assert kinds >= {
        ("WFC", "EXT", False, False),
        ("WFC", "EXT", False, True),
        ("WFC", "EXT", True, False),
        ("WFC", "DARK", False, False),
        ("WFC", "BIAS", False, False),
        ("WFC", "FLAT", False, False),
        ("HRC", "EXT", False, False),
        ("HRC", "EXT", False, True),
        ("HRC", "FLAT", False, False),
        ("SBC", "EXT", False, True),
        ("SBC", "DARK", False, False),
    }
    assert {len(o.members) for o in made} >= {0, 2, 3, 6}
    assert any(o.target.moving for o in made)
    assert any("flt" not in o.filetypes for o in made if not o.members)
    assert {o.ipppssoot[8] for o in made if o.members} >= {"0", "1", "2"}


def test_headers_have_exactly_the_keywords_of_their_lists(headers, specs):
    for path, key, header in headers:
        listed = {spec.keyword for spec in specs.lists[key].values()}
        there = keywords(header)
        beside = LEFTOVERS if key.extension == 0 else set()
        assert there - listed <= beside, (path.name, key)
        missing = {keyword for keyword in listed - there if not cannot_have(header, keyword)}
        assert not missing, (path.name, key)


def test_together_they_have_all_keywords_of_all_lists(root, specs, detectors):
    found: dict[HeaderKey, set[str]] = defaultdict(set)
    for path, name in datasets(root, specs):
        with fits.open(path) as hdus:
            for number, hdu in enumerate(hdus):
                key = HeaderKey(detectors[path.parent.name], name.filetype, number)
                found[key] |= keywords(hdu.header)
    for key, listed in specs.lists.items():
        assert {spec.keyword for spec in listed.values()} <= found[key], key


def is_of_type(spec: KeywordSpec, value: object) -> bool:
    if isinstance(value, fits.card.Undefined):
        return True
    match spec.type:
        case "int":
            return isinstance(value, int) and not isinstance(value, bool)
        case "float":
            return isinstance(value, float)
        case "bool":
            return isinstance(value, bool)
        case "str":
            return isinstance(value, str) or spec.keyword in ("MTFLAG", "T_SGSTAR")
    if spec.formats:
        return any(datetime.strptime(value, form) for form in spec.formats)
    kinds = {"date": date, "time": time, "datetime": datetime}
    return kinds[spec.type].fromisoformat(value) is not None


def test_values_are_of_the_types_of_the_specs(headers, specs):
    for path, key, header in headers:
        for item in header.cards:
            spec = specs.spec(BLOCK.sub(r"Dnnn\2", item.keyword), key)
            if spec and item.keyword not in LEFTOVERS:
                assert is_of_type(spec, item.value), (path.name, key, item)


def test_numbers_that_a_list_calls_text_are_blank(headers, specs):
    found = 0
    for _, key, header in headers:
        for name, spec in specs.lists[key].items():
            usual = specs.keywords[name].type
            if spec.type == "str" and usual in ("int", "float", "bool"):
                assert header.get(spec.keyword, "") == ""
                found += spec.keyword in header
    assert found > 50


def test_astropy_finds_nothing_to_complain_about(root):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for path in root.glob("*/*/*.fits"):
            assert path.stat().st_size % cards.BLOCK == 0
            with fits.open(path, output_verify="exception") as hdus:
                hdus.verify("exception")
                for hdu in hdus:
                    assert hdu.header.tostring(padding=False).isascii()
                    assert hdu.data is None or len(hdu.data) > 0


def test_the_number_of_extensions_is_true(root, specs):
    for path, _ in datasets(root, specs):
        with fits.open(path) as hdus:
            assert hdus[0].header["NEXTEND"] == len(hdus) - 1


def test_the_same_arguments_give_the_same_bytes(root, tmp_path):
    again = tmp_path / "again"
    sample.write(again, COUNT)
    files = sorted(path.relative_to(root) for path in root.rglob("*") if path.is_file())
    assert files == sorted(p.relative_to(again) for p in again.rglob("*") if p.is_file())
    same, *different = filecmp.cmpfiles(root, again, files, shallow=False)
    assert len(same) == len(files)
    assert different == [[], []]


def test_another_seed_gives_another_archive(root, tmp_path):
    sample.write(tmp_path / "other", 3, seed=2)
    mine = {path.name for path in root.glob("*/*")}
    assert not mine & {path.name for path in (tmp_path / "other").glob("*/*")}


@pytest.mark.parametrize("keyword", SHARED)
def test_all_files_of_an_observation_agree(primaries, keyword):
    compared = 0
    for ipppssoot, found in primaries.items():
        held = [header[keyword] for header in found.values() if keyword in header]
        assert len(set(held)) <= 1, ipppssoot
        compared += len(held) > 1
    assert compared


def test_headers_say_what_was_planned(primaries, planned):
    for observation in planned:
        filetype = "drz" if observation.members else "raw"
        header = primaries[observation.ipppssoot][filetype]
        assert header["FILENAME"] == str(observation.filename(filetype))
        assert header["ROOTNAME"] == observation.ipppssoot
        assert header["TARGNAME"] == observation.target.name
        assert header["PROPOSID"] == observation.proposal.proposid
        assert header["EXPTIME"] == observation.exptime
        start = Time(header["EXPSTART"], format="mjd")
        assert start.isot[:10] == header["DATE-OBS"]
        if observation.members:
            assert header["EXPSTART"] == observation.members[0].start
            assert header["EXPEND"] == observation.members[-1].end
        else:
            lasted = (header["EXPEND"] - header["EXPSTART"]) * 86400
            assert lasted == pytest.approx(header["EXPTIME"], abs=0.01)


def test_members_know_their_association(root, primaries, planned):
    products = [o for o in planned if "asn" in o.filetypes]
    assert len(products) >= 3
    for product in products:
        folder = root / paths.observation_path(product.ipppssoot)
        rows = fits.getdata(folder / f"{product.ipppssoot}_asn.fits")
        listed = {row["MEMNAME"].lower(): row["MEMTYPE"] for row in rows}
        members = [o for o in planned if o.asn_id == product.ipppssoot]
        assert listed == {o.ipppssoot: o.asn_mtyp for o in members}
        for member in members:
            header = primaries[member.ipppssoot]["spt"]
            assert header["ASN_ID"] == product.ipppssoot.upper()
            assert header["ASN_TAB"] == f"{product.ipppssoot}_asn.fits"


def test_drizzled_products_have_a_block_for_every_input(primaries, planned):
    for observation in (o for o in planned if "drz" in o.filetypes):
        header = primaries[observation.ipppssoot]["drz"]
        chips = len(camera.readouts(observation.visit.aperture, "small"))
        inputs = [header[key] for key in header if re.fullmatch(r"D\d{3}DATA", key)]
        assert len(inputs) == chips * len(observation.exposures)
        assert {text[:9] for text in inputs} == {e.ipppssoot for e in observation.exposures}


def test_jitter_files_have_one_extension_for_every_exposure(primaries, planned):
    counts = set()
    for observation in planned:
        for filetype in {"jit", "jif"} & set(observation.filetypes):
            header = primaries[observation.ipppssoot][filetype]
            assert header["NEXTEND"] == len(observation.exposures)
            counts.add(header["NEXTEND"])
    assert counts == {1, 2, 3, 6}


@pytest.mark.parametrize("count", [60, 300])
def test_times_and_detectors_are_those_of_the_mission(specs, count):
    for observation in schedule.plan(count, 4, specs):
        day = Time(observation.start, format="mjd").isot[:10]
        assert "2002-04-01" <= day <= "2017-12-31"
        if observation.detector == "HRC":
            assert day < "2007-01-27"
        if observation.detector == "WFC":
            assert not "2007-01-27" <= day <= "2009-05-20"
        limit = sum(1 for k in specs.lists if k[:2] == (observation.detector, "jif")) - 1
        assert len(observation.exposures) <= limit


def test_the_telescope_keeps_away_from_the_sun(specs):
    for observation in schedule.plan(100, 6, specs):
        if not observation.internal:
            sun = get_sun(Time(observation.start, format="mjd"))
            mine = SkyCoord(*schedule.sun(observation.start), unit="deg")
            assert mine.separation(SkyCoord(sun.ra, sun.dec)).deg < 0.5
            target = SkyCoord(observation.target.ra, observation.target.dec, unit="deg")
            assert target.separation(SkyCoord(sun.ra, sun.dec)).deg > 50


def test_exposures_of_a_visit_follow_each_other(planned):
    for earlier, later in pairwise(o for o in planned if not o.members):
        if earlier.serial == later.serial:
            assert later.start > earlier.end


def science(
    root: Path, observation: schedule.PlannedObservation, filetype: str
) -> list[tuple[np.ndarray, fits.Header, WCS]]:
    folder = root / paths.observation_path(observation.ipppssoot)
    found = []
    with fits.open(folder / str(observation.filename(filetype)), memmap=False) as hdus:
        for hdu in (hdu for hdu in hdus if hdu.name == "SCI"):
            header = hdu.header.copy()
            if "WCSDVARR" not in hdus:
                # What blending leaves of the references to tables is not for astropy.
                for keyword in filter(OF_LOOKUPS.fullmatch, list(header)):
                    del header[keyword]
            found.append((hdu.data, header, WCS(header, hdus)))
    return found


SCALES = {"WFC": 0.05, "HRC": 0.027, "SBC": 0.032}


@pytest.mark.parametrize("filetype", ["raw", "flt", "flc", "crj", "drz", "drc"])
def test_images_point_at_their_target(root, planned, filetype):
    external = [o for o in planned if filetype in o.filetypes and not o.internal]
    assert external
    for observation in external:
        hits = 0
        target = SkyCoord(observation.target.ra, observation.target.dec, unit="deg")
        for data, header, wcs in science(root, observation, filetype):
            rows, columns = data.shape
            scale = 3600 * np.sqrt(abs(np.linalg.det(wcs.wcs.cd)))
            assert scale == pytest.approx(16 * SCALES[observation.detector], rel=0.01)
            middle = wcs.pixel_to_world((columns - 1) / 2, (rows - 1) / 2)
            # The target of a whole WFC lies on one chip only.
            assert middle.separation(target).arcsec < scale * np.hypot(rows, columns)
            x, y = wcs.world_to_pixel(target)
            hits += bool(-0.5 <= x < columns and -0.5 <= y < rows)
            assert header["ORIENTAT"] % 90 > 0.01
        assert hits == 1, observation.ipppssoot


def test_raw_flt_and_drz_place_the_target_on_its_light(root, planned):
    """The brightest pixels of a compact target are where its coordinates are."""
    planet = next(o for o in planned if o.target.moving)
    target = SkyCoord(planet.target.ra, planet.target.dec, unit="deg")
    for filetype in ("raw", "flt", "drz"):
        ((data, _, wcs),) = science(root, planet, filetype)
        x, y = map(float, wcs.world_to_pixel(target))
        above = data.astype(float) - np.nanmedian(data)
        rows, columns = np.nonzero(above > 0.6 * above[round(y), round(x)])
        assert np.median(columns) == pytest.approx(x, abs=2)
        assert np.median(rows) == pytest.approx(y, abs=2)


def test_distortion_tables_can_be_used(root, planned):
    used = 0
    for observation in (o for o in planned if "flt" in o.filetypes):
        folder = root / paths.observation_path(observation.ipppssoot)
        with fits.open(folder / f"{observation.ipppssoot}_flt.fits") as hdus:
            if "WCSDVARR" in hdus:
                wcs = WCS(hdus["SCI", 1].header, hdus)
                assert wcs.cpdis1 is not None
                assert np.isfinite(wcs.all_pix2world(3, 3, 0)).all()
                used += 1
    assert used >= 3


def test_statistics_are_those_of_the_pixels(root, planned):
    for observation in (o for o in planned if "flt" in o.filetypes):
        folder = root / paths.observation_path(observation.ipppssoot)
        with fits.open(folder / f"{observation.ipppssoot}_flt.fits") as hdus:
            sci, dq = hdus["SCI", 1], hdus["DQ", 1].data
            good = np.isfinite(sci.data) & (True if dq is None else dq == 0)
            assert sci.header["NGOODPIX"] == good.sum()
            mean = sci.data[good].mean(dtype=float)
            assert sci.header["GOODMEAN"] == pytest.approx(mean, rel=1e-5)
        with fits.open(folder / f"{observation.ipppssoot}_raw.fits") as hdus:
            assert hdus[1].header["DATAMIN"] == hdus[1].data.min()
            assert hdus[1].header["DATAMAX"] == hdus[1].data.max()


def test_data_types_are_those_of_the_pipeline(root, planned):
    for observation in planned:
        folder = root / paths.observation_path(observation.ipppssoot)
        for filetype in {"raw", "flt", "flc", "crj", "crc"} & set(observation.filetypes):
            path = folder / f"{observation.ipppssoot}_{filetype}.fits"
            with fits.open(path, do_not_scale_image_data=True) as hdus:
                sci = hdus["SCI", 1]
                assert sci.data.dtype == (">i2" if filetype == "raw" else ">f4")
                assert ("BZERO" in sci.header) == (filetype == "raw")
                assert hdus["DQ", 1].data is None or hdus["DQ", 1].data.dtype == ">i2"
                assert [h.header.get("CCDCHIP") for h in hdus if h.name == "SCI"] == [
                    readout.chip for readout in camera.readouts(observation.visit.aperture, "small")
                ]
            if filetype == "raw":
                assert fits.getdata(path).dtype == np.uint16


def test_files_that_are_no_datasets_lie_about(root, specs):
    foreign = set()
    for path in root.glob("*/*/*"):
        try:
            filetype = Filename.parse(path.name).filetype
        except InvalidName:
            foreign.add(path.suffix)
        else:
            foreign |= {filetype} - specs.filetypes.keys()
    assert foreign == {".jpg", "trl", "hlet"}


def test_strings_are_padded_and_long_ones_continued(raw_texts, headers):
    assert all(re.search(r"ROOTNAME= '[a-z0-9]{9} {25}'", text) for text in raw_texts)
    for keyword in ("RULEFILE", "TARDESCR"):
        assert any(len(header.get(keyword, "")) > 68 for _, _, header in headers)


def test_sections_are_titled_and_set_off(raw_texts):
    title = " " * 80 + "              / TARGET INFORMATION".ljust(80) + " " * 80
    assert all(title in text for text in raw_texts)


def test_raw_files_are_dated_by_day_and_calibrated_ones_by_second(primaries):
    forms = {
        (filetype, len(header["DATE"]))
        for found in primaries.values()
        for filetype, header in found.items()
        if filetype in ("raw", "flt")
    }
    assert forms == {("raw", 10), ("flt", 19)}


def test_some_values_are_undefined(headers):
    found = {
        keyword
        for _, _, header in headers
        for keyword in header
        if keyword and header[keyword] is None
    }
    assert "SURFALTD" in found


def test_some_keywords_are_repeated(headers):
    assert any(header.count("PYWCSVER") == 2 for _, _, header in headers if "PYWCSVER" in header)


def test_comments_and_history_are_there(headers):
    assert any("HISTORY" in header for _, key, header in headers if key.filetype == "flt")
    assert all("COMMENT" in h for _, key, h in headers if key[1:] == ("drz", 0))


def test_record_valued_cards_are_written_as_such(headers):
    found = [header for _, _, header in headers if "DP1.EXTVER" in header]
    written = [h for h in found if "DP1     = 'EXTVER: 1.0'" in h.tostring()]
    assert written
    assert all(header["DP1.EXTVER"] == 1.0 for header in written)


def test_flags_stand_as_logicals_where_text_is_expected(headers):
    kinds = {
        (keyword, type(header[keyword]))
        for _, key, header in headers
        for keyword in ("MTFLAG", "T_SGSTAR")
        if key.extension == 0 and key.filetype == "raw"
    }
    assert kinds == {("MTFLAG", bool), ("MTFLAG", str), ("T_SGSTAR", bool), ("T_SGSTAR", str)}


def test_some_arrays_are_only_a_constant(root, specs):
    found = set()
    for path, name in datasets(root, specs):
        with fits.open(path) as hdus:
            for hdu in hdus[1:]:
                if "PIXVALUE" in hdu.header and hdu.header["NAXIS"] == 0:
                    assert hdu.data is None
                    found.add((name.filetype, hdu.name))
    assert found >= {("raw", "ERR"), ("raw", "DQ"), ("flt", "ERR"), ("flt", "DQ"), ("crj", "DQ")}


def test_lost_rows_are_flagged(root):
    lossy = [p for p in root.glob("*/*/*_raw.fits") if fits.getheader(p, 3)["NAXIS"] == 2]
    assert lossy
    for path in lossy:
        with fits.open(path) as hdus:
            lost = hdus[3].data > 0
            assert lost.any()
            assert (hdus[1].data[lost] == 0).all()


def test_some_calibrated_pixels_are_no_numbers(root):
    images = [fits.getdata(path, 1) for path in root.glob("*/*/*_flt.fits")]
    holes = [np.isnan(image).mean() for image in images]
    assert any(holes)
    assert not all(holes)
    assert max(holes) < 0.05


def test_proposals_are_described(root, planned):
    listed = yaml.safe_load((root / "proposals.yaml").read_text())
    assert set(listed) == {observation.proposal.proposid for observation in planned}
    for proposid, facts in listed.items():
        proposal = proposals.PROPOSALS[proposid]
        assert facts["type"] in PROPOSAL_TYPES
        assert facts["title"] and isinstance(facts["cycle"], int)
        assert facts["pi"] == f"{proposal.last_name}, {proposal.first_name}"
    assert len({facts["type"] for facts in listed.values()}) >= 5


@pytest.mark.parametrize(
    ("frame", "raw", "flt"),
    [
        ("small", (130, 260), (128, 256)),
        ("medium", (259, 518), (256, 512)),
        ("full", (2068, 4144), (2048, 4096)),
    ],
)
def test_frames_have_the_sizes_of_the_detector(frame, raw, flt):
    lower, upper = camera.readouts("WFC", frame)
    assert lower.raw_shape == upper.raw_shape == raw
    assert lower.shape == upper.shape == flt
    assert (lower.chip, upper.chip) == (2, 1)


@pytest.mark.parametrize(
    ("aperture", "shape"),
    [("HRC", (1044, 1062)), ("SBC", (1024, 1024)), ("WFC1-1K", (1024, 1046))],
)
def test_single_images_have_the_sizes_of_their_aperture(aperture, shape):
    (readout,) = camera.readouts(aperture, "full")
    assert readout.raw_shape == shape


@settings(deadline=None)
@given(
    ra=st.floats(0, 360, exclude_max=True),
    dec=st.floats(-85, 85),
    xi=st.floats(-0.05, 0.05),
    eta=st.floats(-0.05, 0.05),
)
def test_the_projection_is_that_of_fits(ra, dec, xi, eta):
    wcs = WCS(naxis=2)
    wcs.wcs.ctype = "RA---TAN", "DEC--TAN"
    wcs.wcs.crval = ra, dec
    wcs.wcs.crpix = 1, 1
    wcs.wcs.set()
    expected = SkyCoord(*wcs.wcs_pix2world(xi, eta, 0), unit="deg")
    mine = SkyCoord(*camera.deproject(ra, dec, xi, eta), unit="deg")
    assert expected.separation(mine).arcsec < 1e-5


@settings(deadline=None)
@given(text=st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=400))
def test_astropy_reads_texts_of_any_length_as_written(text):
    header = fits.Header.fromstring(cards.card("TEXT", text, "whatever"))
    assert header["TEXT"] == text.rstrip(" ")


@settings(deadline=None)
@given(value=st.floats(allow_nan=False, allow_infinity=False))
def test_astropy_reads_numbers_as_written(value):
    header = fits.Header.fromstring(cards.card("NUMBER", value, "whatever"))
    assert isinstance(header["NUMBER"], float)
    assert header["NUMBER"] == pytest.approx(value, rel=1e-11)


def test_it_does_not_write_into_an_archive(root):
    with pytest.raises(ArchiveError, match=re.escape(str(root))):
        sample.write(root, 1)


def test_it_does_not_write_over_a_file(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ArchiveError, match=re.escape(str(tmp_path / "file"))):
        sample.write(tmp_path / "file", 1)


def test_it_writes_into_an_empty_directory(tmp_path):
    assert sample.write(tmp_path, 1).observations == 1


@pytest.mark.parametrize("wrong", [{"observations": 0}, {"observations": -3}, {"frame": "huge"}])
def test_arguments_without_sense_are_refused_before_anything_is_made(tmp_path, wrong):
    with pytest.raises(ArchiveError, match=next(iter(wrong))):
        sample.write(tmp_path / "new", **wrong)
    assert not (tmp_path / "new").exists()


def test_progress_is_told_of_every_observation(tmp_path):
    seen = []

    def watch(items):
        for item in items:
            seen.append(item.ipppssoot)
            yield item

    sample.write(tmp_path / "new", 3, progress=watch)
    assert seen == sorted(seen, key=seen.index)
    assert set(seen) == {path.name for path in (tmp_path / "new").glob("*/*/")}
