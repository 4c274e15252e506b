"""Printing: the formats that every list offers, and values in JSON."""

import json
from pathlib import Path

import click
import pytest

from acsql import export
from acsql.cli.context import Invocation
from acsql.cli.output import print_rows
from acsql.query import computed_column

LISTS = (
    ("find", "--limit", "1"),
    ("values", "detector"),
    ("keywords", "exptime"),
    ("query", "filter_distribution"),
    ("proposals",),
    ("statistics",),
    ("statistics", "filters"),
    ("runs",),
    ("config",),
)
RECORDS = (("status",), ("runs", "show", "1"), ("specs", "check"), ("verify",))


@pytest.mark.parametrize("command", LISTS, ids=" ".join)
def test_every_list_is_printed_in_every_format(
    printed, sample_settings: Path, command: tuple[str, ...]
) -> None:
    for format_ in export.FORMATS:
        assert printed(sample_settings, *command, "--format", format_)


@pytest.mark.parametrize("command", RECORDS, ids=" ".join)
def test_every_report_is_printed_as_json(
    printed, sample_settings: Path, command: tuple[str, ...]
) -> None:
    json.loads(printed(sample_settings, *command, "--format", "json"))
    assert printed(sample_settings, *command)


def test_texts_are_quoted_for_a_spreadsheet_on_request(
    capsysbinary: pytest.CaptureFixture[bytes],
) -> None:
    columns = [computed_column("targname", "str")]
    for for_spreadsheet, cell in ((False, b"-NGC104/+1"), (True, b"'-NGC104/+1")):
        state = Invocation(for_spreadsheet=for_spreadsheet)
        with click.Context(click.Command("find"), obj=state):
            print_rows([{"targname": "-NGC104/+1"}], columns, "csv")
        assert capsysbinary.readouterr().out.splitlines()[1] == cell
