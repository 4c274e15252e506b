"""TAP answers pyvo and stilts as the Python API does."""

import shutil
import subprocess

import pytest
import pyvo
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import acsql
from acsql.vo.tap_examples import EXAMPLES

pytestmark = pytest.mark.filterwarnings(
    "ignore::pyvo.utils.prototype.PrototypeWarning",
    "ignore::pyvo.utils.xml.exceptions.UnknownElementWarning",
)


def test_pyvo_groups_as_facets_do(site: str, sample_archive: acsql.Archive) -> None:
    found = pyvo.dal.TAPService(f"{site}/vo/tap").search(
        "SELECT detector, COUNT(*) AS n FROM acsql.observations GROUP BY detector"
    )
    assert {row["detector"]: row["n"] for row in found} == sample_archive.facets("detector")


def test_pyvo_reads_the_tables(site: str, sample_archive: acsql.Archive) -> None:
    tables = pyvo.dal.TAPService(f"{site}/vo/tap").tables
    assert "ivoa.obscore" in tables.keys()  # noqa: SIM118 - it is no mapping
    names = {column.name for column in tables["acsql.observations"].columns}
    assert names == set(sample_archive.specs.top_level)


def test_pyvo_reads_the_examples(site: str) -> None:
    found = pyvo.dal.TAPService(f"{site}/vo/tap").examples
    assert [example["QUERY"] for example in found] == [example.query for example in EXAMPLES]


@pytest.mark.skipif(shutil.which("stilts") is None, reason="stilts is not installed")
def test_stilts_counts_the_files(site: str, sample_archive: acsql.Archive) -> None:
    query = "SELECT COUNT(*) AS n FROM ivoa.obscore"
    result = subprocess.run(
        ["stilts", "tapquery", f"tapurl={site}/vo/tap", f"adql={query}", "sync=true", "ofmt=csv"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.split() == ["n", str(sample_archive.summary().files)]


@pytest.mark.parametrize(
    ("query", "status", "text"),
    [
        ("lang=ADQL&query=SELECT+foo+FROM+obscore", 400, "foo"),
        ("lang=ADQL", 400, "QUERY is missing"),
        ("lang=ADQL&query=SELECT+1+FROM+obscore&maxrec=-1", 400, "maxrec"),
        ("lang=ADQL&query=SELECT+1+FROM+obscore&upload=a,b", 400, "UPLOAD"),
    ],
)
def test_an_error_is_a_votable_that_names_it(
    client: FlaskClient, query: str, status: int, text: str
) -> None:
    response = client.get(f"/vo/tap/sync?{query}")
    assert response.status_code == status
    assert 'name="QUERY_STATUS" value="ERROR"' in response.text
    assert text.lower() in response.text.lower()


WORDS = (
    *("SELECT", "TOP", "5", "*", "FROM", "ivoa.obscore", "WHERE", "s_ra", "s_region", "(", ")"),
    *(",", "=", "1", "'x'", "CONTAINS", "POINT", "CIRCLE", "POLYGON", "INTERSECTS", "GROUP BY"),
    *("ORDER BY", "COUNT(*)", "AND", "NOT", "IS NULL", "UNION", "-", "||", "LIKE", "BETWEEN"),
    *("acsql.observations", "OFFSET", "DISTINCT", "AS", "a", ".", '"flt.1.goodmean"', ";", "--"),
)


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    words=st.lists(st.sampled_from(WORDS) | st.text(max_size=5), max_size=15),
    others=st.dictionaries(
        st.sampled_from(["maxrec", "responseformat", "lang", "upload", "request"]),
        st.text(max_size=10),
        max_size=2,
    ),
)
def test_no_query_is_an_error_of_the_site(
    client: FlaskClient, words: list[str], others: dict[str, str]
) -> None:
    text = " ".join(["SELECT TOP 5", *words])
    response = client.post("/vo/tap/sync", data={"lang": "ADQL", "query": text} | others)
    assert response.status_code in (200, 400, 413), (text, others)
