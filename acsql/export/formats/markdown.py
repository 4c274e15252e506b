"""Markdown tables (GitHub Flavored Markdown, section 4.10), for issues, notes and pages.

Columns are not padded, so that rows can be written as they arrive.
"""

import re
from collections.abc import Iterator, Sequence

from ...query import Column
from ..registry import Format, Rows
from ..values import escape, heading, text

# Control characters and line ends, which a table row cannot have.
_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
# Characters with a meaning in Markdown or HTML; underscores within words have none.
_MARKUP = re.compile(r"[\\`*\[\]<>|~&]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")


def write(rows: Rows, columns: Sequence[Column]) -> Iterator[bytes]:
    """Yield the lines of a table; headings have units, numbers are aligned to the right."""
    yield _line([heading(column).replace("|", r"\|") for column in columns])
    yield _line(["--:" if column.spec.type in ("int", "float") else "---" for column in columns])
    for row in rows:
        yield _line([_cell(text(row[column.address], column)) for column in columns])


def _cell(content: str) -> str:
    return escape(_MARKUP.sub(r"\\\g<0>", content), _FORBIDDEN)


def _line(cells: Sequence[str]) -> bytes:
    return f"| {' | '.join(cells)} |\n".encode()


# RFC 7763.
FORMAT = Format("text/markdown", "md", write)
