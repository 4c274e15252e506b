"""Pages, put together, are the whole result in its order."""

from itertools import pairwise

import pytest

from acsql.errors import QueryError


@pytest.mark.parametrize(
    "sort", [["exptime"], ["-exptime"], ["detector", "-expstart"], ["filter1"]]
)
@pytest.mark.parametrize("size", [1, 7, 1000])
def test_all_pages_together_are_the_result(sample_archive, sort: list[str], size: int) -> None:
    search = sample_archive.where().columns("rootname").sort(*sort)
    paged, cursor = [], None
    while True:
        page = search.page(size=size, after=cursor)
        paged += [row["rootname"] for row in page.rows]
        cursor = page.next
        if cursor is None:
            break
    assert paged == [row["rootname"] for row in search.rows()]


@pytest.mark.parametrize("size", [1, 7])
def test_pages_read_backwards_are_the_same(sample_archive, size: int) -> None:
    search = sample_archive.where().columns("rootname").sort("-exptime")
    pages = [search.page(size=size)]
    while pages[-1].next:
        pages.append(search.page(size=size, after=pages[-1].next))
    assert pages[0].previous is None
    for earlier, later in pairwise(pages):
        assert search.page(size=size, before=later.previous) == earlier


@pytest.mark.parametrize("cursor", ["", "nonsense", "bm9uc2Vuc2U=", "WzEsMiwzXQ=="])
def test_cursors_of_other_searches_are_refused(sample_archive, cursor: str) -> None:
    with pytest.raises(QueryError, match="invalid cursor"):
        sample_archive.where().page(after=cursor)


def test_a_page_cannot_have_two_cursors(sample_archive) -> None:
    with pytest.raises(QueryError, match="not both"):
        sample_archive.where().page(after="a", before="b")
