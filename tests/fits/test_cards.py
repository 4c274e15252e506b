"""Reading cards, with astropy as the judge: the same keywords, values and types, in any file."""

import contextlib
from collections.abc import Callable, Iterable
from io import BytesIO
from pathlib import Path

import astropy
import pytest
from astropy.io import fits
from astropy.io.fits.verify import VerifyError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from acsql.fits import cards
from acsql.fits.open import open_fits

ASTROPY = Path(astropy.__file__).parent
REAL = Path(__file__).parents[3] / "shared" / "data" / "real"

# Astropy warns of odd cards; here they are odd on purpose.
pytestmark = pytest.mark.filterwarnings("ignore")


def ours(hdu: fits.ImageHDU) -> cards.Cards:
    return cards.read(hdu)


def theirs(hdu: fits.ImageHDU) -> cards.Cards:
    return cards.by_astropy(hdu.header)


def read_by(way: Callable[..., cards.Cards], source: Path | bytes) -> list | str:
    """Return the cards of all headers of a file, or the error of reading it.

    Values are compared by their repr, which distinguishes types, the sign of zero and NaN.
    """
    file = BytesIO(source) if isinstance(source, bytes) else source
    try:
        with fits.open(file, memmap=False, lazy_load_hdus=False) as hdus:
            return [[(keyword, repr(value)) for keyword, value in way(hdu)] for hdu in hdus]
    except Exception as error:
        return repr(error)


def assert_all_agree(paths: Iterable[Path]) -> None:
    read = 0
    for path in paths:
        expected = read_by(theirs, path)
        assert read_by(ours, path) == expected, path.name
        read += isinstance(expected, list)
    assert read


def test_sample_files_read_as_astropy_reads_them(sample_filesystem: Path) -> None:
    assert_all_agree(sorted(sample_filesystem.glob("*/*/*.fits")))


def test_real_files_read_as_astropy_reads_them() -> None:
    if not REAL.is_dir():
        pytest.skip("../shared, where real files are, is absent")
    assert_all_agree(sorted(REAL.glob("*.fits")))


def test_the_files_of_astropy_s_own_tests_read_as_astropy_reads_them() -> None:
    """Compressed images, random groups, old tables, files that break this rule or that."""
    files = sorted(ASTROPY.rglob("*.fits"))
    if not files:
        pytest.skip("astropy is installed without its test data")
    assert_all_agree(files)


def hdu_bytes(first: str, lines: Iterable[str]) -> bytes:
    """Return a header without data; lines of 80 characters at most, or of many times 80."""
    every = [f"{first:80}", f"{'BITPIX  =                    8':80}", f"{'NAXIS   = 0':80}"]
    every += [line.ljust(-(-max(len(line), 1) // 80) * 80) for line in lines]
    text = "".join(every) + "END".ljust(80)
    return text.ljust(-(-len(text) // 2880) * 2880).encode("latin-1")


PRIMARY = "SIMPLE  =                    T"
EXTENSION = "XTENSION= 'IMAGE   '"
EXTEND = "EXTEND  =                    T"
END = b"END".ljust(80)


@pytest.mark.parametrize(
    "line",
    [
        "A       = 'words   '           / a comment",
        "A       = 'words'/a comment",
        "A       = 'words' a comment",
        "A       = '  leading and trailing   '",
        "A       = 'the proposer''s name'",
        "A       = 'two at its end'' / a comment'",
        "A       = '' / a comment",
        "A       = '' / a comment' / with a quote",
        "A       = '''' / a quote",
        "A       = 'it ends' / with one's quote",
        "A       = 'not closed / a comment",
        "A       = '12:34:56'",
        "A       = 'AXIS.1: 2.0'",
        "A       = 'AXIS.1: 2.0' / a comment: of it",
        "A       = 'AXIS.1: two'",
        "A       = 'AXIS.1:2.0'",
        "A       =                    T / true",
        "A       = F/false",
        "A       = True",
        "A       = -0",
        "A       = +007",
        "A       = 12345678901234567890123456789012345678901234567890",
        "A       = -0.0",
        "A       = 1.",
        "A       = .5E-3",
        "A       = 5E3",
        "A       = 5E999",
        "A       = 5e3",
        "A       = 1.5D+3",
        "A       = - 1.5 E 3",
        "A       = 1_000",
        "A       = 0x1F",
        "A       = nan",
        "A       = 12.3.4",
        "A       = 2002-04-13",
        "A       = (1.0, -2.5)",
        "A       = / undefined",
        "A       =",
        "A       =5",
        "A       =  5 = 6",
        "A= 5",
        "A    = '= words'",
        "A      = 5",
        "a       = 5",
        " A      = 5",
        "A B     = 5",
        "A.B     = 5",
        "ABCDEFGHI= 5",
        "HIERARCH= 5",
        "HIERARCH ESO DET.NAME = 'words' / a comment",
        "COMMENT words  ",
        "COMMENT   = 'words'",
        "COMMENT = 5",
        "COMMENTS= 5",
        "comment words",
        "HISTORY",
        "        = 5",
        "         words without a keyword",
        "ENDTIME = 5",
        "END     = 5",
        "END of the words",
        "CONTINUE= 5",
        "CONTINUE  'words that continue nothing'",
        "words without a sign",
        "=",
        "A       = 5 / a comment".ljust(80) + "CONTINUE  'words'",
        "COMMENT words".ljust(80) + "CONTINUE  'words'",
        "         words".ljust(80) + "CONTINUE  'words'",
        "END".ljust(80) + "CONTINUE  'words'".ljust(80) + "END",
        fits.Card("A", "long words & quotes' " * 9, "a long comment " * 9).image,
        "HIERARCH A LONG KEYWORD = 'words&'".ljust(80) + "CONTINUE  'more words'",
        "A       = 5\t/ a comment",
        "A       = 5".ljust(80, "\n"),
        "A       = 'wo\0rds'",
        "A       = 5\0",
    ],
)
def test_odd_cards_read_as_astropy_reads_them(line: str) -> None:
    content = hdu_bytes(PRIMARY, [EXTEND]) + hdu_bytes(EXTENSION, [line, "B       = 5"])
    assert read_by(ours, content) == read_by(theirs, content)


@pytest.mark.parametrize(
    ("line", "read"),
    [
        ("A       = 'NGC\t104  ' / a comment", [("A", "NGC\t104")]),
        ("A       = 'NGC\n104'", [("A", "NGC\n104")]),
        ("A       = 'NGC\x00104'", [("A", "NGC\x00104")]),
        ("A       = 'NGC\x7f104'", [("A", "NGC\x7f104")]),
        ("A       = 'caf\xe9' / a comment", [("A", "caf\xe9")]),
        ("A       = 'the proposer''s\tname'", [("A", "the proposer's\tname")]),
        ("A       = 'the proposer's\tname'", [("A", "the proposer's\tname")]),
        ("A       = 'closed'\x04 / a comment", [("A", "closed")]),
        ("A       = 'not closed / a comment", [("A", "not closed")]),
        ("A       = 5 / a comment".ljust(80, "\0"), [("A", 5)]),
        ("A       = 5".ljust(80, "\0"), [("A", "5")]),
        ("A       = NAN / mean", [("A", "NAN")]),
        ("A       = -INF/ mean", [("A", "-INF")]),
        ("A       = -77,35 / degrees", [("A", "-77,35")]),
        ("A       = TRUE", [("A", "TRUE")]),
        ("A       = unquoted words / a comment", [("A", "unquoted words")]),
        ("A       = NAN/mean", [("A", "NAN")]),
        ("A       = 'dir$a/b.fits / a file", [("A", "dir$a/b.fits")]),
        ("A       = 12.3.4 /\ta comment", [("A", "12.3.4")]),
        ("HIERARCH A B.C = NAN / mean", [("A B.C", "NAN")]),
        ("A       = 'AXIS.1: 1D5'", [("A", "AXIS.1: 1D5")]),
        ("A       = 5".ljust(80) + "CONTINUE  'words'", [("A", 5), ("CONTINUE", "words")]),
        ("A       =".ljust(80) + "CONTINUE  'words'", [("A", None), ("CONTINUE", "words")]),
        ("A       = 'words&'".ljust(80) + "CONTINUE  5 6", [("A", "words&"), ("CONTINUE", "5 6")]),
        ("A       = 'a&'".ljust(80) + "CONTINUE" + 72 * "x", [("A", "a&"), ("CONTINUE", 72 * "x")]),
        ("A       = 'two&'".ljust(80) + "CONTINUE  ' wo\trds'", [("A", "two wo\trds")]),
        ("COMMENT a\ttab and caf\xe9", [("COMMENT", "a\ttab and caf\xe9")]),
    ],
)  # fmt: skip
@pytest.mark.parametrize("in_primary", [False, True])
def test_a_card_that_astropy_refuses_is_kept_as_text_and_costs_no_other(
    tmp_path: Path, line: str, read: cards.Cards, in_primary: bool
) -> None:
    odd, plain = [line, "B       = 5"], ["B       = 5"]
    path = tmp_path / "odd.fits"
    path.write_bytes(
        hdu_bytes(PRIMARY, [EXTEND, *(odd if in_primary else plain)])
        + hdu_bytes(EXTENSION, plain if in_primary else odd)
    )
    with open_fits(path) as hdus:
        headers = [cards.read(hdu) for hdu in hdus]
    assert headers[in_primary is False][-len(read) - 1 :] == [*read, ("B", 5)]
    assert headers[in_primary][-1] == ("B", 5)


@pytest.mark.parametrize("lines", [[], ["EXTEND  = F"], ["EXTEND  = F", EXTEND], ["EXTEND  = 1"]])
@pytest.mark.parametrize("extensions", [0, 1])
def test_extend_is_what_astropy_makes_of_it(lines: list[str], extensions: int) -> None:
    content = hdu_bytes(PRIMARY, lines) + extensions * hdu_bytes(EXTENSION, [])
    assert read_by(ours, content) == read_by(theirs, content)


printable = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=80)
values = (
    st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=150)
)
standard = st.builds(
    lambda keyword, value, comment: fits.Card(keyword, value, comment).image,
    st.from_regex(r"[A-Z][A-Z0-9_-]{0,7}", fullmatch=True).filter(lambda keyword: keyword != "END"),
    values,
    printable,
)
# fmt: off
NAMES = [
    "", " A", "A B", "a", "A", "DATE-OBS", "DP1", "EXTEND", "NAXIS1", "COMMENT", "HISTORY",
    "CONTINUE", "HIERARCH", "END", "ENDTIME",
]
WORDS = [
    " ", " ", "'", "''", "/", ": ", ":", "= ", "=", "&", "+", "-", "T", "F", "E", "D", "0", "7",
    "1.0", ".5", "5.", "1E5", "1D5", "1e5", "(1,2)", "2002-04-13", "AXIS.1", "words",
]
# fmt: on
keywords = st.sampled_from(NAMES) | st.text("AZ09-_ az=.", max_size=9)
indicators = st.sampled_from(["= ", "= ", "= ", "=", "  "])
rest = st.lists(st.sampled_from(WORDS), max_size=12).map("".join)
odd = st.builds(
    lambda keyword, indicator, words: f"{keyword:8}{indicator}{words}"[:80],
    keywords,
    indicators,
    rest | printable,
)
damaged = st.builds(
    lambda card, where, word: (card[:where] + word + card[where:])[:80],
    standard,
    st.integers(0, 40),
    st.sampled_from(WORDS),
)
lines = st.lists(standard | odd | damaged | printable, max_size=12)


damage = st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=3)


def damaged_hdu(first: str, lines: list[str], bytes_: list[tuple[float, int]]) -> bytes:
    """Return a header without data of whose lines, the structural ones aside, bytes changed."""
    content = bytearray(hdu_bytes(first, lines))
    begin = 4 * 80
    size = content.rindex(END) - begin
    for where, byte in bytes_ if size > 0 else ():
        content[begin + int(where * (size - 1))] = byte
    return bytes(content)


def readable(header: bytes) -> list[tuple[str, str]]:
    """Return the cards of a header that astropy reads one by one, each with its CONTINUE cards."""
    text = header.decode("latin-1")
    records = [text[at : at + 80] for at in range(0, len(text), 80)]
    images: list[str] = []
    for record in records[: records.index(END.decode())]:
        if record.startswith("CONTINUE") and images:
            images[-1] += record
        else:
            images.append(record)
    cards = []
    for card in map(fits.Card.fromstring, images):
        with contextlib.suppress(VerifyError, ValueError):
            value = None if isinstance(card.value, fits.card.Undefined) else card.value
            cards.append((card.keyword, repr(value)))
    return [card for card in cards if card[0] and card[0] != "EXTEND"]


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(lines, lines, damage, damage)
def test_any_header_reads_as_astropy_reads_its_cards(
    tmp_path: Path,
    primary: list[str],
    extension: list[str],
    in_primary: list[tuple[float, int]],
    in_extension: list[tuple[float, int]],
) -> None:
    headers = [
        damaged_hdu(PRIMARY, [EXTEND, *primary], in_primary),
        damaged_hdu(EXTENSION, extension, in_extension),
    ]
    path = tmp_path / "odd.fits"
    path.write_bytes(b"".join(headers))
    with open_fits(path) as hdus:
        assert len(hdus) == len(headers)
        for hdu, header in zip(hdus, headers, strict=True):
            read = [(keyword, repr(value)) for keyword, value in cards.read(hdu)]
            others = iter(read)
            assert all(card in others for card in readable(header))
            assert len(read) <= len(header) // 80


@pytest.mark.parametrize("end", ["END", "END     \x0e", "END\xd2"])
def test_a_card_is_shown_to_astropy_as_text_also_before_a_damaged_end(end: str) -> None:
    odd = "EXTNAME = 'WHT     '       !   / a slash is missing"
    header = "".join(card.ljust(80) for card in (odd, end)).encode("latin-1").ljust(2880)
    assert cards.readable(header).startswith(b"EXTNAME = 'WHT     '".ljust(80))
