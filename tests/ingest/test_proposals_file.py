"""The proposals file, as YAML and as CSV."""

import csv
import os

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from acsql.errors import ConfigError
from acsql.ingest import proposals_file

ENTRIES = ("type", "title", "cycle", "pi")
NOTHING = dict.fromkeys(ENTRIES)
FACTS = {"type": "CAL/ACS", "title": "A title", "cycle": 11, "pi": "Bohlin, Ralph"}
TYPES = ["CAL/ACS", "GO", "GO/DD", "SM3/ERO", "SNAP"]


@pytest.fixture
def written(tmp_path):
    """Write a file of proposals and return its path."""

    def write(content: str, name: str = "proposals.csv"):
        path = tmp_path / name
        path.write_text(content, encoding="utf-8")
        return path

    return write


def refusal(path) -> str:
    """Return why a file, or its only wrong entry, is refused."""
    try:
        _, (problem,) = proposals_file.read(path)
    except ConfigError as error:
        return str(error)
    return problem


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("", {}),
        ("# nothing\n", {}),
        ("9019: {}", {9019: NOTHING}),
        ("9019: {type: GO}", {9019: NOTHING | {"type": "GO"}}),
        ("9019: {type: null, cycle: 11}", {9019: NOTHING | {"cycle": 11}}),
        (
            "9019: {type: CAL/ACS, title: A title, cycle: 11, pi: 'Bohlin, Ralph'}\n"
            "10000: {type: GO/DD}\n",
            {9019: FACTS, 10000: NOTHING | {"type": "GO/DD"}},
        ),
    ],
)
def test_a_yaml_file_is_read(written, content, expected):
    assert proposals_file.read(written(content, "proposals.yaml")) == (expected, ())


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ("- 9019", ["9019: {type: CAL/ACS}"]),
        ("just words", []),
        ("9019: {type: [", []),
        ("'9019': {type: GO}", ["'9019' is not a proposal number"]),
        ("9019.5: {type: GO}", ["9019.5 is not a proposal number"]),
        ("true: {type: GO}", ["True is not a proposal number"]),
        ("0: {type: GO}", ["0 is not a proposal number"]),
        ("-9019: {type: GO}", ["-9019 is not a proposal number"]),
        ("99999999999999999999: {type: GO}", ["99999999999999999999 is not a proposal number"]),
        ("9019:", ["proposal 9019"]),
        ("9019: GO", ["proposal 9019"]),
        ("9019: [GO]", ["proposal 9019"]),
        ("9019: {typ: GO}", ["proposal 9019", "'typ'"]),
        ("9019: {type: 5}", ["proposal 9019", "type", "5"]),
        ("9019: {title: no}", ["proposal 9019", "title", "False"]),
        ("9019: {cycle: eleven}", ["proposal 9019", "cycle", "'eleven'"]),
        ("9019: {cycle: 11.5}", ["proposal 9019", "cycle", "11.5"]),
        ("9019: {cycle: true}", ["proposal 9019", "cycle", "True"]),
        ("9019: {pi: [Bohlin]}", ["proposal 9019", "pi", "Bohlin"]),
        ("9019: {cycle: 99999999999999999999}", ["proposal 9019", "cycle", "too large"]),
        (f"9019: {{cycle: {'9' * 5000}}}", ["cannot read"]),
        ("2002-13-45: {type: GO}", ["cannot read"]),
    ],
)
def test_errors_in_yaml_name_file_and_proposal(written, content, named):
    path = written(content, "proposals.yaml")
    message = refusal(path)
    for text in [str(path), *named]:
        assert text in message


def test_an_unreadable_file_is_named(tmp_path):
    (tmp_path / "latin.yaml").write_bytes(b"9019: {title: Stra\xdfe}")
    for path in (tmp_path / "missing.yaml", tmp_path, tmp_path / "latin.yaml"):
        with pytest.raises(ConfigError, match=str(path)):
            proposals_file.read(path)


@pytest.mark.parametrize(
    "content",
    [
        'proposid,type,title,cycle,pi\n9019,CAL/ACS,A title,11,"Bohlin, Ralph"\n9020,GO,,,\n',
        "\ufeffproposid,type,title,cycle,pi\r\n"
        '9019,CAL/ACS,A title,11,"Bohlin, Ralph"\r\n9020,GO\r\n',
        'pi,cycle,title,type,proposid\n"Bohlin, Ralph", 11 ,A title,CAL/ACS, 9019\n\n,,,GO,9020\n',
    ],
    ids=["as documented", "from a spreadsheet", "in another order"],
)
def test_a_csv_file_is_read(written, content):
    for name in ("proposals.csv", "PROPOSALS.CSV"):
        facts, _ = proposals_file.read(written(content, name))
        assert facts == {9019: FACTS, 9020: NOTHING | {"type": "GO"}}


def test_columns_may_be_missing(written):
    facts, _ = proposals_file.read(written("proposid,type\n9019,GO\n"))
    assert facts == {9019: NOTHING | {"type": "GO"}}
    assert proposals_file.read(written("proposid,type\n")) == ({}, ())


texts = st.one_of(st.none(), st.text(st.characters(codec="utf-8", exclude_categories=["C"])))
contents = st.dictionaries(
    st.integers(1, 10**18 - 1),
    st.fixed_dictionaries(
        {
            "type": st.one_of(st.none(), st.sampled_from(TYPES)),
            "title": texts.map(lambda text: (text or "").strip() or None),
            "cycle": st.one_of(st.none(), st.integers(0, 10**18 - 1)),
            "pi": texts.map(lambda text: (text or "").strip() or None),
        }
    ),
)


@given(content=contents)
def test_yaml_and_csv_are_equivalent(tmp_path_factory, content):
    folder = tmp_path_factory.mktemp("files")
    (folder / "p.yaml").write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    with (folder / "p.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ["proposid", *ENTRIES])
        writer.writeheader()
        writer.writerows({"proposid": key} | entry for key, entry in content.items())
    assert proposals_file.read(folder / "p.yaml") == (content, ())
    assert proposals_file.read(folder / "p.csv") == (content, ())


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ("", ["proposid,type,title,cycle,pi"]),
        ("9019,GO,A title,11,Bohlin\n", ["proposid,type,title,cycle,pi"]),
        ("proposid,type\n,GO\n", ["None is not a proposal number"]),
        ("proposid,type\nabc,GO\n", ["'abc' is not a proposal number"]),
        ("proposid,type\n-9019,GO\n", ["'-9019' is not a proposal number"]),
        ("proposid,type\n0,GO\n", ["0 is not a proposal number"]),
        (f"proposid,type\n{'9' * 5000},GO\n", ["is not a proposal number"]),
        ("proposid,typ\n9019,GO\n", ["header", "'typ'"]),
        ("proposid,cycle\n9019,eleven\n", ["proposal 9019", "cycle", "'eleven'"]),
        ("proposid,cycle\n9019,11.5\n", ["proposal 9019", "cycle", "'11.5'"]),
        ("proposid,type\n9019,GO,more\n", ["proposal 9019", "more values"]),
        ("proposid,type\n9019,GO\n9019,SNAP\n", ["proposal 9019", "two rows"]),
        ('proposid,title\n9019,"no end\n', []),
    ],
)
def test_errors_in_csv_name_file_and_proposal(written, content, named):
    path = written(content)
    message = refusal(path)
    for text in [str(path), *named]:
        assert text in message


def test_a_csv_file_in_another_encoding_is_named(tmp_path):
    (tmp_path / "latin.csv").write_bytes(b"proposid,title\n9019,Stra\xdfe\n")
    with pytest.raises(ConfigError, match=r"latin\.csv"):
        proposals_file.read(tmp_path / "latin.csv")


BAD_ROWS = ["abc,GO", "9020,GO,11,more", "9019,SNAP", ",", "9021,GO,eleven"]


@pytest.mark.parametrize("bad", BAD_ROWS)
def test_a_wrong_row_costs_that_row_and_its_line_is_named(written, bad):
    path = written(f"proposid,type,cycle\n9019,GO,11\n{bad}\n9022,SNAP,12\n")
    facts, (problem,) = proposals_file.read(path)
    assert {proposid: entry["type"] for proposid, entry in facts.items()} == {
        9019: "GO",
        9022: "SNAP",
    }
    assert problem.startswith(f"{path}, line 3: ")


def test_a_wrong_entry_costs_that_entry(written):
    path = written("9019: {type: GO}\n9020: {type: 5}\n9022: {type: SNAP}\n", "p.yaml")
    facts, (problem,) = proposals_file.read(path)
    assert list(facts) == [9019, 9022]
    assert problem.startswith(f"{path}: proposal 9020: ")


def test_of_many_wrong_rows_some_are_named_and_all_counted(written):
    facts, problems = proposals_file.read(written("proposid,type\n" + "x,GO\n" * 100))
    assert not facts
    assert len(problems) == proposals_file.NAMED + 1
    assert "80 more entries are wrong" in problems[-1]


@pytest.mark.parametrize("name", ["pipe.csv", "pipe.yaml"])
def test_a_named_pipe_is_refused_at_once(tmp_path, name):
    os.mkfifo(tmp_path / name)
    with pytest.raises(ConfigError, match="not a regular file"):
        proposals_file.read(tmp_path / name)
