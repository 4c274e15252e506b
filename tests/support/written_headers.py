"""Headers of an observation, written out and compared with those of its files."""

from collections.abc import Container, Iterator

from astropy.io import fits

import acsql


def header_differences(
    observation: acsql.Observation, filetype: str, but: Container[int] = ()
) -> Iterator[str]:
    """Yield what `fitsdiff` says of each header that differs from the one in the file.

    Blank cards and the order of cards, which `fitsdiff` leaves out, count as well; the extensions
    in `but` are left out.
    """
    headers = observation.file_headers(filetype)
    with observation.open(filetype) as hdus:
        assert list(headers) == list(range(len(hdus)))
        for extension, hdu in enumerate(hdus):
            if extension in but:
                continue
            written = fits.Header.fromstring(headers[extension].tostring())
            compared = fits.HeaderDiff(written, hdu.header, ignore_blank_cards=False)
            places = [card.keyword for card in written.cards]
            if not compared.identical or places != [card.keyword for card in hdu.header.cards]:
                yield f"{observation.rootname} {filetype} {extension}: {compared.report()}"


def with_headers_written_out(observation: acsql.Observation, filetype: str) -> bytes:
    """Return the file of an observation with the headers that the database gives."""
    content = observation.path(filetype).read_bytes()
    headers = observation.file_headers(filetype)
    pieces = []
    with observation.open(filetype) as hdus:
        for extension, hdu in enumerate(hdus):
            info = hdu.fileinfo()
            data = content[info["datLoc"] : info["datLoc"] + info["datSpan"]]
            pieces += [headers[extension].tostring().encode("ascii"), data]
    return b"".join(pieces)
