"""An observation as stored: its headers by filetype and extension, and its keywords."""

import pytest
from astropy.io import fits

import acsql
from acsql.errors import InvalidName, ObservationNotFound


def rootnames(archive: acsql.Archive, length: int) -> list[str]:
    """Return the rootnames of this length."""
    rows = archive.where().columns("rootname").rows()
    return [row["rootname"] for row in rows if len(row["rootname"]) == length]


def test_all_ways_to_read_a_header_give_the_same(sample_archive) -> None:
    for row in sample_archive.where().limit(5).rows():
        observation = sample_archive.observation(row["rootname"])
        for filetype, headers in observation.headers.items():
            assert headers == observation.filetype_headers(filetype)
            for extension, header in headers.items():
                assert header == observation.stored_header(filetype, extension)


def test_stored_headers_have_the_structural_keywords_of_the_files(sample_archive) -> None:
    rootname = next(sample_archive.where().rows())["rootname"]
    observation = sample_archive.observation(rootname)
    for filetype, by_extension in observation.headers.items():
        for extension, header in by_extension.items():
            read = fits.getheader(observation.path(filetype), extension)
            for keyword in ("EXTNAME", "NAXIS", "BITPIX"):
                assert header.get(keyword.lower()) == read.get(keyword)


def test_a_rootname_is_accepted_with_eight_or_nine_characters_in_any_case(sample_archive) -> None:
    exposure, product = rootnames(sample_archive, 8)[0], rootnames(sample_archive, 9)[0]
    ipppssoot = sample_archive.observation(exposure).ipppssoot
    for name in (exposure, exposure.upper(), ipppssoot, f"{exposure}z"):
        assert sample_archive.observation(name).rootname == exposure
    assert sample_archive.observation(product.upper()).rootname == product


def test_eight_characters_name_a_product_if_they_fit_only_one(sample_archive) -> None:
    products = rootnames(sample_archive, 9)
    stems = {stem: [p for p in products if p[:8] == stem] for stem in {p[:8] for p in products}}
    for stem, fitting in stems.items():
        if len(fitting) == 1:
            assert sample_archive.observation(stem).rootname == fitting[0]
        else:
            with pytest.raises(ObservationNotFound, match=fitting[-1]):
                sample_archive.observation(stem)
    assert max(map(len, stems.values())) > 1


@pytest.mark.parametrize(
    ("rootname", "error"), [("j9zz99zz", ObservationNotFound), ("no", InvalidName)]
)
def test_a_rootname_that_does_not_exist_is_named(sample_archive, rootname, error) -> None:
    with pytest.raises(error, match=rootname):
        sample_archive.observation(rootname)
