"""Damaged files, made from good ones by a seed.

Each kind of damage is one function or one card in a table, so that a failing test names what it
was.  The same seed on the same files does the same damage.
"""

import gzip
import os
import random
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

CARD, BLOCK = 80, 2880
END = b"END".ljust(CARD)

# What becomes of one card of a header; the keyword is what stands before the "=".
PRIMARY_CARDS = (
    "SIMPLE  =                    F",
    "SIMPLE  = 'yes'",
    "EXTEND  =                    F",
    "EXTEND  = 'perhaps'",
    "NEXTEND =                99999",
    "NEXTEND = 'many'",
    "INSTRUME= 'WFC3    '",
    "INSTRUME= 'ACS",
    "INSTRUME=                    7",
    "ROOTNAME= 'j9zz99zzq'",
    "ROOTNAME=                12345",
    "ROOTNAME= ''",
    "DETECTOR= 'XYZ     '",
    "DETECTOR=                 1E99",
    "PROPOSID=                    T",
    "PROPOSID=                  -1.5",
    "PROPOSID= 123456789012345678901234567890",
    "PROPOSID= '../../../escape'",
    "DATE-OBS= '0000-99-99'",
    "DATE-OBS=             20020413",
    "EXPTIME =               1E9999",
    "EXPTIME =                  NaN",
    "EXPSTART= 'INF'",
    "RA_TARG =              -1E+400",
    "DEC_TARG=                 1D+3",
    "TARGNAME= 'NGC''104",
)
ANY_CARDS = (
    "BITPIX  =                   13",
    "BITPIX  = 'sixteen'",
    "BITPIX  =                  -16",
    "BITPIX  =                    0",
    "NAXIS   =                  999",
    "NAXIS   =                   -1",
    "NAXIS   = 'x'",
    "NAXIS   =           2000000000",
    "naxis   =           2000000000",
    "NAXIS   =                  2.0",
    "NAXIS   =                    3",
    "NAXIS   =                    1",
    "NAXIS1  =           1000000000",
    "NAXIS1  =     1000000000000000",
    "NAXIS1  = 99999999999999999999999999",
    "NAXIS1  =                 -288",
    "NAXIS1  =                    0",
    "NAXIS1  =                    1",
    "NAXIS1  =                1E300",
    "NAXIS1  = 'wide'",
    "NAXIS2  =           1000000000",
    "NAXIS2  =                -2880",
    "PCOUNT  =     1000000000000000",
    "PCOUNT  =               -28800",
    "PCOUNT  = 'several'",
    "GCOUNT  =     1000000000000000",
    "GCOUNT  =                   -1",
    "GCOUNT  =                    0",
    "TFIELDS =           1000000000",
    "TFIELDS =                   -1",
    "TFORM1  = '9999999999999X'",
    "TFORM1  = '1PJ(99999999999999)'",
    "TFORM1  = 'nonsense'",
    "ZIMAGE  =                    T",
    "XTENSION= 'UNKNOWN '",
    "XTENSION= 'FOREIGN '",
    "XTENSION= 'IMAGE",
    "XTENSION=                   12",
    "GROUPS  =                    T",
    "EXTNAME =                   17",
    "EXTNAME = 'SC'I'",
    "EXTVER  = 'two'",
    "EXTVER  = 99999999999999999999",
    "CCDCHIP = 'two'",
    "CCDCHIP = =======",
    "CCDCHIP =                  1.5",
    "BSCALE  = 'text'",
    "BSCALE  =                  NaN",
    "BSCALE  =                1E400",
    "BSCALE  =                    0",
    "BZERO   = 'nan'",
    "BZERO   =               1E+400",
    "BZERO   =                32769",
    "BLANK   = 'nothing'",
    "BLANK   =                  1.5",
    "BLANK   = -9999999999999999999",
    "NPIX1   =               1E+400",
    "PIXVALUE= 'full'",
    "CONTINUE  'that continues nothing&'",
    "CONTINUE= 5",
    "COMMENT \0\0\0",
    "LONGSTR = 'unclosed&",
    "lower   =                    1",
    "$WHERE  = 'operator'",
    "A.B.C   =                    1",
    "A.B     = 'FIELD.1: 2'",
    "_ID     = 'not the key'",
    "        = 'no keyword'",
    "HIERARCH _repeated = 1",
    "HIERARCH comment = 2",
    "HIERARCH $set.x = 3",
    "HIERARCH NAXIS = 2000000000",
    "DNNN    = 'a block'",
    "D001DATA= 'more'",
    "COMPLEX = (1.0, 2.0)",
    "HUGE    = " + "9" * 70,
    "EQUALS  ==================",
    "END     = 'not yet'",
    "END JUNK",
    "END",
)


def headers(content: bytes) -> list[tuple[int, int]]:
    """Return where each header of a good file begins and where its END card stands."""
    starts = [0] + [
        at for at in range(BLOCK, len(content), BLOCK) if content.startswith(b"XTENSION", at)
    ]
    return [(start, _end_card(content, start)) for start in starts]


def _end_card(content: bytes, start: int) -> int:
    return next(at for at in range(start, len(content), CARD) if content.startswith(END, at))


def _replaced(content: bytes, at: int, new: bytes) -> bytes:
    return content[:at] + new + content[at + len(new) :]


def _flipped(content: bytes, places: Sequence[int], rng: random.Random) -> bytes:
    changed = bytearray(content)
    for place in places:
        changed[place] ^= 1 << rng.randrange(8)
    return bytes(changed)


def _somewhere(content: bytes, rng: random.Random) -> tuple[int, int]:
    return rng.choice(headers(content))


def _card(content: bytes, rng: random.Random) -> int:
    """Return where some card of some header stands."""
    start, end = _somewhere(content, rng)
    return rng.randrange(start, end, CARD)


def put_card(
    content: bytes, rng: random.Random, text: str, among: Sequence[tuple[int, int]]
) -> bytes:
    """Write a card over the one of its keyword, or over some other card of some header."""
    keyword = text[:8].upper()
    image = text.encode("latin-1").ljust(CARD)[:CARD]
    own = [
        at
        for start, end in among
        for at in range(start, end, CARD)
        if content[at : at + 8] == keyword.encode("latin-1")
    ]
    start, end = rng.choice(among)
    return _replaced(content, rng.choice(own or [rng.randrange(start + CARD, end, CARD)]), image)


def _cut(content: bytes, rng: random.Random) -> bytes:
    return content[: rng.randrange(1, len(content))]


def _cut_in_first_header(content: bytes, rng: random.Random) -> bytes:
    return content[: rng.randrange(1, headers(content)[0][1])]


def _cut_at_header(content: bytes, rng: random.Random) -> bytes:
    return content[: _somewhere(content, rng)[0]]


def _cut_in_header(content: bytes, rng: random.Random) -> bytes:
    start, end = _somewhere(content, rng)
    return content[: rng.randrange(start + 1, end)]


def _cut_behind_header(content: bytes, rng: random.Random) -> bytes:
    end = _somewhere(content, rng)[1] + CARD
    return content[: -(-end // BLOCK) * BLOCK]


def _cut_at_block(content: bytes, rng: random.Random) -> bytes:
    return content[: rng.randrange(0, len(content), BLOCK)]


def _cut_last_byte(content: bytes, _: random.Random) -> bytes:
    return content[:-1]


def _flip_in_header(content: bytes, rng: random.Random) -> bytes:
    start, end = _somewhere(content, rng)
    return _flipped(content, [rng.randrange(start, end) for _ in range(rng.randint(1, 20))], rng)


def _flip_in_first_card(content: bytes, rng: random.Random) -> bytes:
    return _flipped(content, [rng.randrange(30)], rng)


def _flip_in_first_cards(content: bytes, rng: random.Random) -> bytes:
    start = _somewhere(content, rng)[0]
    return _flipped(content, [start + rng.randrange(6 * CARD) for _ in range(3)], rng)


def _flip_anywhere(content: bytes, rng: random.Random) -> bytes:
    return _flipped(content, rng.choices(range(len(content)), k=200), rng)


def _flip_high_bits(content: bytes, rng: random.Random) -> bytes:
    at = _card(content, rng)
    return _replaced(content, at, bytes(byte | 128 for byte in content[at : at + CARD]))


def _nul_bytes(content: bytes, rng: random.Random) -> bytes:
    return _replaced(content, _card(content, rng) + rng.randrange(CARD), b"\0" * 7)


def _zeroed_block(content: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(0, len(content), BLOCK)
    return _replaced(content, at, b"\0" * BLOCK)


def _zeroed_header_block(content: bytes, rng: random.Random) -> bytes:
    return _replaced(content, _somewhere(content, rng)[0], b"\0" * BLOCK)


def _random_header_block(content: bytes, rng: random.Random) -> bytes:
    return _replaced(content, _somewhere(content, rng)[0], rng.randbytes(BLOCK))


def _misspelt_header(content: bytes, rng: random.Random) -> bytes:
    return _replaced(content, _somewhere(content, rng)[0] + 4, b"Q")


def _lost_card(content: bytes, rng: random.Random) -> bytes:
    at = _card(content, rng)
    return content[:at] + content[at + CARD :]


def _lost_byte(content: bytes, rng: random.Random) -> bytes:
    at = _card(content, rng)
    return content[:at] + content[at + 1 :]


def _lost_block(content: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(0, len(content), BLOCK)
    return content[:at] + content[at + BLOCK :]


def _repeated_block(content: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(0, len(content), BLOCK)
    return content[:at] + content[at : at + BLOCK] + content[at:]


def _no_end(content: bytes, rng: random.Random) -> bytes:
    return _replaced(content, _somewhere(content, rng)[1], b" " * CARD)


def _no_end_at_all(content: bytes, _: random.Random) -> bytes:
    return content.replace(END, b" " * CARD)


def _early_end(content: bytes, rng: random.Random) -> bytes:
    return _replaced(content, _card(content, rng), END)


def _two_ends(content: bytes, rng: random.Random) -> bytes:
    start, end = _somewhere(content, rng)
    return _replaced(content, max(start, end - CARD), END)


def _junk_behind(content: bytes, rng: random.Random) -> bytes:
    return content + rng.randbytes(rng.randint(1, 3 * BLOCK))


def _file_behind(content: bytes, _: random.Random) -> bytes:
    return content + content


def _million_cards(content: bytes, rng: random.Random) -> bytes:
    end = _somewhere(content, rng)[1]
    many = b"".join(b"COMMENT %-72d" % number for number in range(36_000)) * 28
    return content[:end] + many + content[end:]


def _thousand_extensions(content: bytes, _: random.Random) -> bytes:
    cards = ("XTENSION= 'IMAGE   '", "BITPIX  = 8", "NAXIS   = 0", "END")
    return content + b"".join(c.encode().ljust(CARD) for c in cards).ljust(BLOCK) * 1000


def _broken_continue(content: bytes, rng: random.Random) -> bytes:
    at = _card(content, rng)
    return _replaced(
        content, at, b"TITLE   = 'begins&'".ljust(CARD) + b"CONTINUE  'ends".ljust(CARD)
    )


def _unclosed_quotes(content: bytes, rng: random.Random) -> bytes:
    start, end = _somewhere(content, rng)
    return content[:start] + content[start:end].replace(b"' ", b"  ") + content[end:]


def _non_ascii(content: bytes, rng: random.Random) -> bytes:
    at = _card(content, rng)
    return _replaced(content, at + 10, "'Å ä ö \N{SNOWMAN} \x7f \x1b'".encode())


def _compressed(content: bytes, _: random.Random) -> bytes:
    return gzip.compress(content, compresslevel=1)


def _decompression_bomb(_content: bytes, _: random.Random) -> bytes:
    return gzip.compress(b"\0" * 50_000_000, compresslevel=1)


def _empty(_content: bytes, _: random.Random) -> bytes:
    return b""


def _zeros(content: bytes, _: random.Random) -> bytes:
    return b"\0" * len(content)


def _web_page(_content: bytes, _: random.Random) -> bytes:
    return b"<html><head><title>404 Not Found</title></head></html>\n"


def _only_simple(_content: bytes, _: random.Random) -> bytes:
    return b"SIMPLE  =                    T"


def _replaced_card(text: str, primary: bool) -> Callable[[bytes, random.Random], bytes]:
    def replace(content: bytes, rng: random.Random) -> bytes:
        every = headers(content)
        return put_card(content, rng, text, every[:1] if primary else every[::-1])

    return replace


CONTENT: dict[str, Callable[[bytes, random.Random], bytes]] = {
    function.__name__.strip("_").replace("_", " "): function
    for function in (
        _cut,
        _cut_in_first_header,
        _cut_at_header,
        _cut_in_header,
        _cut_behind_header,
        _cut_at_block,
        _cut_last_byte,
        _flip_in_header,
        _flip_in_first_card,
        _flip_in_first_cards,
        _flip_anywhere,
        _flip_high_bits,
        _nul_bytes,
        _zeroed_block,
        _zeroed_header_block,
        _random_header_block,
        _misspelt_header,
        _lost_card,
        _lost_byte,
        _lost_block,
        _repeated_block,
        _no_end,
        _no_end_at_all,
        _early_end,
        _two_ends,
        _junk_behind,
        _file_behind,
        _thousand_extensions,
        _broken_continue,
        _unclosed_quotes,
        _non_ascii,
        _compressed,
        _empty,
        _zeros,
        _web_page,
        _only_simple,
    )
}
CONTENT |= {text: _replaced_card(text, primary=True) for text in PRIMARY_CARDS}
CONTENT |= {text: _replaced_card(text, primary=False) for text in ANY_CARDS}


def _combined(content: bytes, rng: random.Random) -> bytes:
    """Do the damage of several cards and some flipped bits."""
    for text in rng.sample(ANY_CARDS, 3):
        content = put_card(content, rng, text, headers(content)[:1])
    return _flip_anywhere(content, rng)


# Done to few files, because they are large or slow to make.
HEAVY = {"million cards": _million_cards, "decompression bomb": _decompression_bomb}


def _directory(path: Path) -> None:
    path.mkdir()
    (path / "inside").write_text("nothing")


def _pipe(path: Path) -> None:
    os.mkfifo(path)


def _link_to_zeros(path: Path) -> None:
    path.symlink_to("/dev/zero")


def _link_to_itself(path: Path) -> None:
    path.symlink_to(path.name)


def _link_to_directory(path: Path) -> None:
    path.symlink_to(path.parent, target_is_directory=True)


def _link_to_nothing(path: Path) -> None:
    path.symlink_to("nowhere.fits")


def hole(path: Path) -> None:
    """Write an image that is as large as its header says, 29 GB, and nearly all of it a hole."""
    primary = ("SIMPLE  = T", "BITPIX  = 8", "NAXIS   = 0", "EXTEND  = T")
    primary += ("INSTRUME= 'ACS'", f"ROOTNAME= '{path.name[:9]}'", "END")
    side = 60_000
    image = ("XTENSION= 'IMAGE'", "BITPIX  = -64", "NAXIS   = 2", f"NAXIS1  = {side}")
    image += (f"NAXIS2  = {side}", "PCOUNT  = 0", "GCOUNT  = 1", "EXTNAME = 'SCI'", "END")
    text = "".join("".join(c.ljust(CARD) for c in cards).ljust(BLOCK) for cards in (primary, image))
    size = 2 * BLOCK + -(-8 * side**2 // BLOCK) * BLOCK
    with path.open("wb") as file:
        file.write(text.encode())
        file.truncate(size)


PLACES: dict[str, Callable[[Path], None]] = {
    function.__name__.strip("_").replace("_", " "): function
    for function in (
        _directory,
        _pipe,
        _link_to_zeros,
        _link_to_itself,
        _link_to_directory,
        _link_to_nothing,
        hole,
    )
}
FORBIDDEN = "no permission"
SWAPPED = "swapped"
COMBINED = "combined"


def damage_files(paths: Sequence[Path], seed: int) -> dict[Path, str]:
    """Damage every one of some good files; return what was done to each.

    All kinds of damage come in turn, each on another sort of file every time.
    """
    rng = random.Random(seed)
    left = rng.sample(sorted(paths), len(paths))
    done: dict[Path, str] = {}
    for kind, make in HEAVY.items():
        path = left.pop()
        path.write_bytes(make(path.read_bytes(), rng))
        done[path] = kind
    if os.geteuid() != 0:
        # Nothing is forbidden to root.
        path = left.pop()
        path.chmod(0)
        done[path] = FORBIDDEN
    kinds = [*CONTENT, *PLACES, SWAPPED, COMBINED]
    while left:
        for kind in kinds:
            if left:
                done |= _damage(kind, left, rng)
    return done


def _damage(kind: str, left: list[Path], rng: random.Random) -> dict[Path, str]:
    path = left.pop()
    if kind == SWAPPED:
        same_type = path.name.rpartition("_")[2]
        other = next((other for other in left if other.name.endswith(same_type)), None)
        if other is not None:
            left.remove(other)
            _swap(path, other)
            return {path: kind, other: kind}
        kind = COMBINED
    if kind in PLACES:
        path.unlink()
        PLACES[kind](path)
    else:
        change = CONTENT.get(kind, _combined)
        path.write_bytes(change(path.read_bytes(), rng))
    return {path: kind}


def _swap(one: Path, other: Path) -> None:
    between = one.with_name("between")
    shutil.move(one, between)
    shutil.move(other, one)
    shutil.move(between, other)
