"""The requests that TOPCAT, stilts, pyvo and Aladin make, byte by byte, are answered.

Those of stilts were recorded; TOPCAT makes them with the same library.
"""

import io

import pytest
from astropy.io import votable
from flask.testing import FlaskClient

import acsql

FORM = "application/x-www-form-urlencoded"
JAVA = "text/html, image/gif, image/jpeg, */*; q=0.2"
TABLES = {
    "Cone Search of TOPCAT and stilts": "/vo/scs?RA=6.02&DEC=-72.08&SR=1",
    "Cone Search of TOPCAT with few columns": "/vo/scs?RA=6.02&DEC=-72.08&SR=1&VERB=1",
    "Multiple Cone Search, from numbers of four bytes": (
        "/vo/scs?RA=6.019999980926514&DEC=-72.08000183105469&SR=1"
    ),
    "Simple Image Access of TOPCAT and stilts": (
        "/vo/sia2/query?POS=CIRCLE%206.019999980926514%20-72.08000183105469%201.0"
    ),
    "Simple Image Access of pyvo": (
        "/vo/sia2/query?POS=CIRCLE+6.02+-72.08+1.0&CALIB=2&BAND=3e-07+1e-06&MAXREC=10"
    ),
    "Cone Search of Aladin": "/vo/scs?RA=6.02&DEC=-72.08&SR=1&VERB=2&RESPONSEFORMAT=votable",
    "TAP of pyvo": "/vo/tap/sync?REQUEST=doQuery&LANG=ADQL&QUERY=SELECT+TOP+5+*+FROM+ivoa.obscore",
}
DOCUMENTS = {
    "/vo/tap/availability": "text/xml",
    "/vo/tap/capabilities": "text/xml",
    "/vo/tap/tables": "text/xml",
    "/vo/scs/capabilities": "text/xml",
    "/vo/sia2/capabilities": "text/xml",
    "/vo/moc": "application/fits",
    "/vo/moc?q=detector%3DWFC&responseformat=json": "application/json",
}


def rows(content: bytes) -> int:
    """Return the number of rows of a complete VOTable."""
    # Simple Cone Search requires UCDs that astropy does not know.
    (results, *_) = votable.parse(io.BytesIO(content), verify="ignore").resources
    assert results.infos[0].value in ("OK", "OVERFLOW")
    return len(results.tables[0].array)


@pytest.mark.parametrize("address", TABLES.values(), ids=TABLES)
def test_a_table_is_sent(client: FlaskClient, address: str) -> None:
    response = client.get(address, headers={"Accept": JAVA})
    assert response.status_code == 200, response.text
    assert rows(response.data) > 0


def test_a_query_of_topcat_and_stilts_is_answered(client: FlaskClient) -> None:
    body = "REQUEST=doQuery&LANG=ADQL&QUERY=SELECT+TOP+5+*+FROM+ivoa.obscore"
    response = client.post("/vo/tap/sync", data=body, content_type=FORM, headers={"Accept": JAVA})
    assert (response.status_code, rows(response.data)) == (200, 5)


@pytest.mark.parametrize(("address", "media_type"), DOCUMENTS.items())
def test_a_document_is_sent(client: FlaskClient, address: str, media_type: str) -> None:
    response = client.get(address, headers={"Accept": JAVA})
    assert (response.status_code, response.mimetype) == (200, media_type)


def test_the_cone_of_a_row_leads_to_its_files_and_a_cutout(
    client: FlaskClient, sample_archive: acsql.Archive
) -> None:
    # TOPCAT's activation actions "View DataLink Table" and "Invoke Service".
    (row, *_) = sample_archive.where("exists(flt.0.filename)", detector="WFC").rows()
    observation = sample_archive.observation(row["rootname"])
    response = client.get("/vo/datalink", query_string={"ID": observation.rootname})
    assert rows(response.data) > len(observation.datasets)
    place = observation.wcs("flt").pixel_to_world(20, 20)
    values = {"ID": observation.datasets["flt"], "CIRCLE": f"{place.ra.deg} {place.dec.deg} 1e-4"}
    response = client.get("/vo/soda", query_string=values)
    assert (response.status_code, response.mimetype) == (200, "application/fits")
