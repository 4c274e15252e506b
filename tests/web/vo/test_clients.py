"""What astronomers use agrees with the Python API: pyvo and stilts, on a served archive."""

import io
import shutil
import subprocess
from pathlib import Path

import pytest
import pyvo
from astropy import units
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.table import Table
from astropy.wcs import WCS
from astroquery.vo_conesearch import ConeSearch
from pyvo.dal.adhoc import DatalinkResults

import acsql
from acsql import Covers, Within

pytestmark = pytest.mark.filterwarnings(
    # Simple Cone Search requires UCDs that astropy does not know.
    "ignore::astropy.io.votable.exceptions.W06",
    "ignore::pyvo.utils.prototype.PrototypeWarning",
)
needs_stilts = pytest.mark.skipif(shutil.which("stilts") is None, reason="stilts is not installed")
PLACE = SkyCoord(359.9, -20, unit="deg")
RADIUS = 90 * units.deg


def stilts(*arguments: str | Path) -> str:
    """Return what a command of stilts prints."""
    result = subprocess.run(["stilts", *arguments], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    return result.stdout + result.stderr


@pytest.fixture(scope="module")
def expected(sample_archive: acsql.Archive) -> list[str]:
    """The rootnames of a search in Python, in their order."""
    search = sample_archive.where(Within(PLACE.ra.deg, PLACE.dec.deg, RADIUS.value))
    return [row["rootname"] for row in search.columns("rootname").sort("rootname").rows()]


@pytest.fixture(scope="module")
def observation(sample_archive: acsql.Archive) -> acsql.Observation:
    """An exposure of two chips."""
    search = sample_archive.where("exists(flt.0.filename)", detector="WFC").limit(1)
    return sample_archive.observation(next(search.rows())["rootname"])


def test_a_cone_search_of_pyvo_has_the_rows_of_a_search(
    site: str, sample_archive: acsql.Archive, expected: list[str]
) -> None:
    found = pyvo.dal.scs.SCSService(f"{site}/vo/scs").search(PLACE, RADIUS)
    assert [record.id for record in found] == expected
    for record in list(found)[:3]:
        observation = sample_archive.observation(record.id)
        assert record.pos.ra.deg == pytest.approx(observation["ra_targ"])
        assert record["exptime"] == observation["exptime"]


def test_a_cone_search_of_astroquery_has_the_rows_of_a_search(
    site: str, expected: list[str]
) -> None:
    found = ConeSearch.query_region(PLACE, RADIUS, service_url=f"{site}/vo/scs?", cache=False)
    assert list(found["rootname"]) == expected


def test_the_links_of_a_cone_search_lead_to_the_files(site: str) -> None:
    found = pyvo.dal.scs.SCSService(f"{site}/vo/scs").search(PLACE, RADIUS, maxrec=2)
    assert len(found) == 2
    for links in found.iter_datalinks():
        assert [link for link in links if link["semantics"] == "#this"]


def test_an_image_search_of_pyvo_has_the_files_of_a_search(
    site: str, sample_archive: acsql.Archive, observation: acsql.Observation
) -> None:
    place = observation.wcs("flt").pixel_to_world(5, 5)
    service = pyvo.dal.sia2.SIA2Service(f"{site}/vo/sia2")
    found = service.search(pos=(place, 1 * units.arcsec), calib_level=2)
    covering = Covers(place.ra.deg, place.dec.deg)
    files = sample_archive.where(covering).files(["flt", "flc", "crj", "crc"])
    assert {file.filename for file in files} <= {record["obs_title"] for record in found}
    assert {record.access_format for record in found} == {"application/fits"}
    assert {record.calib_level for record in found} == {2}
    (links,) = [
        link for link in found.iter_datalinks() if link[0].id.endswith(observation.datasets["flt"])
    ]
    assert links[0]["error_message"] == ""


@pytest.mark.parametrize(
    ("columns", "table"),
    [
        ("*", "ivoa.obscore"),
        # All units are read without a warning, which would be an error here.
        ("*", "acsql.observations"),
        ("exptime, rootname", "acsql.observations"),
    ],
)
def test_the_links_of_a_query_lead_to_the_files(site: str, columns: str, table: str) -> None:
    service = pyvo.dal.TAPService(f"{site}/vo/tap")
    found = service.run_sync(f"SELECT TOP 2 {columns} FROM {table}")
    linked = list(found.iter_datalinks())
    assert len(linked) == 2
    for links in linked:
        assert [link for link in links if link["semantics"] == "#this"]
    assert not list(service.run_sync(f"SELECT COUNT(*) AS n FROM {table}").iter_datalinks())


def test_a_cutout_by_the_descriptor_of_a_link(site: str, observation: acsql.Observation) -> None:
    place = observation.wcs("flt").pixel_to_world(20, 20)
    url = f"{site}/vo/datalink?ID={observation.datasets['flt']}"
    links = DatalinkResults.from_result_url(url)
    circle = (place.ra.deg, place.dec.deg, 1e-4) * units.deg
    with fits.open(io.BytesIO(links.get_first_proc().processed(circle=circle).read())) as hdus:
        x, y = WCS(hdus["SCI", 1].header, hdus).world_to_pixel(place)
        height, width = hdus["SCI", 1].data.shape
    assert -0.5 <= x <= width - 0.5
    assert -0.5 <= y <= height - 0.5


@needs_stilts
def test_a_cone_search_of_stilts_matches_a_local_table(
    site: str, sample_archive: acsql.Archive, tmp_path: Path
) -> None:
    search = sample_archive.where("exists(ra_targ)", detector="WFC").limit(3)
    rows = list(search.columns("rootname", "ra_targ", "dec_targ").rows())
    local = tmp_path / "local.csv"
    Table(rows=[(row["rootname"], row["ra_targ"], row["dec_targ"]) for row in rows],
          names=["name", "ra", "dec"]).write(local)  # fmt: skip
    out = tmp_path / "out.csv"
    stilts("coneskymatch", f"serviceurl={site}/vo/scs", f"in={local}", "ifmt=csv", "ra=ra",
           "dec=dec", "sr=0.1", "find=all", "ocmd=keepcols 'name rootname'",
           f"out={out}", "ofmt=csv")  # fmt: skip
    pairs = {(row["name"], row["rootname"]) for row in Table.read(out)}
    for row in rows:
        place = Within(row["ra_targ"], row["dec_targ"], 0.1)
        near = sample_archive.where(place).columns("rootname").rows()
        assert {(row["rootname"], each["rootname"]) for each in near} <= pairs


@needs_stilts
@pytest.mark.parametrize(
    "query",
    [
        "scs?RA=0&DEC=0&SR=180&VERB=3",
        "scs?RA=0&DEC=90&SR=0",
        "scs?RA=x",
        "datalink?ID={}",
        "sia2/query",
        "sia2/query?MAXREC=0",
        "sia2/query?TIME=0",
        "tap/sync?LANG=ADQL&QUERY=select+*+from+ivoa.obscore",
        "tap/sync?LANG=ADQL&QUERY=select+*+from+acsql.observations",
        "tap/sync?LANG=ADQL&QUERY=select+*+from+tap_schema.columns",
    ],
)
def test_votlint_has_nothing_to_say(
    site: str, observation: acsql.Observation, tmp_path: Path, query: str
) -> None:
    url = f"{site}/vo/{query.format(observation.rootname)}"
    path = tmp_path / "out.vot"
    path.write_bytes(pyvo.utils.http.create_session().get(url).content)
    assert stilts("votlint", f"votable={path}") == ""


@needs_stilts
def test_datalinklint_has_nothing_to_say(site: str, observation: acsql.Observation) -> None:
    url = f"{site}/vo/datalink?ID={observation.datasets['flt']}"
    report = stilts("datalinklint", f"votable={url}")
    problems = [line for line in report.splitlines() if line[:2] in ("E-", "W-")]
    # Words of the vocabulary that are newer than this program, which looks it up where it can.
    known = ("'detached-header'", "'documentation'", "'thumbnail'")
    assert [line for line in problems if not any(word in line for word in known)] == []


@needs_stilts
def test_taplint_has_nothing_to_say(site: str) -> None:
    # Metadata, capabilities, queries, jobs, ObsCore and examples; the service takes no uploads.
    stages = "TMV TME TMS TMC CPV CAP AVV QGE QPO QAS UWS MDQ OBS EXA"
    report = stilts("taplint", f"tapurl={site}/vo/tap", f"stages={stages}", "report=EWFS")
    assert "ivoa.ObsCore columns: 30/30 required" in report
    problems = [line for line in report.splitlines() if line[:2] in ("E-", "W-", "F-")]
    assert problems == []
