"""The commands `runs`, `log` and `failures`: ingest runs, their logs, and the files that failed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import click

from ..query import computed_column
from .context import open_archive
from .options import rows_format_option
from .output import print_fields, print_json, print_rows

Record = Mapping[str, Any]

# Lists of a record that can have thousands of entries, and what each counts.
_LISTS = {
    "failures": "Failed files",
    "vanished": "Vanished files",
    "waiting": "Files still being written",
    "keywords_not_in_specs": "Keywords not in the specs",
    "type_mismatches": "Keywords with type mismatches",
    "warnings": "Warnings",
}
_SHOW_FORMATS = click.Choice(["text", "json"])


@click.group(invoke_without_command=True)
@click.option(
    "--limit",
    type=click.IntRange(1),
    default=20,
    show_default=True,
    help="List at most this many runs.",
)
@rows_format_option
@click.pass_context
def runs(ctx: click.Context, limit: int, format_: str) -> None:
    """List the newest ingest runs, or show one.

    \b
    Examples:
      acsql runs --limit 5
      acsql runs --format json
      acsql runs show 1
    """
    if ctx.invoked_subcommand:
        return
    columns = [
        computed_column("run", "int", "number of the run"),
        computed_column("started", "datetime", "start of the run, UTC"),
        computed_column("seconds", "float", "duration in seconds"),
        computed_column("state", "str", "outcome of the run"),
        computed_column("new", "int", "new observations"),
        computed_column("updated", "int", "updated observations"),
        computed_column("unchanged", "int", "unchanged observations"),
        computed_column("failed", "int", "failed observations"),
        computed_column("failures", "int", "failed files"),
    ]
    with open_archive(ctx) as archive:
        rows = [_row(record) for record in archive.runs(limit)]
    print_rows(rows, columns, format_, lambda: "No runs yet: start one with acsql ingest")


def _row(record: Record) -> dict[str, Any]:
    """Return a run record as a row of the list."""
    observations = record.get("observations", {})
    return {
        "run": record["_id"],
        "started": record["started"].replace(microsecond=0),
        "seconds": record.get("seconds"),
        "state": record["state"],
        "failures": record.get("listed", {}).get("failures", 0),
        **{
            state: observations.get(state, 0) for state in ("new", "updated", "unchanged", "failed")
        },
    }


@runs.command()
@click.argument("number", type=click.IntRange(1))
@click.option("--failures", is_flag=True, help="List every failed file with its reason.")
@click.option("--all", "everything", is_flag=True, help="List all that the record has.")
@click.option(
    "--format",
    "format_",
    type=_SHOW_FORMATS,
    default="text",
    show_default=True,
    help="Format of the output; json has all that the record has.",
)
@click.pass_context
def show(ctx: click.Context, number: int, failures: bool, everything: bool, format_: str) -> None:
    """Summarize the ingest run with this NUMBER.

    Failures are counted by their reason; --failures lists them by file.  A record has the first
    few hundred entries of each list, the log of the run has all.

    \b
    Examples:
      acsql runs show 1
      acsql runs show 1 --failures
      acsql runs show 1 --format json
    """
    with open_archive(ctx) as archive:
        record = archive.run(number)
    if format_ == "json":
        print_json(record)
        return
    print_fields(_summary(record))
    if failures or everything:
        _print_list(record, "failures", "Failed files", _failure_lines)
    if everything:
        for name, title in _LISTS.items():
            if name != "failures":
                _print_list(record, name, title, _entry_lines)
    elif record.get("failures") and not failures:
        _print_list(record, "failures", "Failed files by reason", _reasons)
        click.echo(f"Failed files by name: acsql runs show {number} --failures")


def _summary(record: Record) -> dict[str, object]:
    """Return the lines of the summary: label and value."""
    finished = record.get("finished")
    lines: dict[str, object] = {
        "Run": record["_id"],
        "State": record["state"],
        "Reason": record.get("reason") or "",
        "Problems": "; ".join(record.get("problems", [])),
        "Started": f"{record['started']:%Y-%m-%d %H:%M:%S} UTC",
        "Finished": f"{finished:%Y-%m-%d %H:%M:%S} UTC" if finished else "",
        "Duration": f"{record['seconds']:.1f} s" if "seconds" in record else "",
        "Observations": _counts(record.get("observations", {})),
        "Files read": _counts(record.get("files", {})),
        "Bytes read": f"{record['bytes'] / 1e6:.1f} MB" if "bytes" in record else "",
        "Previews": _counts(record.get("previews", {})),
        "Owed files after the run": record.get("owed", ""),
        "Damaged files, unchanged": record.get("known_failures", ""),
        **{title: record["listed"][name] for name, title in _LISTS.items()},
        "Ignored files (not ACS)": record.get("ignored", ""),
        "Options": _options(record.get("options", {})),
        "acsql version": record.get("version", ""),
        "Log": record.get("log", ""),
    }
    return {label: value for label, value in lines.items() if value != ""}


def _counts(numbers: Mapping[str, int]) -> str:
    return ", ".join(f"{number} {name}" for name, number in numbers.items()) or "none"


def _options(options: Mapping[str, Any]) -> str:
    """Return the options that were set, as ``name=value``."""
    return ", ".join(f"{name}={value}" for name, value in options.items() if value)


def _print_list(
    record: Record, name: str, title: str, lines_of: Callable[[list[Any]], Iterator[str]]
) -> None:
    """Print a list of a record, and how many entries are in the log alone."""
    click.echo(f"\n{title}:")
    entries = record.get(name, [])
    for line in lines_of(entries):
        click.echo(f"  {line}")
    more = record["listed"][name] - len(entries)
    if more:
        click.echo(f"  and {more} more: acsql log {record['_id']}")


def _failure_lines(failures: list[Record]) -> Iterator[str]:
    for failure in failures:
        owed = " (owed)" if failure.get("owed") else ""
        yield f"{failure['filename']}: {failure['reason']}{owed}"


def _entry_lines(entries: list[Any]) -> Iterator[str]:
    """Yield each entry of a list of a record as a line."""
    for entry in entries:
        match entry:
            case Mapping():
                yield ", ".join(f"{name}: {value}" for name, value in entry.items())
            case list() | tuple():
                yield " ".join(map(str, entry))
            case _:
                yield str(entry)


def _reasons(failures: list[Record]) -> Iterator[str]:
    """Yield each reason with its number of failures, without the file names in it."""
    reasons = Counter(
        failure["reason"].replace(failure["filename"], "...").removeprefix("...: ")
        for failure in failures
    )
    for reason, number in reasons.most_common():
        yield f"{number} x {reason}"


@click.command()
@click.argument("number", type=click.IntRange(1), metavar="RUN")
@click.pass_context
def log(ctx: click.Context, number: int) -> None:
    """Print the log of an ingest run.

    RUN is its number, as acsql runs lists it.

    \b
    Example:
      acsql log 1
    """
    with open_archive(ctx) as archive:
        path = archive.run_log(number)
    with path.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            click.echo(line, nl=False)


@click.command()
@click.option(
    "--limit",
    type=click.IntRange(1),
    default=1000,
    show_default=True,
    help="List at most this many files.",
)
@rows_format_option
@click.pass_context
def failures(ctx: click.Context, limit: int, format_: str) -> None:
    """List the files that could not be ingested.

    A file is owed if the cause is outside it, such as a full disk: every ingest reads it again.
    Otherwise it is damaged, and is not read again before it changes.

    \b
    Examples:
      acsql failures
      acsql failures --format json
    """
    columns = [
        computed_column("filename", "str", "name of the file"),
        computed_column("owed", "bool", "whether every ingest reads it again"),
        computed_column("stage", "str", "what failed"),
        computed_column("reason", "str", "why"),
        computed_column("first", "datetime", "when it failed first, UTC"),
        computed_column("last", "datetime", "when it failed last, UTC"),
    ]
    with open_archive(ctx) as archive:
        rows = [
            {**row, **{name: row[name].replace(microsecond=0) for name in ("first", "last")}}
            for row in archive.failures(limit)
        ]
    print_rows(rows, columns, format_, lambda: "No failures: all files are ingested")


def describe_start(record: Record | None) -> str:
    """Return when a run started and its state, for people."""
    if record is None:
        return "none yet"
    started = record["started"].isoformat(sep=" ", timespec="seconds")
    return f"{started} UTC: {record['state']}"
