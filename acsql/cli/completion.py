"""Shell completion of keywords, values and rootnames.

Completion must be quick and quiet: it never starts the private MongoDB, gives up after a second,
and suggests nothing when anything fails.  Keywords come from the specs and need no database.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

from .context import load_config

if TYPE_CHECKING:
    from ..archive import Archive
    from ..keywords import KeywordSpecs

# Seconds that the database may spend on suggestions, and that an absent server is waited for.
TIME_LIMIT_S = 1.0
MOST_SUGGESTIONS = 100
# `keyword=` or `keyword!=`, the values of a list before the last comma, and the last value.
_COMPARISON = re.compile(r"([\w.-]+)(!?=)((?:.*,)?)([^,]*)")
# Values with other characters would need quotes, of the shell or of the query language.
_PLAIN_VALUE = re.compile(r"[\w.+-]+")

Complete = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]


def _quietly(suggest: Callable[[click.Context, str], Iterable[str]]) -> Complete:
    """Return a completion callback for click that suggests nothing when it fails."""

    def complete(
        ctx: click.Context, _parameter: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        try:
            return [CompletionItem(word) for word in suggest(ctx, incomplete)]
        except Exception:
            # A message would end up in the middle of the user's command line.
            return []

    return complete


@_quietly
def conditions(ctx: click.Context, incomplete: str) -> Iterator[str]:
    """Complete a condition: first its keyword, then its value."""
    finished, word = _words(ctx, incomplete)
    comparison = _COMPARISON.fullmatch(word)
    if comparison is None:
        for address in _addresses(_specs(ctx), word):
            # Two suggestions keep the shell from adding a blank after a single one.
            yield from (f"{address}=", f"{address}!=")
        return
    keyword, operator, listed, prefix = comparison.groups()
    shown_from = len(word) - len(incomplete)
    for value in _values(ctx, keyword, finished, prefix):
        yield f"{keyword}{operator}{listed}{value}"[shown_from:]


def _words(ctx: click.Context, incomplete: str) -> tuple[list[str], str]:
    """Return the finished conditions and the condition at the cursor.

    bash splits words at ``=``, so that ``detector=W`` arrives as ``detector``, ``=`` and ``W``.
    """
    finished = list(ctx.params.get("conditions") or ())
    if finished[-1:] == ["="]:
        operator = finished.pop()
        return finished[:-1], f"{finished[-1]}{operator}{incomplete}"
    if not incomplete and finished and os.environ.get("COMP_WORDS", "").endswith("="):
        return finished[:-1], f"{finished[-1]}="
    return finished, incomplete


@_quietly
def keywords(ctx: click.Context, incomplete: str) -> Iterator[str]:
    """Complete the address of a keyword."""
    return _addresses(_specs(ctx), incomplete)


@_quietly
def keyword_list(ctx: click.Context, incomplete: str) -> Iterator[str]:
    """Complete the last of some addresses separated by commas; ``-`` may precede each."""
    listed, comma, last = incomplete.rpartition(",")
    sign = "-" if last.startswith("-") else ""
    for address in _addresses(_specs(ctx), last.removeprefix("-")):
        yield f"{listed}{comma}{sign}{address}"


@_quietly
def rootnames(ctx: click.Context, incomplete: str) -> Iterator[str]:
    """Complete a rootname by those in the archive."""
    prefix = incomplete.lower()
    if not prefix.isalnum():
        return
    with _running_archive(ctx) as archive:
        search = archive.where(f"rootname={prefix}*").columns("rootname").limit(MOST_SUGGESTIONS)
        yield from [row["rootname"] for row in search.rows()]


def values_of(keyword: str) -> Complete:
    """Return a callback that completes the values of one keyword."""

    @_quietly
    def _complete(ctx: click.Context, incomplete: str) -> Iterator[str]:
        return _values(ctx, keyword, [], incomplete)

    return _complete


def _specs(ctx: click.Context) -> KeywordSpecs:
    from ..config import specs_overlay
    from ..keywords import load

    return load(specs_overlay(load_config(ctx)))


def _addresses(specs: KeywordSpecs, prefix: str) -> Iterator[str]:
    """Yield the keyword addresses that begin with a prefix, those of headers after a dot."""
    from ..query import ANNOTATION_FIELDS, REGION
    from ..query.document_fields import datasets
    from ..query.image_statistics import is_statistic, statistic_addresses

    prefix = prefix.lower()

    files = (address for address, _ in datasets(specs))
    top_level = (*specs.top_level, *ANNOTATION_FIELDS, *files, REGION)
    yield from (name for name in top_level if name.startswith(prefix))
    if "." not in prefix:
        return
    for name in specs.keywords:
        for filetype, extension in specs.headers_with(name):
            address = f"{filetype}.{extension}.{name}"
            if address.startswith(prefix):
                yield address
    if is_statistic(prefix):
        yield from (address for address, *_ in statistic_addresses(specs, prefix))


def _values(
    ctx: click.Context, keyword: str, finished: Iterable[str], prefix: str
) -> Iterator[str]:
    """Yield the values of a keyword that begin with a prefix, the most frequent first."""
    from .. import export

    with _running_archive(ctx) as archive:
        search = archive.where(*finished).columns(keyword)
        (column,) = search.selected_columns
        facets = search.facets(keyword)
    texts = (export.text(value, column) for value in facets)
    suggestions = [
        text
        for text in texts
        if text.upper().startswith(prefix.upper()) and _PLAIN_VALUE.fullmatch(text)
    ]
    yield from suggestions[:MOST_SUGGESTIONS]


def _running_archive(ctx: click.Context) -> Archive:
    """Open the archive if its database runs.

    Raises
    ------
    DatabaseError
        If it does not run, or does not answer within `TIME_LIMIT_S`.
    """
    from ..archive import Archive
    from ..errors import DatabaseError
    from ..mongod import server

    config = load_config(ctx)
    uri = config.for_reading.connection_string
    if uri is None:
        state = server.status(config.data_dir)
        if state is None:
            raise DatabaseError("the private MongoDB is not running")
        uri = state.reader_uri
    return Archive(config.at(_with_short_wait(uri)), TIME_LIMIT_S)


def _with_short_wait(uri: str) -> str:
    """Return a connection string that waits `TIME_LIMIT_S` for a server."""
    scheme, _, rest = uri.partition("://")
    address, _, options = rest.partition("?")
    database = address if "/" in address else f"{address}/"
    wait = f"serverSelectionTimeoutMS={1000 * TIME_LIMIT_S:.0f}"
    return f"{scheme}://{database}?{f'{options}&' if options else ''}{wait}"
