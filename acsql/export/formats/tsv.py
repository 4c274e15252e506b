r"""Tab-separated values, with a header line.

The format has no quotes: tabs, line ends and other control characters of a cell are written as
Python escapes them, ``\t`` and ``\n``.
"""

import re
from collections.abc import Iterator, Sequence

from ...query import Column
from ..registry import Format, Rows
from ..values import escape, text

# Characters that some reader takes for the end of a cell or line, and control characters.
_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def write(rows: Rows, columns: Sequence[Column]) -> Iterator[bytes]:
    """Yield the lines of a file of tab-separated values."""
    yield _line([column.address for column in columns])
    for row in rows:
        yield _line([text(row[column.address], column) for column in columns])


def _line(cells: Sequence[str]) -> bytes:
    return ("\t".join(escape(cell, _FORBIDDEN) for cell in cells) + "\n").encode()


# Media type as registered with IANA in 1993.
FORMAT = Format("text/tab-separated-values", "tsv", write, for_spreadsheets=True)
