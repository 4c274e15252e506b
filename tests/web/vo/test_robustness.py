"""No value of a parameter is an error of the server, and all errors can be read by programs."""

import io
from collections.abc import Iterator

import pytest
from astropy.io import votable
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

PARAMETERS = {
    "/vo/scs": ("RA", "DEC", "SR", "VERB", "MAXREC"),
    "/vo/moc": ("Q", "ORDER", "RESPONSEFORMAT"),
    "/vo/datalink": ("ID",),
    "/vo/sia2/query": ("POS", "BAND", "TIME", "CALIB", "TARGET", "ID", "EXPTIME", "MAXREC"),
    "/vo/soda": ("ID", "CIRCLE", "POLYGON", "POS", "BAND"),
}
NUMBERS = ("0", "-10", "370", "1e-9", "90", "-90.1", "1e999", "nan", "-inf", "+Inf", "0x1", "1_0")
WORDS = ("CIRCLE", "range", "POLYGON", "j8a001g1n_flt.fits", "j8a001g1", "ivo://x/y?z", "\x00", "é")


@st.composite
def requests(draw: st.DrawFn) -> tuple[str, list[tuple[str, str]]]:
    """A service with some of its parameters, each with a few numbers or words."""
    path = draw(st.sampled_from(sorted(PARAMETERS)))
    texts = st.lists(
        st.sampled_from(NUMBERS + WORDS) | st.floats().map(repr), min_size=1, max_size=7
    ).map(" ".join) | st.text(max_size=20)
    names = st.sampled_from(PARAMETERS[path])
    return path, draw(st.lists(st.tuples(names, texts), max_size=4))


@pytest.fixture
def patient(client: FlaskClient) -> Iterator[FlaskClient]:
    """A client to which an unexpected error is a response, as it is to others."""
    client.application.testing = False
    yield client


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sent=requests(), is_form=st.booleans())
def test_no_request_is_an_error_of_the_server(
    patient: FlaskClient, sent: tuple[str, list[tuple[str, str]]], is_form: bool
) -> None:
    path, pairs = sent
    values: dict[str, list[str]] = {}
    for name, text in pairs:
        values.setdefault(name, []).append(text)
    if is_form:
        response = patient.post(path, data=values)
    else:
        response = patient.get(path, query_string=values)
    assert response.status_code in (200, 204, 303, 400, 404), (path, values)
    if "votable" in response.mimetype:
        read = votable.parse(io.BytesIO(response.data), verify="ignore")
        expected = ("OK", "OVERFLOW") if response.status_code == 200 else ("ERROR",)
        assert read.resources[0].infos[0].value in expected
    elif response.status_code >= 400:
        assert response.text.startswith("UsageFault: ")
