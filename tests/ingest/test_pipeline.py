"""One observation through all stages: what headers contain is stored, reported and searchable."""

from pathlib import Path

from archive_files import (
    SYNCHRONOUS,
    one_file,
)
from astropy.io import fits

import acsql
from acsql.config import Config
from acsql.ingest import run
from acsql.ingest.observation_result import FAILED, UNCHANGED
from acsql.ingest.pipeline import ingest_observation
from acsql.ingest.plan import Task
from acsql.ingest.replaced import checksum
from acsql.ingest.scan import scan
from acsql.keywords import KeywordSpecs
from acsql.store import observations
from acsql.store.client import Store


def test_type_mismatches_are_stored_and_reported(archive_copy: Config) -> None:
    path = one_file(archive_copy, "*_raw.fits")
    fits.setval(path, "EXPTIME", value="long")
    report = run.ingest(archive_copy, SYNCHRONOUS)
    assert not report.failures
    assert [keyword for _, keyword in report.mismatches] == ["EXPTIME"]
    with acsql.connect(archive_copy) as archive:
        observation = archive.observation(path.name[:8])
        assert observation.headers["raw"][0]["exptime"] == "long"
        assert observation["exptime"] == observation.headers["flt"][0]["exptime"]


def test_a_keyword_not_in_the_specs_can_be_searched_at_once(archive_copy: Config) -> None:
    path = one_file(archive_copy, "*_raw.fits")
    fits.setval(path, "NEW-KEY", value=4.5, ext=1)
    report = run.ingest(archive_copy, SYNCHRONOUS)
    assert "NEW_KEY__2D" in {keyword for _, keyword in report.unspecified}
    with acsql.connect(archive_copy) as archive:
        found = archive.search("raw.1.NEW-KEY>4", columns=["rootname", "raw.1.NEW-KEY"])
        assert list(found["rootname"]) == [path.name[:8]]
        assert list(found["raw.1.new_key__2d"]) == [4.5]


def replace_card(path: Path, extension: int, keyword: str, *cards: bytes) -> None:
    """Write cards, the first over another card, the others over HISTORY cards."""
    content = bytearray(path.read_bytes())
    with fits.open(path) as hdus:
        for card, old in zip(cards, [keyword, *["HISTORY"] * len(cards)], strict=False):
            begin = hdus[extension].fileinfo()["hdrLoc"]
            at = content.index(f"{old:8}".encode(), begin)
            content[at : at + 80] = card.ljust(80)
    path.write_bytes(content)


def test_odd_cards_cost_only_themselves_and_are_named(archive_copy: Config) -> None:
    path = one_file(archive_copy, "*_flt.fits")
    replace_card(path, 0, "TARGNAME", b"TARGNAME= 'NGC\t104'")
    replace_card(path, 1, "GOODMEAN", b"GOODMEAN= NAN / mean")
    replace_card(path, 1, "GOODMIN", b"GOODMIN = -77,35")
    report = run.ingest(archive_copy, SYNCHRONOUS)
    assert not report.failures
    assert report.previews["flt"]
    assert [line for line in report.warnings if path.name in line] == [
        f"{path.name[:8]}: {path.name}, extension {extension}: values that astropy cannot read are "
        f"kept as text: {keyword}"
        for extension, keyword in ((0, "TARGNAME"), (1, "GOODMIN"))
    ]
    with acsql.connect(archive_copy) as archive:
        header = archive.observation(path.name[:8]).header("flt", 1)
        assert header["GOODMIN"] == "-77,35"
        table = archive.search(columns=["rootname", "flt.1.goodmean", "flt.1.goodmin"])
        assert table["flt.1.goodmean"].dtype == table["flt.1.goodmin"].dtype == float
        (note,) = table.meta["notes"]
        assert "flt.1.goodmin: 1 value" in note


def test_a_whole_number_beyond_64_bits_is_found(archive_copy: Config) -> None:
    path = one_file(archive_copy, "*_flt.fits")
    replace_card(path, 0, "TARGNAME", b"BIGINT  = 99999999999999999999")
    run.ingest(archive_copy, SYNCHRONOUS)
    with acsql.connect(archive_copy) as archive:
        found = archive.search("flt.0.bigint=99999999999999999999")
        assert list(found["rootname"]) == [path.name[:8]]


def test_keywords_that_differ_only_in_spelling_are_found_apart(archive_copy: Config) -> None:
    path, other = sorted(archive_copy.filesystem.rglob("*_flt.fits"))[:2]
    fits.setval(other, "NEW_KEY", value=1)
    with fits.open(path, mode="update") as hdus:
        hdus[0].header["DATE_OBS"] = "other"
        hdus[0].header["NEW-KEY"] = 1
        hdus[0].header["HIERARCH A B"] = 1
        hdus[0].header["HIERARCH A.B.C"] = "dots"
    run.ingest(archive_copy, SYNCHRONOUS)
    with acsql.connect(archive_copy) as archive:
        for condition in (
            "flt.0.date_obs__5f=other",
            "flt.0.new-key=1",
            "flt.0.A.B.C=dots",
            acsql.Equals("flt.0.A B", 1),
        ):
            assert list(archive.search(condition)["rootname"]) == [path.name[:8]]
        assert list(archive.search("flt.0.new_key=1")["rootname"]) == [other.name[:8]]
        observation = archive.observation(path.name[:8])
        with fits.open(path) as hdus:
            header = observation.header("flt", 0)
            for keyword in ("DATE-OBS", "DATE_OBS", "NEW-KEY", "A B", "A.B.C"):
                assert header[keyword] == hdus[0].header[keyword]
            assert observation["date_obs"].isoformat()[:10] == hdus[0].header["DATE-OBS"]


def test_an_observation_without_new_content_is_unchanged_and_not_written(
    archive_copy: Config, specs: KeywordSpecs
) -> None:
    run.ingest(archive_copy, SYNCHRONOUS)
    path = one_file(archive_copy, "*_raw.fits")
    (observation,) = scan(archive_copy.filesystem, specs.filetypes, [path.name[:8]])
    stored = checksum(path)
    with Store(archive_copy.connection_string, specs) as store:
        before = observations.document(store, observation.rootname)
        task = Task(observation, filetypes=(), checksums={"raw": stored})
        result = ingest_observation(task, store, specs, archive_copy)
        assert observations.document(store, observation.rootname) == before
    assert result.state == UNCHANGED
    assert (result.filetypes, result.failures) == ((), ())


def test_an_observation_of_which_nothing_can_be_read_has_failed(
    archive_copy: Config, specs: KeywordSpecs
) -> None:
    path = one_file(archive_copy, "*_raw.fits")
    path.write_bytes(b"not a FITS file" * 1000)
    (observation,) = scan(archive_copy.filesystem, specs.filetypes, [path.name[:8]])
    with Store(archive_copy.connection_string, specs) as store:
        task = Task(observation, filetypes=("raw",), checksums={})
        result = ingest_observation(task, store, specs, archive_copy)
        assert observations.document(store, observation.rootname) is None
    assert result.state == FAILED
    assert [failure.filename for failure in result.failures] == [path.name]
