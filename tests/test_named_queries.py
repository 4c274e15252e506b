"""Named queries find what the FITS files say, as the MongoDB shell does."""

import io
import tracemalloc
from collections import Counter
from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest
from astropy.io import fits
from astropy.table import Table

import acsql
from acsql import export, named_queries, names
from acsql.errors import DatasetNotFound, InvalidName, ObservationNotFound, QueryError
from acsql.search import Search
from acsql.search.aggregation import Aggregation
from acsql.store import observation_writes
from acsql.store.columns.fold import fold
from acsql.store.fields import field_path, value_at

Typed = Callable[[str, list[str]], list[Any]]


@pytest.fixture(scope="module")
def files(sample_archive: acsql.Archive) -> dict[str, Path]:
    """The ACS files on disk, by name."""
    filetypes = sample_archive.specs.filetypes
    paths = sample_archive.config.filesystem.glob("*/*/*_*.fits")
    files = {path.name: path for path in paths if path.stem.partition("_")[2] in filetypes}
    assert files
    return files


@pytest.fixture(scope="module")
def primaries(files: dict[str, Path]) -> dict[str, fits.Header]:
    return {name: fits.getheader(file) for name, file in files.items()}


@pytest.fixture(scope="module")
def example(sample_archive: acsql.Archive) -> dict[str, tuple[str, ...]]:
    """Parameters for each query with which it has results."""
    exposure = next(sample_archive.where("exists(flt.0.biasfile) detector=WFC").rows())["rootname"]
    biasfile = sample_archive.observation(exposure).headers["flt"][0]["biasfile"]
    return {
        "all_filenames": (),
        "filenames_in_date_range": ("2002-06", "2004"),
        "filenames_for_calibration": ("BIASFILE", biasfile),
        "filters_for_rootname": (exposure.upper(),),
        "filter_distribution": ("WFC",),
        "goodmean_for_dataset": (exposure,),
        "non_asn_rootnames": (),
        "rootnames_for_target": ("NGC*",),
        "rootnames_with_postflash": (),
    }


def pairs(table: Table) -> set[tuple[str, str]]:
    return set(zip(table["rootname"], table["filename"], strict=True))


def named(filenames: Any) -> set[tuple[str, str]]:
    return {(names.Filename.parse(name).rootname, name) for name in filenames}


def test_every_named_query_is_tested(example: dict[str, tuple[str, ...]]) -> None:
    assert example.keys() == named_queries.QUERIES.keys()


def test_all_filenames(sample_archive: acsql.Archive, files: dict[str, Path]) -> None:
    table = named_queries.all_filenames(sample_archive)
    assert pairs(table) == named(files)
    assert len(table) == len(files)
    assert list(table["rootname"]) == sorted(table["rootname"])
    assert all(row["filename"].endswith(f"_{row['filetype']}.fits") for row in table)


def test_filters_for_rootname(
    sample_archive: acsql.Archive, primaries: dict[str, fits.Header]
) -> None:
    name = next(name for name in primaries if name.endswith("_raw.fits"))
    (row,) = named_queries.filters_for_rootname(sample_archive, name[:9].upper())
    assert row["rootname"] == name[:8]
    assert (row["filter1"], row["filter2"]) == (
        primaries[name]["FILTER1"],
        primaries[name]["FILTER2"],
    )


@pytest.mark.parametrize("detector", [None, "WFC", "HRC", "SBC"])
def test_filter_distribution(sample_archive: acsql.Archive, detector: str | None) -> None:
    table = named_queries.filter_distribution(sample_archive, detector)
    rows = list(sample_archive.where().columns("detector", "filter1", "filter2").rows())
    selected = [row for row in rows if detector in (None, row["detector"])]
    expected = Counter((row["filter1"], row["filter2"]) for row in selected)
    counted = {(row["filter1"], row["filter2"]): row["observations"] for row in table}
    assert counted == expected
    shares = {(row["filter1"], row["filter2"]): row["percentage"] for row in table}
    assert shares == pytest.approx({k: 100 * n / len(selected) for k, n in expected.items()})
    assert list(table["observations"]) == sorted(table["observations"], reverse=True)
    assert str(table["percentage"].unit) == "%"


def test_observations_without_filters_are_one_row(empty_archive: acsql.Archive) -> None:
    missing = [{"filter1": None}, {"filter1": ""}, {}]
    documents = [{"_id": f"j{n:07d}", **one} for n, one in enumerate(missing)]
    empty_archive.store.observations.insert_many(documents)
    (row,) = named_queries.filter_distribution(empty_archive)
    assert (row["filter1"] or None, row["observations"], row["percentage"]) == (None, 3, 100)


@pytest.mark.parametrize("pattern", ["NGC*", "NGC104", "*A*", "NGC-?536"])
def test_rootnames_for_target(
    sample_archive: acsql.Archive, primaries: dict[str, fits.Header], pattern: str
) -> None:
    table = named_queries.rootnames_for_target(sample_archive, pattern)
    expected = {
        names.Filename.parse(name).rootname
        for name, header in primaries.items()
        if fnmatchcase(header.get("TARGNAME", ""), pattern)
    }
    assert expected
    assert set(table["rootname"]) == expected


@pytest.mark.parametrize("keyword", ["BIASFILE", "darkfile", "IDCTAB", "imphttab"])
@pytest.mark.parametrize("wildcards", [False, True])
def test_filenames_for_calibration(
    sample_archive: acsql.Archive, primaries: dict[str, fits.Header], keyword: str, wildcards: bool
) -> None:
    naming = {name: header.get(keyword, "") for name, header in primaries.items()}
    reference = next(value for value in naming.values() if value.startswith("jref$"))
    pattern = f"*{reference[6:10]}*" if wildcards else reference
    table = named_queries.filenames_for_calibration(sample_archive, keyword, pattern)
    assert pairs(table) == named(name for name, value in naming.items() if value == reference)
    assert set(table["reference_file"]) == {reference}


def test_goodmean_for_dataset(sample_archive: acsql.Archive, files: dict[str, Path]) -> None:
    key = next(sample_archive.where("exists(flt.1.goodmean) detector=WFC").rows())["rootname"]
    table = named_queries.goodmean_for_dataset(sample_archive, key)
    expected = {}
    for name, file in files.items():
        parsed = names.Filename.parse(name)
        if parsed.rootname == key:
            with fits.open(file) as hdus:
                for number, hdu in enumerate(hdus):
                    if hdu.name == "SCI":
                        place = (parsed.filetype, number, hdu.ver)
                        expected[place] = hdu.header.get("GOODMEAN")
    means = {(row["filetype"], row["extension"], row["extver"]): row["goodmean"] for row in table}
    assert means == expected
    assert {filetype for filetype, *_ in means} >= {"raw", "flt"}
    filename = sample_archive.observation(key).datasets["flt"]
    of_file = named_queries.goodmean_for_dataset(sample_archive, filename.upper())
    assert list(of_file["goodmean"]) == [v for (ft, *_), v in expected.items() if ft == "flt"]


def test_rootnames_with_postflash(
    sample_archive: acsql.Archive, primaries: dict[str, fits.Header]
) -> None:
    flashed = {
        name[:8]
        for name, header in primaries.items()
        if name.endswith("_raw.fits") and header["FLASHDUR"] > 0 and header["IMAGETYP"] != "DARK"
    }
    assert flashed
    assert set(named_queries.rootnames_with_postflash(sample_archive)["rootname"]) == flashed


def test_flashed_darks_are_left_out(empty_archive: acsql.Archive) -> None:
    rows = [("j0000001", "DARK", 5.0), ("j0000002", "EXT", 5.0), ("j0000003", "EXT", 0.0)]
    empty_archive.store.observations.insert_many(
        {"_id": key, "imagetyp": kind, "flashdur": seconds} for key, kind, seconds in rows
    )
    table = named_queries.rootnames_with_postflash(empty_archive)
    assert list(table["rootname"]) == ["j0000002"]


def test_non_asn_rootnames(sample_archive: acsql.Archive) -> None:
    rows = sample_archive.where().columns("rootname", "asn_id").rows()
    alone = [row["rootname"] for row in rows if row["asn_id"] in (None, "", "NONE")]
    assert alone
    assert list(named_queries.non_asn_rootnames(sample_archive)["rootname"]) == alone


def test_a_blank_or_absent_association_is_no_association(empty_archive: acsql.Archive) -> None:
    associations = [
        {"asn_id": None},
        {"asn_id": ""},
        {},
        {"asn_id": "NONE"},
        {"asn_id": "J8BT05020"},
    ]
    documents = [{"_id": f"j{n:07d}", **one} for n, one in enumerate(associations)]
    empty_archive.store.observations.insert_many(documents)
    assert len(named_queries.non_asn_rootnames(empty_archive)) == 4


@pytest.mark.parametrize(
    ("start", "end", "first", "last"),
    [
        ("2002-06", "2004", "2002-06-01", "2004-12-31"),
        ("2003-05-02", "2003-05-02", "2003-05-02", "2003-05-02"),
    ],
)
def test_filenames_in_date_range(
    sample_archive: acsql.Archive, files: dict[str, Path], start, end, first, last
) -> None:
    days = sample_archive.search(columns=["rootname", "date_obs"])
    dates = {row["rootname"]: str(row["date_obs"]) for row in days}
    table = named_queries.filenames_in_date_range(sample_archive, start, end)
    expected = {pair for pair in named(files) if first <= dates[pair[0]] <= last}
    assert expected
    assert pairs(table) == expected
    assert [dates[key] for key in table["rootname"]] == sorted(
        dates[key] for key in table["rootname"]
    )


@pytest.mark.parametrize(
    ("name", "arguments", "error", "words"),
    [
        ("filters_for_rootname", ["j9zz99zz"], ObservationNotFound, "j9zz99zz"),
        ("filters_for_rootname", ["$where"], InvalidName, "rootname"),
        ("goodmean_for_dataset", ["j9zz99zzq_flt.fits"], ObservationNotFound, "j9zz99zz"),
        ("filenames_for_calibration", ["BIASFIL", "x"], QueryError, "biasfile"),
        ("filenames_for_calibration", ["GOODMEAN", "x"], QueryError, "raw.1.goodmean"),
        ("filenames_in_date_range", ["2003-02-30", "2004"], QueryError, "2003-02-30"),
    ],
)
def test_an_invalid_parameter_is_named(
    sample_archive: acsql.Archive, name, arguments, error, words
) -> None:
    with pytest.raises(error, match=words):
        named_queries.QUERIES[name](sample_archive, *arguments)


def test_a_missing_file_is_named(sample_archive: acsql.Archive) -> None:
    key = next(sample_archive.where("missing(drz.0.filename)").rows())["rootname"]
    name = f"{sample_archive.observation(key).ipppssoot}_drz.fits"
    with pytest.raises(DatasetNotFound, match="drz"):
        named_queries.goodmean_for_dataset(sample_archive, name)


def test_the_mongodb_shell_finds_the_same(
    sample_archive: acsql.Archive, mongosh: Typed, example: dict[str, tuple[str, ...]]
) -> None:
    queries = [
        function.query(sample_archive, *example[name])
        for name, function in named_queries.QUERIES.items()
    ]
    answers = mongosh(
        sample_archive.store.connection_string, [result.mongosh() for result in queries]
    )
    for result, answer in zip(queries, answers, strict=True):
        columns = [column.address for column in result.selected_columns]
        rows = [[row[name] for name in columns] for row in result.rows()]
        assert rows
        assert [[of(document, name) for name in columns] for document in answer] == rows


def of(document: dict[str, Any], name: str) -> Any:
    """Return the value of a column, by its name or by its path in a stored document."""
    return document[name] if name in document else value_at(document, field_path(name).split("."))


@pytest.mark.parametrize("format_", export.FORMATS)
@pytest.mark.parametrize("name", named_queries.QUERIES)
def test_every_export_format_writes_the_rows(
    sample_archive: acsql.Archive, example: dict[str, tuple[str, ...]], name: str, format_: str
) -> None:
    result = named_queries.QUERIES[name].query(sample_archive, *example[name])
    written = b"".join(export.FORMATS[format_].write(result.rows(), result.selected_columns))
    if format_ == "fits":
        assert len(Table.read(io.BytesIO(written), format="fits")) == len(result.table())
    else:
        assert result.selected_columns[0].address.encode() in written


@pytest.mark.parametrize("name", sorted(named_queries.QUERIES.keys() - {"filter_distribution"}))
def test_an_index_serves_each_query(
    sample_archive: acsql.Archive, example: dict[str, tuple[str, ...]], name: str
) -> None:
    """All but the distribution, which is precomputed."""
    result = named_queries.QUERIES[name].query(sample_archive, *example[name])
    plans = [entry["planSummary"] for entry in profiled(sample_archive, result)]
    assert plans
    assert not [plan for plan in plans if "COLLSCAN" in plan]


def test_the_distribution_is_counted_in_the_columns(empty_archive: acsql.Archive) -> None:
    filters = [("F555W", "CLEAR2L"), ("CLEAR1L", "F814W"), ("F555W", "CLEAR2L"), (None, "")]
    for n, (first, second) in enumerate(filters):
        known = {"detector": "WFC", "exptime": n, "filter1": first, "filter2": second}
        observation_writes.replace(empty_archive.store, {"_id": f"j{n:07d}"} | known)
    queries = [named_queries.filter_distribution.query(empty_archive, one) for one in (None, "WFC")]
    by_documents = [list(result.rows()) for result in queries]
    assert all(profiled(empty_archive, result) for result in queries)
    fold(empty_archive.store)
    assert not any(profiled(empty_archive, result) for result in queries)
    assert [list(result.rows()) for result in queries] == by_documents
    assert [row["observations"] for row in by_documents[0]] == [2, 1, 1]


def profiled(archive: acsql.Archive, result: Search | Aggregation) -> list[dict[str, Any]]:
    """Return the profile of the database operations that read the rows."""
    database = archive.store.database
    database.command("profile", 2)
    try:
        list(result.rows())
    finally:
        database.command("profile", 0)
    collections = [archive.store.observations.full_name, archive.store.headerless.full_name]
    operations = {"op": {"$in": ["query", "command"]}, "ns": {"$in": collections}}
    entries = list(database["system.profile"].find(operations))
    database["system.profile"].drop()
    return entries


@pytest.fixture
def many_files(empty_archive: acsql.Archive) -> Iterator[tuple[acsql.Archive, int]]:
    observations = 6000
    filetypes = list(empty_archive.specs.filetypes)
    empty_archive.store.observations.insert_many(
        {"_id": f"j{n:07d}", "datasets": {name: f"j{n:07d}q_{name}.fits" for name in filetypes}}
        for n in range(observations)
    )
    yield empty_archive, observations * len(filetypes)


def test_all_filenames_are_written_in_constant_memory(
    many_files: tuple[acsql.Archive, int],
) -> None:
    archive, expected = many_files
    result = named_queries.all_filenames.query(archive)
    tracemalloc.start()
    try:
        written = sum(
            piece.count(b"\n")
            for piece in export.FORMATS["csv"].write(result.rows(), result.selected_columns)
        )
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert written == expected + 1
    # As a list, the rows alone would take more than 20 MB.
    assert peak < 5e6
