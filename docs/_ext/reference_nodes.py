"""Tables, sections and paragraphs of generated pages, as docutils nodes."""

import re
from collections.abc import Iterable, Sequence

from docutils import nodes

Cell = str | nodes.Node


def code(text: str) -> nodes.literal:
    """Return a text in the font of code."""
    return nodes.literal(text, text)


def table(
    heads: Sequence[str], rows: Iterable[Sequence[Cell]], widths: Sequence[int]
) -> nodes.table:
    """Return a table with a row of headings."""
    group = nodes.tgroup(cols=len(heads))
    group.extend(nodes.colspec(colwidth=width) for width in widths)
    group += nodes.thead("", _row(heads))
    group += nodes.tbody("", *(_row(row) for row in rows))
    return nodes.table("", group)


def _row(cells: Sequence[Cell]) -> nodes.row:
    return nodes.row("", *(nodes.entry("", nodes.paragraph("", "", _inline(c))) for c in cells))


def _inline(cell: Cell) -> nodes.Node:
    return nodes.Text(cell) if isinstance(cell, str) else cell


def section(title: str, label: str, *content: nodes.Node) -> nodes.section:
    """Return a section that can be linked to by its label."""
    return nodes.section("", nodes.title(title, title), *content, ids=[label], names=[label])


def paragraph(text: str) -> nodes.paragraph:
    """Return a paragraph in which ``double backticks`` are code."""
    parts = re.split(r"``(.+?)``", text)
    inlines = [code(part) if index % 2 else nodes.Text(part) for index, part in enumerate(parts)]
    return nodes.paragraph("", "", *inlines)
