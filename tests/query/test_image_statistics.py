"""Addresses of the statistics of images."""

import re

import pytest

from acsql import query
from acsql.errors import QueryError
from acsql.keywords import KeywordSpecs
from acsql.query.image_statistics import statistic_addresses


@pytest.mark.parametrize(
    ("address", "type_", "unit"),
    [
        ("stats.raw.1.a.overscan_mean", "float", "DN"),
        ("stats.flt.2.all.mean", "float", "electron"),
        ("stats.drz.1.all.percentile_99_9", "float", "electron / s"),
        ("STATS.FLC.1.D.flag_16", "int", None),
    ],
)
def test_a_statistic_has_its_type_and_the_unit_of_its_image(
    address: str, type_: str, unit: str | None, specs: KeywordSpecs
) -> None:
    column = query.resolve(address, specs)
    assert column.address == address.lower()
    assert (column.spec.type, column.spec.unit, column.header) == (type_, unit, None)


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("stats.flt.mean", "write one like stats.flt.1.all.mean"),
        ("stats.spt.1.all.mean", "there are statistics of raw, flt"),
        ("stats.flt.1.e.mean", "the parts of flt images are all, a, b, c, d"),
        ("stats.drz.1.a.mean", "the parts of drz images are all"),
        ("stats.flt.1.all.meen", "did you mean mean"),
        ("stats.flt.1.a.overscan_mean", "no such statistic"),
        ("stats.raw.1.all.overscan_mean", "no such statistic"),
    ],
)
def test_a_wrong_address_is_an_error_that_says_what_to_write(
    address: str, message: str, specs: KeywordSpecs
) -> None:
    with pytest.raises(QueryError, match=re.escape(message)):
        query.resolve(address, specs)


def test_all_listed_addresses_resolve(specs: KeywordSpecs) -> None:
    listed = list(statistic_addresses(specs, "stats."))
    assert len(listed) > 1000
    for address, _, spec in listed:
        assert query.resolve(address, specs).spec == spec


def test_keywords_are_found_by_the_name_and_the_address_of_a_statistic(
    specs: KeywordSpecs,
) -> None:
    by_name = [column.address for column in query.search_keywords("overscan_std", specs)]
    assert by_name[0] == "stats.raw.1.a.overscan_std"
    by_address = [column.address for column in query.search_keywords("stats.flt.2.b.cl", specs)]
    assert by_address == [
        f"stats.flt.2.b.{name}"
        for name in ("clipped", "clipped_mean", "clipped_median", "clipped_std")
    ]


def test_statistics_are_conditions_of_the_query_language(specs: KeywordSpecs) -> None:
    text = "stats.raw.1.a.overscan_mean>2000.5"
    condition = query.parse(text, specs)
    assert query.format_condition(condition) == text
