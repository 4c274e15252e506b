"""Annotations leave as CSV, JSON Lines and ECSV, and come back once."""

import json
from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import acsql
from acsql.annotation_files import from_row, read, to_row, write
from acsql.annotations import Action, Annotation, AnnotationTarget
from acsql.errors import AnnotationError
from acsql.store.annotations import reads, writes
from acsql.web.app import create_app

WHEN = datetime(2026, 11, 28, 12, 30, 15, 250_000)
ENTRIES = [
    Annotation(
        "1",
        Action.FLAG,
        AnnotationTarget("j8bt05nj", "flt", 1, "circle(1, 2, 3)"),
        "bias monitor",
        WHEN,
        flag="other",
        text='a "quoted", reason',
        batch="b",
    ),
    Annotation("2", Action.COMMENT, AnnotationTarget(proposid=9019), "ann", WHEN, text="007"),
    Annotation("3", Action.VIEW, AnnotationTarget("j8bt05nk"), "ann", WHEN),
    Annotation("4", Action.UNDO, AnnotationTarget("j8bt05nk"), "ann", WHEN, of="3", batch="u"),
]


names = st.text(st.characters(codec="utf-8"), min_size=1, max_size=9)
awkward = st.text(" \\\"#,;'=-\n\r\t\x00\x07\x85\u2028n", min_size=1, max_size=9)


@pytest.mark.parametrize("format_", ["csv", "jsonl", "ecsv"])
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=st.lists(names | awkward, max_size=4))
def test_annotations_are_read_as_they_were_exported(format_, drawn, tmp_path, specs):
    comment = Annotation("5", Action.COMMENT, AnnotationTarget(run=1), "ann", WHEN)
    with_texts = [replace(comment, text=f"{text}.", batch=text) for text in drawn]
    file = tmp_path / f"annotations.{format_}"
    write(file, ENTRIES + with_texts)
    assert read(file, specs) == ENTRIES + with_texts


def test_an_archive_exports_what_another_one_imports(empty_archive, tmp_path):
    text = "Lost at 12:05.\nFound again:  \\n"
    batch = empty_archive.comment(text, proposid=9019, by="ann")
    for ending in ("csv", "jsonl", "ecsv"):
        empty_archive.export_annotations(tmp_path / f"of_ann.{ending}", by="ann")
        (entry,) = read(tmp_path / f"of_ann.{ending}", empty_archive.specs)
        assert (entry.id, entry.text) == (*batch.annotations, text)
        assert empty_archive.import_annotations(tmp_path / f"of_ann.{ending}") == 0


@pytest.mark.parametrize(
    "text", ["=1+1", "- weak\n- odd;=2", "'=1", "''", "'t is odd", "@ann: see"]
)
def test_a_file_of_the_site_is_read_as_it_was_written(text, empty_archive, tmp_path):
    batch = empty_archive.comment(text, proposid=9019, by="ann")
    download = create_app(empty_archive).test_client().get("/api/annotations?format=csv")
    (tmp_path / "site.csv").write_bytes(download.data)
    empty_archive.export_annotations(tmp_path / "archive.csv")
    for name in ("site.csv", "archive.csv"):
        (entry,) = read(tmp_path / name, empty_archive.specs)
        assert (entry.id, entry.text) == (*batch.annotations, text)


@pytest.mark.parametrize("text", ["'=1+1", "'- weak;'=2", "''+"])
def test_quotes_in_a_file_of_another_system_are_part_of_the_text(text, specs, tmp_path):
    file = tmp_path / "old.csv"
    file.write_text(f"proposid,text,by,when\n9019,{text},ann,2009-06-01\n")
    (entry,) = read(file, specs)
    assert entry.text == text


def test_an_import_is_repeated_without_effect(empty_archive: acsql.Archive, tmp_path):
    file = tmp_path / "old.csv"
    file.write_text(
        "rootname,flag,text,by,when\n"
        "j8bt05njq,satellite_trail,bright,ann,2009-06-01\n"
        "j8bt05nkq,,odd,bob,2009-06-02T12:00:00+02:00\n"
    )
    assert empty_archive.import_annotations(file) == 2
    assert empty_archive.import_annotations(file) == 0
    flag, comment = empty_archive.annotations()
    assert (flag.action, flag.target.rootname, flag.text) == ("flag", "j8bt05nj", "bright")
    assert (comment.action, comment.when) == ("comment", datetime(2009, 6, 2, 10))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        (
            "old.csv",
            "rootname,filetype,extension,flag,by,when\r\n{},flt,1,other,ann,2009-06-01\r\n",
        ),
        (
            "OLD.CSV",
            "rootname,filetype,extension,flag,by,when\n\n{},flt,1.0,other,ann,2009-06-01\n",
        ),
        (
            "old.jsonl",
            '\n{{"rootname": "{}", "filetype": "flt", "extension": 1.0, "flag": "other", '
            '"by": "ann", "when": "2009-06-01"}}\n\n',
        ),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_files_are_read_as_spreadsheets_and_pandas_write_them(
    name, content, encoding, tmp_path, specs
):
    file = tmp_path / name
    file.write_text(content.format("j8bt05nj"), encoding=encoding, newline="")
    (entry,) = read(file, specs)
    assert entry.target == AnnotationTarget("j8bt05nj", "flt", 1)


def test_stored_annotations_are_those_that_were_exported(store, specs):
    writes.add(store, ENTRIES)
    rows = [to_row(entry) for _, entry in reads.numbered(store)]
    assert [from_row(row, specs) for row in rows] == ENTRIES


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"flag": "other", "by": "ann", "when": "2009-06-01"}, "one of an observation"),
        ({"rootname": "j8bt05nj", "flag": "other", "when": "2009-06-01"}, "by is missing"),
        ({"rootname": "j8bt05nj", "flag": "other", "by": "ann"}, "when is missing"),
        ({"rootname": "j8bt05nj", "flag": "other", "by": "ann", "when": "then"}, "isoformat"),
        (
            {"rootname": "j8bt05nj", "flag": "comet", "by": "ann", "when": "2009-06-01"},
            "no flag 'comet': add it",
        ),
        ({"run": "first", "text": "odd", "by": "ann", "when": "2009-06-01"}, "invalid literal"),
        ({"colour": "red"}, "unknown column 'colour'"),
        ({"action": "praise", "run": 1, "by": "ann", "when": "2009-06-01"}, "praise"),
    ],
)
def test_a_wrong_row_is_named_and_none_is_added(row, reason, empty_archive, tmp_path):
    good = {"run": 1, "text": "odd", "by": "ann", "when": "2009-06-01"}
    file = tmp_path / "rows.jsonl"
    file.write_text("\n".join(map(json.dumps, [good, row])))
    with pytest.raises(AnnotationError, match=f"row 2: .*{reason}"):
        empty_archive.import_annotations(file)
    assert list(empty_archive.annotations()) == []


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("rows.txt", "", "suffix .csv, .jsonl, .ecsv"),
        ("rows.jsonl", "[]", "expected an object"),
        ("rows.jsonl", "{", "cannot read"),
        ("rows.csv", "by,when\nann", "more or fewer values"),
        ("rows.ecsv", "by,when\nann", "cannot read"),
        ("missing/rows.csv", None, "cannot read"),
    ],
)
def test_a_file_that_is_none_of_annotations_is_refused(name, content, reason, tmp_path, specs):
    file = tmp_path / name
    if content is not None:
        file.write_text(content)
    with pytest.raises(AnnotationError, match=reason):
        read(file, specs)
