"""An export has the values of all observations, whether or not they are in columns."""

import math
import os
from operator import itemgetter

import pyarrow.parquet as pq
import pytest
from column_conditions import VALUES, as_older

from acsql.errors import DatabaseError
from acsql.store.columns import parquet
from acsql.store.columns.fold import fold_all
from acsql.store.columns.parquet import export
from acsql.store.schema import CHANGED

NAMES = ("goodmean", "meandark")


def shown(value):
    """Return a value as text; a number may be a float, or a text among texts."""
    if isinstance(value, bool) or value is None:
        return str(value)
    try:
        return str(float(value))
    except (TypeError, ValueError):
        return str(value)


def values(path, *names):
    table = pq.read_table(path)
    rows = zip(*(table[name].to_pylist() for name in ("rootname", *names)), strict=True)
    return {name: tuple(map(shown, row)) for name, *row in rows}


def test_every_header_is_a_file_with_its_keywords_and_rootnames(filled, tmp_path):
    files = {path.name: path for path in export(filled, tmp_path)}
    assert sorted(files) == [
        "drz.0.parquet",
        "flt.0.parquet",
        "flt.1.parquet",
        "observations.parquet",
    ]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(files)
    own = [name for name in VALUES if "." not in name]
    documents = list(filled.observations.find())
    expected = {each["_id"]: tuple(shown(each[name]) for name in own) for each in documents}
    assert values(files["observations.parquet"], *own) == expected
    headers = {each["_id"]: each["headers"]["flt"]["1"] for each in documents}
    expected = {name: tuple(shown(each[key]) for key in NAMES) for name, each in headers.items()}
    with_value = {name: row for name, row in expected.items() if set(row) != {"None"}}
    assert values(files["flt.1.parquet"], *NAMES) == with_value


@pytest.mark.parametrize("state", ["changed", "folded", "older"])
def test_keywords_with_several_values_are_lists(store, tmp_path, state):
    blocks = [{"block": 1, "data": "a.fits"}, {"block": 2}]
    for number in (1, 2):
        headers = {"flt": {"0": {"history": ["a", "b"]}}, "drz": {"0": {"dnnn": blocks}}}
        rootname = f"j8bt000{number}"
        store.observations.insert_one({"_id": rootname, "headers": headers})
        store.database[CHANGED].insert_one({"_id": rootname, "token": number})
        if state == "folded" or (state == "older" and number == 1):
            fold_all(store)
        if state == "older" and number == 1:
            as_older(store)
    if state == "older":
        fold_all(store)
    store.observations.insert_one({"_id": "j8bt0003", "headers": {"flt": {"0": {"history": None}}}})
    store.database[CHANGED].insert_one({"_id": "j8bt0003", "token": 3})
    files = {path.name: pq.read_table(path).to_pylist() for path in export(store, tmp_path)}
    names = [{"rootname": f"j8bt000{number}"} for number in (1, 2)]
    lines = [name | {"history": ["a", "b"]} for name in names]
    inputs = [name | {"dnnnblock": [1, 2], "dnnndata": ["a.fits", None]} for name in names]
    assert sorted(files["flt.0.parquet"], key=itemgetter("rootname")) == lines
    assert sorted(files["drz.0.parquet"], key=itemgetter("rootname")) == inputs


def test_numbers_stay_numbers_with_nan_among_them(store, tmp_path):
    for number, value in enumerate((1.5, math.nan, 2, None)):
        document = {"_id": f"j8bt000{number}", "exptime": value}
        store.observations.insert_one(document)
        store.database["changed_observations"].insert_one({"_id": document["_id"], "token": 1})
    (path,) = export(store, tmp_path)
    assert repr(pq.read_table(path)["exptime"].to_pylist()) == "[1.5, nan, 2.0]"


def test_thousands_of_observations_that_are_not_in_columns_are_not_exported(
    filled, tmp_path, monkeypatch
):
    monkeypatch.setattr(parquet, "_MOST_CHANGED", 10)
    with pytest.raises(DatabaseError, match=r"20 observations in .* are not in columns yet"):
        list(export(filled, tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_two_exports_to_one_folder_at_once_have_files_of_their_own(filled, tmp_path, monkeypatch):
    write = pq.write_table

    def meanwhile(table, path):
        write(table, path)
        monkeypatch.setattr(pq, "write_table", write)
        monkeypatch.setattr(os, "getpid", lambda: 1)
        list(export(filled, tmp_path))
        monkeypatch.undo()

    monkeypatch.setattr(pq, "write_table", meanwhile)
    files = list(export(filled, tmp_path))
    assert sorted(tmp_path.iterdir()) == sorted(files)
    assert all(pq.read_table(path).num_rows for path in files)
