"""Keywords that all files of an observation share."""

import pytest
from astropy.io import fits
from astropy.time import Time

from acsql import paths

# What several files of an observation say.
SHARED = (
    "DATE-OBS", "TIME-OBS", "EXPSTART", "EXPEND", "EXPTIME", "TARGNAME", "RA_TARG", "DEC_TARG",
    "PROPOSID", "DETECTOR", "APERTURE", "FILTER1", "FILTER2", "OBSTYPE", "OBSMODE", "IMAGETYP",
    "SUBARRAY", "CCDAMP", "CCDGAIN", "FLASHDUR", "PA_V3", "ASN_ID", "ASN_TAB", "ASN_MTYP",
    "PR_INV_L", "PR_INV_F", "LINENUM", "PROGRMID", "CONFIG",
)  # fmt: skip


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


def test_raw_files_are_dated_by_day_and_calibrated_ones_by_second(primaries):
    forms = {
        (filetype, len(header["DATE"]))
        for found in primaries.values()
        for filetype, header in found.items()
        if filetype in ("raw", "flt")
    }
    assert forms == {("raw", 10), ("flt", 19)}
