"""The cookbook: each question gives one answer in the Mongo shell and in Python."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from annotation_cleanup import remove_annotations
from astropy.table import Table

import acsql
from acsql import named_queries
from acsql.ingest import measure
from acsql.store.fields import field_path, value_at

COOKBOOK = (Path(__file__).parents[2] / "docs" / "howto" / "cookbook.rst").read_text(
    encoding="utf-8"
)
RECIPES = re.findall(
    r"^(\d+)\. (.*)\n-+\n\n.. code-block:: js\n\n   (.*)\n\n.. code-block:: python\n\n   (.*)\n",
    COOKBOOK,
    re.MULTILINE,
)


def test_every_question_has_a_line_for_the_shell_and_one_of_python() -> None:
    assert [int(number) for number, *_ in RECIPES] == list(range(1, 27))
    assert COOKBOOK.count("code-block:: js") == len(RECIPES)


@pytest.fixture(scope="module")
def annotated_archive(sample_archive: acsql.Archive) -> Iterator[acsql.Archive]:
    """The sample archive with annotations and measurements, removed after these tests."""
    of_wfc = [row["rootname"] for row in sample_archive.where(detector="WFC").rows()]
    sample_archive.flag(of_wfc[:3], "satellite_trail", by="ann")
    sample_archive.flag(of_wfc[1:5], "scattered_light", by="ann")
    sample_archive.flag(of_wfc[3], "scattered_light", clear=True, by="ann")
    sample_archive.mark_viewed(of_wfc[:2], by="ann")
    sample_archive.mark_viewed(of_wfc[1], by="bob")
    measure.run(sample_archive.config, measure.Options(("pointing",), scheduler="synchronous"))
    yield sample_archive
    remove_annotations(sample_archive)
    for name in ("monitor_rows", "monitor_runs", "monitor_summaries", "monitor_alerts"):
        sample_archive.store.database[name].drop()


@pytest.fixture(scope="module")
def shell_answers(
    annotated_archive: acsql.Archive, mongosh: Callable[[str, list[str]], list[Any]]
) -> dict[str, Any]:
    """The answers of one Mongo shell, by question."""
    lines = [line for _, _, line, _ in RECIPES]
    answers = mongosh(annotated_archive.store.connection_string, lines)
    return dict(zip([title for _, title, *_ in RECIPES], answers, strict=True))


@pytest.mark.parametrize(("title", "line"), [(title, line) for _, title, _, line in RECIPES])
def test_python_and_the_shell_agree(
    annotated_archive: acsql.Archive, shell_answers: dict[str, Any], title: str, line: str
) -> None:
    result = eval(line, {"archive": annotated_archive, "named_queries": named_queries})
    answer = shell_answers[title]
    match result:
        case Table():
            assert len(result) > 0
            assert rows_of(answer, result.colnames) == rows_of_table(result)
        case Mapping() if isinstance(answer, list):
            assert result == {row["_id"]: row["number"] for row in answer}
        case np.floating():
            assert result == pytest.approx(answer)
        case _:
            assert result == answer
    assert answer


@pytest.mark.parametrize(
    ("line", "search"),
    [(line, text) for *_, line, text in RECIPES if ".sort(" in line and "find" in line],
)
def test_the_shell_sorts_as_python_does(
    sample_archive: acsql.Archive, line: str, search: str
) -> None:
    """The rows of the sample alone could be in the same order by chance."""
    printed = eval(search, {"archive": Printer(sample_archive)})
    assert _order(printed) == _order(line)


class Printer:
    """An archive whose `search` returns the line for the Mongo shell instead of a table."""

    def __init__(self, archive: acsql.Archive) -> None:
        self.archive = archive

    def search(
        self,
        *conditions: str,
        columns: Sequence[str] = (),
        sort: str | None = None,
        limit: int | None = None,
        **keywords: Any,
    ) -> str:
        search = self.archive.where(*conditions, **keywords).columns(*columns).limit(limit)
        return (search.sort(sort) if sort else search).mongosh()


def _order(line: str) -> str:
    return line.partition(".sort(")[2]


def rows_of(documents: list[dict[str, Any]], columns: list[str]) -> list[list[Any]]:
    """Return the values of some columns of each document."""
    return [
        [value_at(document, field_path(name).split(".")) for name in columns]
        for document in documents
    ]


def rows_of_table(table: Table) -> list[list[Any]]:
    return [[_plain(row[name]) for name in table.colnames] for row in table]


def _plain(value: Any) -> Any:
    if value is np.ma.masked:
        return None
    return value.astype("datetime64[ms]").item() if isinstance(value, np.datetime64) else value
