"""A column keeps what it is under another name."""

from acsql.vo.columns import TableColumn


def test_a_renamed_column_keeps_its_metadata() -> None:
    column = TableColumn("a", "float", "what", unit="deg", ucd="pos.eq.ra")
    assert column.renamed("b") == TableColumn("b", "float", "what", unit="deg", ucd="pos.eq.ra")
