"""From headers to a document."""

from dataclasses import replace
from datetime import datetime

from acsql.fits.cards import parse
from acsql.fits.file_card import UnreadableValue
from acsql.ingest.document import build_document, type_headers
from acsql.ingest.on_disk import FileOnDisk, ObservationOnDisk
from acsql.ingest.read import FileContent
from acsql.keywords import HeaderKey, KeywordSpecs
from acsql.names import Filename

WHEN = datetime(2026, 1, 1)
CARDS = [("DETECTOR", "HRC"), ("PROPOSID", 9019), ("TARGNAME", "NGC104")]


def contents(*filetypes: str, **fields) -> dict[str, FileContent]:
    """Return what was read of a file of each filetype."""
    return {
        filetype: FileContent(
            FileOnDisk(
                Filename("j8bt05njq", filetype),
                f"j8bt/j8bt05njq/j8bt05njq_{filetype}.fits",
                2880,
                WHEN,
            ),
            [CARDS],
            **fields,
        )
        for filetype in filetypes
    }


def built(
    read: dict[str, FileContent], existing: dict | None, specs: KeywordSpecs
) -> tuple[dict, tuple[str, ...]]:
    observation = ObservationOnDisk("j8bt05nj", "j8bt05njq", "j8bt/j8bt05njq")
    headers = type_headers(read, existing, specs)
    return build_document(observation, read, headers, existing, "CAL/ACS", specs)


def test_a_new_document_has_headers_files_and_promoted_keywords(specs: KeywordSpecs) -> None:
    document, warnings = built(contents("raw", preview={"jpeg": "9019/a.jpg"}), None, specs)
    assert warnings == ()
    assert document["_id"] == "j8bt05nj"
    assert (document["detector"], document["proposid"]) == ("HRC", 9019)
    assert document["proposal_type"] == "CAL/ACS"
    assert document["first_ingest_date"] is document["last_ingest_date"] is None
    assert document["datasets"] == {"raw": "j8bt05njq_raw.fits"}
    assert document["headers"]["raw"]["0"]["targname"] == "NGC104"
    assert document["files"]["raw"]["size"] == 2880
    assert document["previews"] == {"raw": {"jpeg": "9019/a.jpg"}}
    assert "position" not in document


def test_other_filetypes_of_a_stored_document_are_kept(specs: KeywordSpecs) -> None:
    before, _ = built(contents("raw", "flt", preview={"jpeg": "9019/a.jpg"}), None, specs)
    before["first_ingest_date"] = datetime(2020, 1, 1)
    del before["headers"]["flt"]
    after, _ = built(contents("flt"), before, specs)
    assert after["first_ingest_date"] == datetime(2020, 1, 1)
    assert set(after["headers"]) == set(after["files"]) == {"raw", "flt"}
    assert set(after["previews"]) == {"raw"}
    assert "flt" not in before["headers"], "the stored document is not changed"


def test_an_observation_without_a_detector_is_a_warning(specs: KeywordSpecs) -> None:
    read = {"raw": replace(contents("raw")["raw"], headers=[[("ROOTNAME", "j8bt05njq")]])}
    document, warnings = built(read, None, specs)
    assert document["detector"] is None
    assert warnings == ("no header has the detector",)


def test_keywords_not_in_the_specs_and_type_mismatches_are_listed(specs: KeywordSpecs) -> None:
    cards = [*CARDS, ("NEWKEY", 1.5), ("EXPTIME", "long")]
    headers = type_headers({"raw": replace(contents("raw")["raw"], headers=[cards])}, None, specs)
    key = HeaderKey("HRC", "raw", 0)
    assert headers.unspecified == {(key, "NEWKEY"): ("float", "j8bt05njq_raw.fits")}
    assert list(headers.mismatches) == [(key, "EXPTIME")]
    assert headers.promoted["exptime"] is None


def test_values_that_astropy_cannot_read_are_reported_with_file_extension_and_keyword(
    specs: KeywordSpecs,
) -> None:
    cards = [
        *CARDS[:2],
        ("TARGNAME", UnreadableValue("NGC\t104")),
        ("A\x00B", UnreadableValue("5")),
    ]
    read = {"raw": replace(contents("raw")["raw"], headers=[CARDS, cards])}
    headers = type_headers(read, None, specs)
    assert headers.stored["raw"]["1"]["targname"] == "NGC\t104"
    (warning,) = headers.warnings
    assert "j8bt05njq_raw.fits, extension 1" in warning
    assert r"TARGNAME, A\x00B" in warning


def test_a_document_lists_the_type_mismatches_of_all_its_headers(specs: KeywordSpecs) -> None:
    cards = [*CARDS, ("EXPTIME", "long")]
    read = {"raw": replace(contents("raw")["raw"], headers=[cards])}
    existing = {"type_mismatches": ["flt.1.goodmean", "raw.1.goodmean"]}
    document, _ = built(read, existing, specs)
    assert document["type_mismatches"] == ["flt.1.goodmean", "raw.0.exptime"]
    document, _ = built(contents("raw", "flt"), existing, specs)
    assert "type_mismatches" not in document


def test_a_document_names_the_layouts_of_its_headers(specs: KeywordSpecs) -> None:
    images = ("DETECTOR= 'HRC     '", "PROPOSID=   9019 / number", "TARGNAME= 'NGC104'", "END")
    in_file = parse("".join(image.ljust(80) for image in images).encode())
    document, _ = built(contents("raw", in_file=[in_file]), {"layouts": {"flt": {}}}, specs)
    assert document["layouts"]["flt"] == {}
    assert document["layouts"]["raw"]["0"].keys() == {"id"}
    # The keywords shown are not those of the file.
    document, _ = built(contents("raw", in_file=[in_file[:2]]), None, specs)
    assert document["layouts"]["raw"] == {}
