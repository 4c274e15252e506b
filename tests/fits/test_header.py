"""Are stored headers built from cards, and read back as the same cards?"""

from hypothesis import given
from hypothesis import strategies as st

from acsql import keywords
from acsql.fits.header import Entry, HeaderBuilder, by_keyword, cards, entries, value_path

SPECS = keywords.load()
# Keywords that repeat, that are in blocks, and that have the names of the stored shape.
KEYWORDS = ["EXPTIME", "DATE-OBS", "D001DATA", "D002DATA", "D001BLOCK", "BLOCK", "DNNN", "NEWKEY"]
headers = st.lists(
    st.tuples(st.sampled_from([*KEYWORDS, "_repeated", "HISTORY"]), st.integers(0, 9)), max_size=12
)


def build(read):
    """Return the stored header of keywords and values."""
    builder = HeaderBuilder()
    for keyword, value in read:
        if keyword in keywords.COMMENTARY:
            builder.add_commentary(keyword, str(value))
        else:
            builder.add(SPECS.card_location(keyword, None, None), value)
    return builder.build()


def test_the_stored_shape():
    read = [
        ("EXPTIME", 1),
        ("HISTORY", "a"),
        ("EXPTIME", 2),
        ("D002DATA", 3),
        ("D001DATA", 4),
        ("D001DATA", 5),
        ("HISTORY", "b"),
    ]
    assert build(read) == {
        "exptime": 1,
        "history": ["a", "b"],
        "_repeated": {"exptime": [2]},
        "dnnn": [
            {"block": 1, "data": 4, "_repeated": {"data": [5]}},
            {"block": 2, "data": 3},
        ],
    }


@given(headers)
def test_every_card_comes_back(read):
    stored = build(read)
    expected = sorted((keyword.upper(), str(value)) for keyword, value in read)
    returned = ((card.keyword.upper(), str(card.value)) for card in cards(stored, SPECS))
    assert sorted(returned) == expected


@given(headers)
def test_values_of_a_keyword_keep_their_order(read):
    stored = build(read)
    for keyword, _ in read:
        expected = [str(value) for name, value in read if name == keyword]
        returned = [
            str(card.value)
            for card in cards(stored, SPECS)
            if card.keyword.upper() == keyword.upper()
        ]
        assert returned == expected


def test_an_entry_is_named_as_in_the_file_and_as_in_the_specs():
    assert Entry("exptime", 1.0).file_name == Entry("exptime", 1.0).spec_name == "exptime"
    block = Entry("data", "a.fits", block=12)
    assert (block.file_name, block.spec_name) == ("d012data", "dnnndata")


def test_entries_mark_lines_and_repetitions():
    stored = {"history": ["a", "b"], "exptime": 1, "_repeated": {"exptime": [2]}}
    assert list(entries(stored)) == [
        Entry("history", "a", is_line=True),
        Entry("history", "b", is_line=True),
        Entry("exptime", 1),
        Entry("exptime", 2, is_repeated=True),
    ]


def test_values_by_keyword():
    stored = {
        "block": 7,
        "history": ["a"],
        "exptime": 1,
        "_repeated": {"exptime": [2]},
        "dnnn": [{"block": 1, "data": "x"}],
    }
    assert by_keyword(stored) == {"block": 7, "history": ["a"], "exptime": [1, 2], "d001data": "x"}


def test_paths_of_keywords_lead_into_all_blocks():
    assert value_path("exptime") == "exptime"
    assert value_path("dnnndata") == "dnnn.data"
