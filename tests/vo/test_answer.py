"""Answers: how many rows, and a VOTable that says whether there are more."""

import io

import pytest
from astropy.io import votable

import acsql
from acsql.export.links import links_service
from acsql.export.votable import Frame
from acsql.vo.addresses import Addresses
from acsql.vo.answer import ServiceAnswer, described_column, limited


@pytest.mark.parametrize(
    ("limit", "number", "is_cut"),
    [(0, 0, True), (39, 39, True), (40, 40, False), (None, 40, False)],
)
def test_a_limit_cuts_the_rows_and_says_so(
    sample_archive: acsql.Archive, limit: int | None, number: int, is_cut: bool
) -> None:
    rows, cut = limited(sample_archive.where().columns("rootname"), limit)
    assert (len(rows), cut) == (number, is_cut)


def test_an_answer_is_a_votable_with_a_descriptor_of_its_links(addresses: Addresses) -> None:
    columns = (described_column("name", "the name", "meta.id;meta.main"),)
    frame = Frame("OVERFLOW", services=(links_service(addresses.site, "name"),))
    content = b"".join(ServiceAnswer([{"name": "a"}], columns, frame).votable())
    results, service = votable.parse(io.BytesIO(content), verify="exception").resources
    assert results.infos[0].value == "OVERFLOW"
    assert results.tables[0].fields[0].ucd == "meta.id;meta.main"
    assert service.params[0].value == "https://acs.example.org/vo/datalink"
