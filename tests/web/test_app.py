"""The application: routes, error responses, security headers and limits."""

import os
import re
from collections.abc import Iterator
from contextlib import nullcontext
from copy import copy
from dataclasses import replace
from datetime import datetime
from typing import Any

import bokeh
import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from mocpy import MOC
from werkzeug.test import TestResponse

import acsql
from acsql.vo.tap_job import TapJob
from acsql.vo.tap_job_folder import TapJobFolder
from acsql.web import sky_map, static_files
from acsql.web.app import MOMENT_AGE_S, create_app
from acsql.web.sky_map import coverage_png


def limited(archive: acsql.Archive, **settings: Any) -> Flask:
    """Return a site with other settings."""
    other = copy(archive)
    other.config = replace(archive.config, **settings)
    return create_app(other, workers=2)


@pytest.fixture(scope="module")
def site(sample_archive: acsql.Archive) -> Flask:
    """The site of the sample archive."""
    # The tests send more requests in a minute than any reader.
    app = limited(sample_archive, rate_limit=10**9)
    app.testing = True
    return app


@pytest.fixture
def client(site: Flask) -> FlaskClient:
    """A client of the site."""
    return site.test_client()


@pytest.fixture(scope="module")
def shown(sample_archive: acsql.Archive) -> dict[str, str]:
    """The parts of URLs, of an observation with all pages."""
    rows = sample_archive.where().thumbnails().rows
    pictured = [row["ipppssoot"] for row in rows if not row["no_thumbnail"]]
    row = next(row for row in rows if row["ipppssoot"] in pictured and len(row["rootname"]) == 8)
    return {
        "product": next(name for name in pictured if name[-1].isdigit()),
        "proposid": str(row["proposid"]),
        "name": row["ipppssoot"],
        "filetype": "flt",
        "extension": "1",
        "filename": "site.css",
        "saved": sample_archive.saved_searches.add("all", by="ann", shared=True, key="all").id,
        "job": finished_job(sample_archive),
    }


def finished_job(archive: acsql.Archive) -> str:
    """Return the id of a job of the TAP service that has a result."""
    jobs = TapJobFolder(archive.config.data_dir / "tap_jobs")
    job = jobs.add(TapJob({}).queued().executing().completed("text/csv"))
    jobs.result(job.id).write_text("n\n")
    return job.id


ADDRESSES = {
    "static": f"{static_files.url_path()}/{{filename}}",
    "home.page": "/",
    "proposals.page": "/archive/",
    "proposal.page": "/archive/{proposid}/",
    "observation.page": "/archive/{proposid}/{name}/{filetype}/",
    "previews.preview": "/previews/{name}/{filetype}.jpg",
    "previews.thumbnail": "/thumbnails/{name}.jpg",
    "colour.picture": "/colour/{product}/{product}/{product}.jpg",
    "previews.choose": "/rendition?rendition=adaptive",
    "search_box.go": "/go?name={name}",
    "search_box.suggest": "/suggest?of=box&text=ex",
    "search_form.page": "/database/",
    "results.page": "/database/results",
    "search_plot.figure": "/database/plot?x=exptime",
    "sky_coverage.picture": "/database/coverage.png",
    "headers.of_observation": "/archive/{proposid}/{name}/headers/",
    "headers.of_file": "/archive/{proposid}/{name}/headers/{filetype}/",
    "headers.header": "/archive/{proposid}/{name}/headers/{filetype}/{extension}/",
    "differences.page": "/difference",
    "viewer.page": "/archive/{proposid}/{name}/{filetype}/view",
    "viewer.description": "/pixels/{name}/{filetype}/",
    "viewer.overview_png": "/pixels/{name}/{filetype}/overview.png",
    "measurements.contours": "/pixels/{name}/{filetype}/contours?x0=0&x1=50&y0=0&y1=50&levels=10",
    "footprints.overlapping": "/pixels/{name}/footprints",
    "viewer.tile_png": "/pixels/{name}/{filetype}/tile.png?level=0&column=0&row=0",
    "viewer.cut_png": "/pixels/{name}/{filetype}/cut.png?x0=0&x1=8&y0=0&y1=8&bin=1",
    "measurements.histogram": "/pixels/{name}/{filetype}/histogram?low=0&high=9",
    "measurements.statistics": "/pixels/{name}/{filetype}/statistics?region=circle(9,9,3)",
    "measurements.profile": "/pixels/{name}/{filetype}/profile?region=line(9,9,20,20)",
    "measurements.cutout_fits": "/pixels/{name}/{filetype}/cutout.fits?x0=0&x1=8&y0=0&y1=8",
    "telemetry.plot": "/archive/{proposid}/{name}/telemetry/jit/1/plot",
    "tables.table": "/archive/{proposid}/{name}/tables/jit/1/",
    "files.fits": "/files/{name}_{filetype}.fits",
    "files.of_observation": "/archive/{proposid}/{name}/files/",
    "file_selection.page": "/files/",
    "file_selection.archive": "/files/archive?q=rootname%3D{name}",
    "file_selection.script": "/files/script?q=rootname%3D{name}",
    "statistics.page": "/statistics/",
    "statistics.plot": "/statistics/observations/plot",
    "statistics.numbers": "/statistics/observations.csv",
    "monitors.page": "/monitors/",
    "monitors.monitor": "/monitors/pointing/",
    "monitors.plot": "/monitors/pointing/plot",
    "monitors.rows": "/monitors/pointing/rows",
    "monitors.feed": "/monitors/alerts.atom",
    "runs.page": "/ingest/",
    "runs.run": "/ingest/1/",
    "runs.log": "/ingest/1/log",
    "login.page": "/login",
    "flags.page": "/flags/",
    "flags.flag": "/flags/other/",
    "review.page": "/review/",
    "bulk.page": "/annotations/bulk",
    "saved_searches.page": "/saved/",
    "saved_searches.feed": "/saved/{saved}/feed.atom",
    "plots.script": f"/plots/bokeh-{bokeh.__version__}.js",
    "api.annotations": "/api/annotations",
    "api.index": "/api/",
    "api.openapi_document": "/api/openapi.json",
    "api.observations": "/api/observations",
    "api.count": "/api/count",
    "api.facets": "/api/facets/detector",
    "api.groups": "/api/groups?by=detector",
    "api.observation": "/api/observations/{name}",
    "api.headers": "/api/observations/{name}/headers",
    "api.filetype_headers": "/api/observations/{name}/headers/{filetype}",
    "api.image_statistics": "/api/observations/{name}/statistics",
    "api.table": "/api/observations/{name}/tables/jit/1",
    "api.header": "/api/observations/{name}/headers/{filetype}/{extension}",
    "api.proposals": "/api/proposals",
    "api.proposal": "/api/proposals/{proposid}",
    "api.flags": "/api/flags",
    "api.held_annotations": "/api/observations/{name}/annotations",
    "api.keywords": "/api/keywords?q=exptime",
    "api.summary": "/api/summary",
    "api.statistics": "/api/statistics",
    "api.monitors": "/api/monitors",
    "api.alerts": "/api/alerts",
    "api.monitor": "/api/monitors/pointing",
    "api.monitor_rows": "/api/monitors/pointing/rows",
    "api.runs": "/api/runs",
    "api.run": "/api/runs/1",
    "api.health": "/health",
    "api.failures": "/api/failures",
    "api.user": "/api/user",
    "vo.availability": "/vo/tap/availability",
    "vo.capabilities": "/vo/tap/capabilities",
    "vo.resource": "/vo/resource",
    "vo.scs": "/vo/scs?ra=0&dec=0&sr=180",
    "vo.moc": "/vo/moc",
    "vo.datalink": "/vo/datalink?id={name}",
    "vo.sia2": "/vo/sia2/query?calib=2",
    "vo.soda": "/vo/soda?id={name}_flt.fits",
    "vo.sync": "/vo/tap/sync?lang=ADQL&query=SELECT+COUNT(*)+FROM+ivoa.obscore",
    "vo.tables": "/vo/tap/tables",
    "vo.examples": "/vo/tap/examples",
    "vo.jobs": "/vo/tap/async",
    "vo.job": "/vo/tap/async/{job}",
    "vo.job_resource": "/vo/tap/async/{job}/phase",
    "vo.job_result": "/vo/tap/async/{job}/results/result",
}
# The VO services ignore parameters that they do not have (DALI 1.1, section 2.3.9).
STRICT = [name for name in ADDRESSES if name != "static" and not name.startswith("vo.")]


@pytest.fixture(scope="module")
def answers(site: Flask, shown: dict[str, str]) -> dict[str, tuple[TestResponse, ...]]:
    """The responses of every route to a GET, by its endpoint: the last follows redirects."""
    found = {}
    for endpoint, address in ADDRESSES.items():
        client = site.test_client()  # one that has no session yet
        with client.get(address.format(**shown), follow_redirects=True) as response:
            response.get_data()
            found[endpoint] = (*response.history, response)
    return found


@pytest.fixture(scope="module")
def pages(answers: dict[str, tuple[TestResponse, ...]]) -> dict[str, BeautifulSoup]:
    """Every page, by its endpoint."""
    return {
        endpoint: BeautifulSoup(response.text, "html.parser")
        for endpoint, (*_, response) in answers.items()
        if response.mimetype == "text/html"
    }


# Routes that read regions from the body of a request; they change nothing.
POSTED = {"measurements.posted_statistics", "measurements.regions", "measurements.region_file"}
# The route at whose address one of these is, too.
WITH_BODY = {"measurements.statistics"}
# The VO services read forms as they read URLs.
VO_FORMS = {"vo.scs", "vo.moc", "vo.datalink", "vo.sia2", "vo.soda", "vo.sync"}
VO_FORMS |= {"vo.jobs", "vo.job", "vo.job_resource"}
# Endpoints that write what forms and scripts send, and pages at the same addresses.
WRITING = {
    "api.flag",
    "api.comment",
    "api.change_comment",
    "api.viewed",
    "api.example",
    "api.undo",
    "annotations.flag",
    "annotations.comment",
    "annotations.change_comment",
    "annotations.viewed",
    "annotations.example",
    "annotations.undo",
    "review.judge",
    "bulk.write",
    "saved_searches.save",
    "saved_searches.change",
    "monitors.see",
    "login.log_in",
    "login.log_out",
}
WITH_FORM = {"login.page", "review.page", "bulk.page", "saved_searches.page"}


def test_addresses_cover_all_routes(site: Flask) -> None:
    accepting = {rule.endpoint for rule in site.url_map.iter_rules() if "POST" in rule.methods}
    readable = {rule.endpoint for rule in site.url_map.iter_rules() if "GET" in rule.methods}
    assert readable == ADDRESSES.keys()
    assert accepting == POSTED | VO_FORMS | WRITING


@pytest.mark.parametrize("endpoint", ADDRESSES)
def test_every_route_answers(answers: dict[str, tuple[TestResponse, ...]], endpoint: str) -> None:
    response = answers[endpoint][-1]
    assert response.status_code == 200
    assert response.data


@pytest.mark.parametrize("endpoint", sorted(ADDRESSES.keys() - WITH_FORM - WITH_BODY - VO_FORMS))
def test_no_route_accepts_post(client: FlaskClient, shown: dict[str, str], endpoint: str) -> None:
    assert client.post(ADDRESSES[endpoint].format(**shown)).status_code == 405


@pytest.mark.parametrize("endpoint", STRICT)
def test_an_unknown_parameter_is_an_error_that_names_it(
    client: FlaskClient, shown: dict[str, str], endpoint: str
) -> None:
    address = ADDRESSES[endpoint].format(**shown)
    for parameter in ("nonsense", "_external", "endpoint", "name[$ne]"):
        joint = "&" if "?" in address else "?"
        response = client.get(f"{address}{joint}{parameter}=1")
        assert response.status_code == 400
        assert repr(parameter) in BeautifulSoup(response.text, "html.parser").get_text()


@pytest.mark.parametrize("endpoint", ADDRESSES)
def test_security_headers_are_sent(
    answers: dict[str, tuple[TestResponse, ...]], endpoint: str
) -> None:
    for response in answers[endpoint]:
        policy = response.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe-inline" not in policy
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert "unsafe-eval" not in policy
        assert response.headers["X-Frame-Options"] == "DENY"
        assert response.headers["Referrer-Policy"] == "same-origin"
        assert "camera=()" in response.headers["Permissions-Policy"]


def test_pages_load_nothing_from_other_hosts_and_have_no_inline_code(
    pages: dict[str, BeautifulSoup],
) -> None:
    assert len(pages) > 10
    for endpoint, page in pages.items():
        for tag in page.find_all(True):
            for name in ("src", "href", "action", "srcset"):
                assert tag.get(name, "/").startswith(("/", "#")), (endpoint, tag)
                assert not tag.get(name, "/").startswith("//"), (endpoint, tag)
            assert "style" not in tag.attrs, (endpoint, tag)
            assert not [name for name in tag.attrs if name.startswith("on")], (endpoint, tag)
        assert not page.find_all("style")
        scripts = page.find_all("script")
        assert all(script.get("src") and not script.string for script in scripts), endpoint


def test_pages_have_titles_labels_and_unique_ids(pages: dict[str, BeautifulSoup]) -> None:
    for endpoint, page in pages.items():
        assert page.html["lang"] == "en"
        assert page.title.get_text().strip()
        assert len(page.find_all("main")) == len(page.find_all("h1")) == 1, endpoint
        identifiers = [tag["id"] for tag in page.find_all(id=True)]
        assert len(set(identifiers)) == len(identifiers), endpoint
        assert all("alt" in image.attrs for image in page.find_all("img"))
        for field in page.find_all(["input", "select", "textarea"]):
            named = (
                field.get("type") == "hidden"
                or field.find_parent("label")
                or field.get("aria-label")
                or page.find("label", attrs={"for": field.get("id")})
            )
            assert named, (endpoint, field)
        for reference in ("aria-labelledby", "aria-describedby"):
            for tag in page.find_all(attrs={reference: True}):
                assert set(tag[reference].split()) <= set(identifiers), (endpoint, tag)


def test_alternate_links_lead_to_json(pages: dict[str, BeautifulSoup], client: FlaskClient) -> None:
    for endpoint, page in pages.items():
        for link in page.find_all("link", rel="alternate", type="application/json"):
            response = client.get(link["href"])
            assert response.status_code == 200, endpoint
            assert response.mimetype == "application/json"


def test_styles_and_scripts_load_nothing_from_other_hosts(client: FlaskClient) -> None:
    for name in ("site.css", "site.js", "icon.svg"):
        with client.get(f"{static_files.url_path()}/{name}") as response:
            text = response.text.replace('xmlns="http://www.w3.org/2000/svg"', "")
            assert not re.search(r"https?:|//[a-z]|@import|url\(", text), name


def test_values_from_files_are_text_and_never_markup(empty_archive: acsql.Archive) -> None:
    nasty = '<script>alert("1")</script>'
    empty_archive.store.observations.insert_one(
        {
            "_id": "j8bt05nj",
            "ipppssoot": "j8bt05njq",
            "proposid": 9019,
            "visit": "05",
            "targname": nasty,
            "last_ingest_date": datetime(2026, 1, 1),
            "datasets": {"raw": "j8bt05njq_raw.fits"},
            "files": {"raw": {"path": "j8bt/j8bt05njq/j8bt05njq_raw.fits", "size": 1}},
            "headers": {"raw": {"0": {"targname": nasty, "history": [nasty]}}},
            "previews": {"raw": {"reason": nasty}},
        }
    )
    client = create_app(empty_archive).test_client()
    for address in (
        "/archive/",
        "/archive/9019/",
        "/archive/9019/j8bt05njq/",
        "/archive/9019/j8bt05njq/headers/raw/0/",
        "/database/results",
        "/database/results?format=thumbnails",
        f"/database/results?targname={nasty}",
        f"/database/?targname={nasty}",
        f"/archive/?find={nasty}",
        f"/archive/9019/?target={nasty}",
        f"/{nasty}",
        f"/archive/9019/{nasty.replace('/', '')}/",
    ):
        response = client.get(address)
        assert nasty not in response.text, address
        page = BeautifulSoup(response.text, "html.parser")
        assert all(script.get("src") for script in page.find_all("script"))


# Values for every part of a URL and for every parameter.
BROKEN = [
    "",
    " ",
    "%00",
    "%ff%fe",
    "..",
    "../../../../etc/passwd",
    "..%2f..%2f..%2f..%2fetc%2fpasswd",
    "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    "/etc/passwd",
    "file:///etc/passwd",
    "{{7*7}}",
    "{%22$ne%22:null}",
    "[$ne]",
    "$where",
    "a'b%22c;--",
    "<script>",
    "%0d%0aSet-Cookie:x=1",
    "-1",
    "0",
    "1e999",
    "NaN",
    "9" * 400,
    "(" * 2000,
    "not+" * 500,
    "*" * 2000,
    "x" * 5000,
    "\U0001f52d\u202e",
    "2002-13-45",
    ",".join(["exptime"] * 300),
]


def with_broken_parts(rule: str, parts: dict[str, str]) -> Iterator[str]:
    """Yield URLs of a rule, each with one broken part."""
    fixed_and_named = re.split(r"<(?:[^:>]*:)?([^>]*)>", rule)
    sound = [
        parts.get(text, "1") if number % 2 else text for number, text in enumerate(fixed_and_named)
    ]
    for number in range(1, len(sound), 2):
        for broken in BROKEN:
            yield "".join([*sound[:number], broken, *sound[number + 1 :]])


# Parameters of all routes; each is given to every route.
NAMES = (
    "q", "name", "after", "sort", "columns", "where", "format", "by", "theme", "size",
    "rootname", "filetype", "x", "y", "match", "find", "before", "limit", "q[$gt]",
    "a", "b", "of", "extension", "date_obs", "exptime", "visit",
    "ra", "dec", "sr", "id", "circle", "polygon", "pos", "maxrec", "verb",
)  # fmt: skip


def assert_sound(client: FlaskClient, endpoint: str, address: str) -> bytes:
    """Assert no 5xx, no traceback, and no file from outside the folders; return the answer."""
    with client.get(address) as response:
        assert response.status_code < 500, address
        assert b"Traceback" not in response.data, address
        assert b"root:" not in response.data, address
        assert endpoint in WITH_FORM or "Set-Cookie" not in response.headers, address
        assert response.headers["X-Request-ID"]
        return response.data


@pytest.fixture
def maps_drawn_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw each coverage map once: hundreds of broken URLs ask for that of the whole archive."""
    drawn: dict[str, bytes] = {}

    def draw(covered: MOC) -> bytes:
        cells = covered.to_string()
        if cells not in drawn:
            drawn[cells] = coverage_png(covered)
        return drawn[cells]

    monkeypatch.setattr(sky_map, "coverage_png", draw)


# Each parameter of a route is given every third broken value, beginning with another one than the
# same parameter of the route before; with ALL_FAULTS=1 it is given all.
THIRDS = 1 if "ALL_FAULTS" in os.environ else 3


@pytest.mark.usefixtures("maps_drawn_once")
@pytest.mark.parametrize("endpoint", ADDRESSES)
def test_no_url_causes_a_server_error(site: Flask, shown: dict[str, str], endpoint: str) -> None:
    site.testing = False
    client = site.test_client()
    for rule in site.url_map.iter_rules():
        if rule.endpoint == endpoint:
            for address in with_broken_parts(rule.rule, shown):
                assert_sound(client, endpoint, address)
    plain = ADDRESSES[endpoint].format(**shown)
    joint = "&" if "?" in plain else "?"
    client.get(plain).close()  # pages with a form begin a session
    ignored = assert_sound(client, endpoint, f"{plain}{joint}nothing=1")
    for number, name in enumerate(NAMES):
        first = number % len(BROKEN)  # so that most values come first for one of the names
        data = b""
        values = BROKEN[first:] + BROKEN[:first]
        for value in values[list(ADDRESSES).index(endpoint) % THIRDS :: THIRDS]:
            previous, data = data, assert_sound(client, endpoint, f"{plain}{joint}{name}={value}")
            # The other values of a parameter that a page does not have would not be looked at.
            if b"unknown parameter" in data or data == previous == ignored:
                break


def test_a_url_that_is_too_long_is_refused(client: FlaskClient) -> None:
    assert client.get(f"/api/count?q={'x' * 7900}").status_code == 400
    response = client.get(f"/api/count?q={'x' * 8000}")
    assert response.status_code == 414
    assert "8,000" in response.json["message"]
    assert client.get(f"/{'x' * 8000}").status_code == 414


def test_too_many_requests_are_refused_with_429(empty_archive: acsql.Archive) -> None:
    client = limited(empty_archive, rate_limit=6).test_client()
    responses = [client.get("/health") for _ in range(4)]
    assert [response.status_code for response in responses] == [200, 200, 200, 429]
    assert ["Retry-After" in response.headers for response in responses] == [False] * 3 + [True]
    response = client.get("/health")
    assert response.json["error"] == "Too many requests"
    assert int(response.headers["Retry-After"]) > 0
    other = client.get("/health", environ_base={"REMOTE_ADDR": "203.0.113.7"})
    assert other.status_code != 429


@pytest.mark.parametrize(("proxies", "counted"), [(0, 1), (1, 2)])
def test_forwarded_addresses_count_only_behind_a_configured_proxy(
    empty_archive: acsql.Archive, proxies: int, counted: int
) -> None:
    client = limited(empty_archive, rate_limit=2, proxies=proxies).test_client()
    found = [
        client.get("/health", headers={"X-Forwarded-For": f"203.0.113.{number}"}).status_code
        for number in range(2)
    ]
    assert [status != 429 for status in found].count(True) == counted


@pytest.mark.parametrize(
    ("origins", "origin", "allowed"),
    [
        ((), "https://a.example", None),
        (("https://a.example",), "https://a.example", "https://a.example"),
        (("https://a.example",), "https://b.example", None),
        (("https://a.example",), "https://aXexample", None),
        (("https://a.example",), "https://a.example.evil", None),
        (("https://a.example",), "http://a.example", None),
        (("*",), "https://any.example", "*"),
    ],
)
@pytest.mark.parametrize("address", ["/api/summary", "/api/observations?q=(", "/api/nothing"])
def test_pages_of_listed_sites_may_read_the_api(
    empty_archive: acsql.Archive, origins: tuple[str, ...], origin: str, allowed: str, address: str
) -> None:
    client = limited(empty_archive, cors_origins=origins).test_client()
    for method in (client.get, client.options):
        headers = {"Origin": origin, "Access-Control-Request-Method": "GET"}
        response = method(address, headers=headers)
        assert response.headers.get("Access-Control-Allow-Origin") == allowed
        assert "Access-Control-Allow-Credentials" not in response.headers
        assert "POST" not in response.headers.get("Access-Control-Allow-Methods", "")


@pytest.mark.parametrize(
    ("origins", "varies"), [((), False), (("*",), False), (("https://a.example",), True)]
)
@pytest.mark.parametrize("headers", [{}, {"Origin": "https://a.example"}, {"Origin": "https://b"}])
def test_caches_keep_responses_to_different_origins_apart(
    empty_archive: acsql.Archive, origins: tuple[str, ...], varies: bool, headers: dict[str, str]
) -> None:
    client = limited(empty_archive, cors_origins=origins).test_client()
    response = client.get("/api/summary", headers=headers)
    assert ("Origin" in response.vary) is varies
    assert "Origin" not in client.get("/health", headers=headers).vary
    if not headers:
        assert response.headers.get("Access-Control-Allow-Origin", "*") == "*"


@pytest.mark.parametrize(
    "address", ["/", "/files/", "/health", f"{static_files.url_path()}/site.css"]
)
def test_pages_of_other_sites_may_read_nothing_else(
    empty_archive: acsql.Archive, address: str
) -> None:
    client = limited(empty_archive, cors_origins=("*",)).test_client()
    with client.get(address, headers={"Origin": "https://a.example"}) as response:
        assert "Access-Control-Allow-Origin" not in response.headers


def test_requests_that_read_look_once_at_what_has_changed(sample_archive, monkeypatch) -> None:
    blocks: list[float] = []
    monkeypatch.setattr(
        acsql.Archive, "one_moment", lambda _, age: blocks.append(age) or nullcontext()
    )
    client = create_app(sample_archive).test_client()
    assert client.get("/").status_code == 200
    assert blocks == [MOMENT_AGE_S]
    # What is read after a write in the same request is what was written.
    client.post("/log-in")
    assert blocks == [MOMENT_AGE_S]
