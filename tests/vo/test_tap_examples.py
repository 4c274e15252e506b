"""The examples are queries that the archive answers."""

import pytest

import acsql
from acsql.vo import engine
from acsql.vo.tables import TapTable
from acsql.vo.tap_examples import EXAMPLES, TapExample


@pytest.mark.parametrize("example", EXAMPLES, ids=[each.id for each in EXAMPLES])
def test_an_example_is_answered(
    sample_archive: acsql.Archive, tables: dict[str, TapTable], example: TapExample
) -> None:
    found = engine.run(example.query, tables, sample_archive.store, 10, 60)
    assert found.columns


def test_no_two_examples_have_one_address() -> None:
    assert len({each.id for each in EXAMPLES}) == len(EXAMPLES)
