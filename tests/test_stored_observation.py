"""An observation as stored: its headers by filetype and extension, and its keywords."""

import copy
import pickle
from collections.abc import Mapping

import dask.bag
import pytest
from astropy.io import fits

import acsql
from acsql.errors import InvalidName, ObservationNotFound, QueryError


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


def test_an_observation_is_a_mapping_of_its_top_level_keywords(sample_archive) -> None:
    observation = sample_archive.observation(next(sample_archive.where().rows())["rootname"])
    assert isinstance(observation, Mapping)
    assert list(observation) == list(sample_archive.specs.top_level)
    assert dict(observation) == observation.metadata
    assert "exptime" in observation
    assert "spt.0.rootname" in observation
    assert "exptme" not in observation
    assert "asn.99.exptime" not in observation
    assert observation.get("exptme", "none") == "none"
    assert observation.get("EXPTIME") == observation["exptime"]
    with pytest.raises(QueryError, match="did you mean exptime"):
        observation["exptme"]
    with pytest.raises(KeyError, match=f"{observation.rootname} has no 'rax'; it has"):
        observation.headers["rax"]


def test_an_observation_and_its_archive_are_read_again_where_they_are_unpickled(
    sample_archive,
) -> None:
    observation = sample_archive.observation(next(sample_archive.where().rows())["rootname"])
    one, other = pickle.loads(pickle.dumps([observation, observation.rootname]))
    assert dict(one) == dict(observation)
    assert one.headers == observation.headers
    assert one != observation
    assert other == observation.rootname
    assert copy.copy(sample_archive).store is sample_archive.store
    assert copy.copy(sample_archive) is not copy.copy(sample_archive)
    archives = [pickle.loads(pickle.dumps(sample_archive)) for _ in range(2)]
    assert archives[0] is archives[1]
    assert archives[0].count() == sample_archive.count()


def test_a_dask_bag_maps_over_the_rootnames_of_a_search(sample_archive) -> None:
    def read_detector(rootname: str, archive: acsql.Archive) -> str:
        return archive.observation(rootname)["detector"]

    names = list(sample_archive.search(detector="WFC", limit=4)["rootname"])
    bag = dask.bag.from_sequence(names).map(read_detector, archive=sample_archive)
    assert bag.compute(scheduler="processes", num_workers=2) == ["WFC"] * 4
