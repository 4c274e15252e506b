"""The pages: what they show is what the archive holds, and every way between them works."""

import itertools
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient

import acsql
from acsql import export
from acsql.keywords import HeaderKey
from acsql.query import Column
from acsql.web import params
from acsql.web.pages.archive import archive as pages


@pytest.fixture(scope="module")
def proposid(sample_archive: acsql.Archive) -> int:
    """The proposal with the most observations."""
    return max(sample_archive.proposals(), key=lambda known: known.observations).proposid


def soup(client: FlaskClient, address: str, status: int = 200) -> BeautifulSoup:
    """Return a page, checking its status."""
    response = client.get(address)
    assert response.status_code == status, response.text
    return BeautifulSoup(response.text, "html.parser")


def words(page: BeautifulSoup) -> str:
    """Return the text of a page, with its blanks made one."""
    return " ".join(page.get_text(" ").split())


def names(page: BeautifulSoup) -> list[str]:
    """Return the observations of a gallery."""
    return [name.get_text() for name in page.select(".gallery .name")]


def address_of(row: dict[str, Any]) -> str:
    """Return where an observation is shown."""
    return f"/archive/{pages.proposal_name(row['proposid'])}/{row['ipppssoot']}/"


def document(rootname: str = "j8bt05nj", **fields: Any) -> dict[str, Any]:
    """Return a small document of an observation."""
    ipppssoot = rootname if len(rootname) == 9 else f"{rootname}q"
    return {
        "_id": rootname,
        "ipppssoot": ipppssoot,
        "proposid": 9019,
        "visit": rootname[4:6],
        "datasets": {"raw": f"{ipppssoot}_raw.fits"},
        "files": {"raw": {"path": f"j8bt/{ipppssoot}/{ipppssoot}_raw.fits", "size": 2880}},
        "headers": {"raw": {"0": {"exptime": 60.0}}},
        "previews": {"raw": {"jpeg": f"9019/{ipppssoot}_raw.jpg", "thumbnail": None}},
        "last_ingest_date": datetime(2026, 1, 1),
    } | fields


# Home


def test_home_tells_what_is_in_the_archive(
    client: FlaskClient, sample_archive: acsql.Archive
) -> None:
    summary = sample_archive.summary()
    text = words(soup(client, "/"))
    assert f"{summary.observations} observations" in text
    assert f"{summary.files} files" in text
    assert f"{summary.previews} previews" in text
    for detector, number in summary.detectors.items():
        assert f"{detector} {sample_archive.specs.detectors[detector]} {number}" in text
    for filetype, held in summary.filetypes.items():
        description = sample_archive.specs.filetypes[filetype].description
        assert f"{filetype} {description} {held['files']} " in text
    assert "up to date The last good ingest came to its end" in text
    assert f"ingest {summary.last_run['_id']} : {summary.last_run['state']}" in text


def test_home_leads_to_what_each_detector_has(
    client: FlaskClient, sample_archive: acsql.Archive
) -> None:
    for detector, number in sample_archive.summary().detectors.items():
        link = soup(client, "/").find("a", string=detector)
        assert f"{number} observations" in words(soup(client, link["href"]))


def test_home_of_an_empty_archive(empty_client: FlaskClient) -> None:
    text = words(soup(empty_client, "/"))
    assert "The archive is empty" in text
    assert "There was none yet" in text


@pytest.mark.parametrize(
    "record",
    [
        {"_id": 1, "state": "running", "started": datetime(2026, 1, 1, 2, 3)},
        {
            "_id": 2,
            "state": "failed",
            "started": datetime(2026, 1, 1, 2, 3),
            "finished": datetime(2026, 1, 1, 3),
            "seconds": 3420.0,
            "observations": {},
            "reason": "the disk is full",
            "failures": [
                {"filename": f"j8bt05n{letter}q_raw.fits", "reason": "is truncated"}
                for letter in "abcdefghijklmnopqrstuvwxyz"
            ],
        },
    ],
)
def test_home_tells_how_the_last_ingest_went(
    empty_client: FlaskClient, empty_archive: acsql.Archive, record: dict[str, Any]
) -> None:
    empty_archive.store.ingest_runs.insert_one(dict(record))
    text = words(soup(empty_client, "/"))
    # A record that nobody closed is not of a run that is under way.
    assert empty_archive.summary().last_run["state"] in text
    assert "2026-01-01 02:03:00" in text
    if record.get("failures"):
        assert "the disk is full" in text
        assert "26 files failed" in text
        assert "j8bt05naq_raw.fits is truncated" in text
        assert "and 6 more" in text


# Proposals


def listed(page: BeautifulSoup) -> list[int]:
    return [int(cell.get_text()) for cell in page.select("tbody th")]


def test_every_proposal_is_listed(client: FlaskClient, sample_archive: acsql.Archive) -> None:
    page = soup(client, "/archive/")
    known = sample_archive.proposals()
    assert listed(page) == [proposal.proposid for proposal in known]
    text = words(page)
    for proposal in known:
        for part in (proposal.title, proposal.pi, proposal.type, *proposal.targets[:4]):
            assert (part or "") in text


@pytest.mark.parametrize("key", params.ProposalList.SORTS)
def test_proposals_can_be_sorted(
    client: FlaskClient, sample_archive: acsql.Archive, key: str
) -> None:
    up, down = (listed(soup(client, f"/archive/?sort={sign}{key}")) for sign in ("", "-"))
    values = {known.proposid: getattr(known, key) for known in sample_archive.proposals()}
    assert sorted(up) == sorted(down) == sorted(values)
    assert [values[proposid] for proposid in up] == sorted(values.values())
    assert [values[proposid] for proposid in down] == sorted(values.values(), reverse=True)


def test_proposals_go_on_over_pages(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = listed(soup(client, "/archive/?sort=-exptime"))
    monkeypatch.setattr(pages, "PROPOSALS_ON_A_PAGE", 3)
    page = soup(client, "/archive/?sort=-exptime")
    found = listed(page)
    assert not page.select_one(".pager a[rel=prev]")
    while link := page.select_one(".pager a[rel=next]"):
        before, page = page, soup(client, link["href"])
        assert listed(soup(client, page.select_one("a[rel=prev]")["href"])) == listed(before)
        found += listed(page)
    assert found == whole


def test_proposals_tell_what_each_detector_has(
    client: FlaskClient, sample_archive: acsql.Archive
) -> None:
    text = words(soup(client, "/archive/"))
    for proposal in sample_archive.proposals():
        counted = {
            detector: sample_archive.count(proposid=proposal.proposid, detector=detector)
            for detector in proposal.detectors
        }
        assert proposal.detectors == counted
        assert ", ".join(f"{detector} {n}" for detector, n in counted.items()) in text


def test_proposals_are_found_by_their_words(
    client: FlaskClient, sample_archive: acsql.Archive
) -> None:
    proposal = sample_archive.proposals()[0]
    for text in (str(proposal.proposid), proposal.pi.upper(), proposal.title.lower()):
        page = soup(client, f"/archive/?find={text}&sort=-proposid")
        assert proposal.proposid in listed(page)
        # The order stays when other words are looked for, and the words when it is sorted anew.
        assert page.find("input", attrs={"name": "sort"})["value"] == "-proposid"
        assert parse_qs(urlsplit(page.select_one("thead a")["href"]).query)["find"] == [text]
    assert listed(soup(client, "/archive/?find=no+such+words")) == []


def test_observations_without_a_proposal_can_be_reached(
    empty_client: FlaskClient, empty_archive: acsql.Archive
) -> None:
    assert "empty" in words(soup(empty_client, "/archive/"))
    without = [document(f"j8bt05n{letter}", proposid=None) for letter in "abc"]
    empty_archive.store.observations.insert_many([document("j8bt05nz"), *without])
    page = soup(empty_client, "/archive/")
    link = page.find("a", string="without a proposal")
    assert "3 observations without a proposal" in words(page)
    assert names(soup(empty_client, link["href"])) == ["j8bt05naq", "j8bt05nbq", "j8bt05ncq"]
    page = soup(empty_client, "/archive/unknown/j8bt05nbq/")
    assert page.select_one("a[rel=prev]")["href"] == "/archive/unknown/j8bt05naq/"
    assert page.select_one("a[rel=next]")["href"] == "/archive/unknown/j8bt05ncq/"
    assert soup(empty_client, "/archive/unknown/j8bt05nbq/headers/raw/0/")
    assert empty_client.get("/archive/9019/j8bt05nbq/").location == "/archive/unknown/j8bt05nbq/"
    assert empty_client.get("/archive/unknown/j8bt05nzq/").location == "/archive/9019/j8bt05nzq/"


# A proposal


def test_a_proposal_shows_each_observation_once(
    client: FlaskClient, rows: list[dict[str, Any]]
) -> None:
    for proposid in {row["proposid"] for row in rows}:
        page = soup(client, f"/archive/{proposid}/")
        own = [row for row in rows if row["proposid"] == proposid]
        assert names(page) == [row["ipppssoot"] for row in own]
        assert f"{len(own)} observation" in words(page.select_one("[role=status]"))
        assert [link["href"] for link in page.select(".gallery a")] == list(map(address_of, own))


def test_thumbnails_wait_until_they_are_looked_at(client: FlaskClient, proposid: int) -> None:
    page = soup(client, f"/archive/{proposid}/")
    images = page.select(".gallery img")
    assert images
    for image in images:
        assert image["loading"] == "lazy"
        assert image["width"] == image["height"] == "128"
        with client.get(image["src"]) as response:
            assert response.status_code == 200


def test_what_has_no_thumbnail_says_why(client: FlaskClient, rows: list[dict[str, Any]]) -> None:
    without = [row for row in rows if row["no_thumbnail"]]
    assert without
    for row in without:
        page = soup(client, f"/archive/{row['proposid']}/")
        assert row["no_thumbnail"] in words(page.select_one(".gallery"))


@pytest.mark.parametrize("match", params.MATCHES)
def test_filters_find_what_a_search_finds(
    client: FlaskClient, rows: list[dict[str, Any]], match: str
) -> None:
    combine = {"all": all, "any": any}[match]
    for row in rows:
        asked = {
            "visit": row["visit"],
            "target": row["targname"],
            "detector": row["detector"],
            "filter": row["filter2"],
        }
        expected = [
            other["ipppssoot"]
            for other in rows
            if other["proposid"] == row["proposid"]
            and combine(
                (
                    other["visit"] == row["visit"],
                    other["targname"] == row["targname"],
                    other["detector"] == row["detector"],
                    row["filter2"] in (other["filter1"], other["filter2"]),
                )
            )
        ]
        response = client.get(f"/archive/{row['proposid']}/", query_string=asked | {"match": match})
        page = BeautifulSoup(response.text, "html.parser")
        assert names(page) == expected
        assert row["ipppssoot"] in expected
        chosen = {(box["name"], box["value"]) for box in page.select("input[checked]")}
        assert chosen == set(asked.items()) | {("match", match)}


def test_options_are_what_the_proposal_has(client: FlaskClient, rows: list[dict[str, Any]]) -> None:
    for proposid in {row["proposid"] for row in rows}:
        page = soup(client, f"/archive/{proposid}/")
        for filter_ in params.FILTERS:
            offered = [b["value"] for b in page.select(f"input[name={filter_.parameter}]")]
            occurring = {
                row[keyword]
                for row in rows
                for keyword in filter_.keywords
                if row["proposid"] == proposid and row[keyword]
            }
            assert offered == sorted(occurring)


@pytest.mark.parametrize("sort", params.SORTS)
def test_a_proposal_can_be_sorted(
    client: FlaskClient, rows: list[dict[str, Any]], proposid: int, sort: str
) -> None:
    page = soup(client, f"/archive/{proposid}/?sort={sort}")
    keyword = sort.removeprefix("-")
    own = {row["ipppssoot"]: row[keyword] for row in rows if row["proposid"] == proposid}
    shown = [own[name] for name in names(page)]
    assert shown == sorted(own.values(), reverse=sort.startswith("-"))
    assert page.select_one("select option[selected]")["value"] == sort


def test_the_selection_goes_along_and_back(
    client: FlaskClient, rows: list[dict[str, Any]], proposid: int
) -> None:
    own = [row for row in rows if row["proposid"] == proposid]
    visit = own[0]["visit"]
    query = f"visit={visit}&sort=-expstart"
    page = soup(client, f"/archive/{proposid}/?{query}")
    chosen = names(page)
    address = page.select_one(".gallery a")["href"]
    walked = []
    while address:
        page = soup(client, address)
        back = page.select(".trail a")[1]["href"]
        assert parse_qs(urlsplit(back).query) == parse_qs(query.replace("-", "-", 1))
        walked.append(urlsplit(address).path.split("/")[3])
        link = page.select_one(".viewer a[rel=next]")
        address = link and link["href"]
    assert walked == chosen
    assert chosen == [row["ipppssoot"] for row in reversed(own) if row["visit"] == visit]


@pytest.mark.parametrize("match", params.MATCHES)
def test_what_is_chosen_goes_to_the_search_and_to_the_files(
    client: FlaskClient, sample_archive: acsql.Archive, rows: list[dict[str, Any]], match: str
) -> None:
    for row in rows[::5]:
        asked = {
            "visit": row["visit"],
            "filter": row["filter2"],
            "match": match,
            "sort": "-exptime",
        }
        response = client.get(f"/archive/{row['proposid']}/", query_string=asked)
        page = BeautifulSoup(response.text, "html.parser")
        ways = {link.get_text(): link["href"] for link in page.select(".ways a")}
        q = parse_qs(urlsplit(ways["Download FITS"]).query)["q"][0]
        found = sample_archive.iter(q, sort="-exptime", columns=["ipppssoot"])
        assert [other["ipppssoot"] for other in found] == names(page) != []
        assert parse_qs(urlsplit(ways["As a search"]).query) == {"q": [q], "sort": ["-exptime"]}


def test_a_filter_that_nothing_fits_stays_on_the_page(client: FlaskClient, proposid: int) -> None:
    page = soup(client, f"/archive/{proposid}/?target=NOWHERE")
    assert names(page) == []
    assert "No observation fits the filters" in words(page)
    assert page.select_one("input[value=NOWHERE][checked]")


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/archive/99999/", 404),
        ("/archive/999999999999999999/", 404),
        ("/archive/9999999999999999999999/", 404),
        ("/archive/-1/", 404),
        ("/archive/abc/", 404),
        ("/archive/unknown/", 200),
        ("/archive/99999/j8bt05nzz/", 404),
        ("/archive/99999/x/", 400),
        ("/archive/9019/?match=most", 400),
        ("/archive/9019/?sort=targname", 400),
        ("/archive/9019/?sort=expstart&sort=exptime", 400),
        ("/archive/?sort=nonsense", 400),
    ],
)
def test_wrong_addresses(client: FlaskClient, address: str, status: int) -> None:
    soup(client, address, status)


# An observation


def test_every_observation_has_its_pages(
    client: FlaskClient, sample_archive: acsql.Archive, rows: list[dict[str, Any]]
) -> None:
    for row in rows:
        observation = sample_archive.observation(row["rootname"])
        page = soup(client, address_of(row))
        assert observation.ipppssoot in page.h1.get_text()
        for filetype, filename in observation.datasets.items():
            assert filename in words(page.select_one("[aria-labelledby=files]"))
            assert filetype in soup(client, f"{address_of(row)}{filetype}/").h1.get_text()


def test_every_preview_is_shown_or_missed_with_its_reason(
    client: FlaskClient, sample_archive: acsql.Archive, rows: list[dict[str, Any]]
) -> None:
    seen = set()
    for row in rows:
        observation = sample_archive.observation(row["rootname"])
        for filetype in observation.datasets:
            page = soup(client, f"{address_of(row)}{filetype}/")
            image = page.select_one(".viewer img")
            made = bool(observation.previews.get(filetype, {}).get("jpeg"))
            seen.add(made)
            assert bool(image) == made
            if made:
                with client.get(image["src"]) as response:
                    assert response.data == observation.jpeg(filetype).read_bytes()
            else:
                assert f"no jpeg is made of {filetype}" in page.select_one(".reason").get_text()
    assert seen == {True, False}


def test_a_reason_and_a_lost_picture_are_told(
    empty_client: FlaskClient, empty_archive: acsql.Archive
) -> None:
    given = {"reason": "all pixels are the same"}
    failed = document("j8bt05na", previews={"raw": given})
    empty_archive.store.observations.insert_many([failed, document("j8bt05nb")])
    page = soup(empty_client, "/archive/9019/j8bt05naq/")
    assert "all pixels are the same" in page.select_one(".reason").get_text()
    page = soup(empty_client, "/archive/9019/j8bt05nbq/")
    assert "not in its place any more" in page.select_one(".reason").get_text()
    assert "not in its place" in words(soup(empty_client, "/previews/j8bt05nb/raw.jpg", 404))


def test_metadata_are_complete(
    client: FlaskClient, sample_archive: acsql.Archive, pictured: dict[str, Any]
) -> None:
    observation = sample_archive.observation(pictured["rootname"])
    table = soup(client, address_of(pictured)).select("[aria-labelledby=metadata] tbody tr")
    shown = {row.th.get_text(): row.td.get_text() for row in table}
    columns = sample_archive.columns(list(observation.metadata))
    assert shown == {
        column.spec.keyword: export.text(observation[column.address], column) for column in columns
    }


def test_files_lead_to_their_headers(
    client: FlaskClient, sample_archive: acsql.Archive, pictured: dict[str, Any]
) -> None:
    observation = sample_archive.observation(pictured["rootname"])
    for address in (address_of(pictured), f"{address_of(pictured)}headers/"):
        links = [link["href"] for link in soup(client, address).select(".extensions a")]
        assert links == [
            f"{address_of(pictured)}headers/{filetype}/{extension}/"
            for filetype, headers in observation.headers.items()
            for extension in headers
        ]


def test_a_file_that_is_gone_is_told(
    empty_client: FlaskClient, empty_archive: acsql.Archive
) -> None:
    gone = {"path": "j8bt/x", "size": 2880, "vanished": datetime(2026, 3, 4, 5)}
    empty_archive.store.observations.insert_one(document(files={"raw": gone}))
    files = soup(empty_client, "/archive/9019/j8bt05njq/").select_one("[aria-labelledby=files]")
    assert "j8bt05njq_raw.fits gone from disk 2026-03-04 2.9 kB" in words(files)


def test_next_leads_through_the_proposal_and_previous_back(
    client: FlaskClient, rows: list[dict[str, Any]], proposid: int
) -> None:
    own = [address_of(row) for row in rows if row["proposid"] == proposid]
    for rel, expected in (("next", own), ("prev", own[::-1])):
        walked = [expected[0]]
        while link := soup(client, walked[-1]).select_one(f".viewer a[rel={rel}]"):
            walked.append(link["href"])
        assert walked == expected


def test_next_keeps_the_filetype_where_it_can(
    client: FlaskClient, sample_archive: acsql.Archive, rows: list[dict[str, Any]]
) -> None:
    kept = 0
    for row, after in itertools.pairwise(rows):
        observation = sample_archive.observation(row["rootname"])
        if row["proposid"] != after["proposid"] or "raw" not in observation.datasets:
            continue
        link = soup(client, f"{address_of(row)}raw/").select_one(".viewer a[rel=next]")
        has_it = "raw" in sample_archive.observation(after["rootname"]).datasets
        assert link["href"] == address_of(after) + ("raw/" if has_it else "")
        kept += has_it
    assert kept


def test_other_names_lead_to_the_canonical_address(
    client: FlaskClient, pictured: dict[str, Any]
) -> None:
    canonical = address_of(pictured)
    proposid, rootname = pictured["proposid"], pictured["rootname"]
    for address in (
        f"/archive/{proposid}/{rootname}/",
        f"/archive/{proposid}/{pictured['ipppssoot'].upper()}/",
        f"/archive/99999/{rootname}/",
        f"/archive/unknown/{rootname}/",
        canonical.rstrip("/"),
    ):
        response = client.get(address, follow_redirects=True)
        assert (response.status_code, response.request.path) == (200, canonical)
    for below in ("flt/", "headers/", "headers/flt/1/"):
        response = client.get(f"/archive/99999/{rootname}/{below}")
        assert response.location == f"{canonical}{below}"
    response = client.get(f"/archive/99999/{rootname}/?visit=01&visit=02&sort=exptime")
    assert parse_qs(urlsplit(response.location).query) == {
        "visit": ["01", "02"],
        "sort": ["exptime"],
    }


@pytest.mark.parametrize(
    "below",
    ["nop/", "FLT/", "flt.fits/", "headers/nop/0/", "headers/flt/99/", "headers/flt/-1/"],
)
def test_what_an_observation_has_not_is_not_found(
    client: FlaskClient, pictured: dict[str, Any], below: str
) -> None:
    soup(client, f"{address_of(pictured)}{below}", 404)


def test_an_association_leads_to_its_members(
    client: FlaskClient, sample_archive: acsql.Archive, rows: list[dict[str, Any]]
) -> None:
    row = next(row for row in rows if row["rootname"][-3:-1] == "01" and len(row["rootname"]) == 9)
    asn_id = sample_archive.observation(row["rootname"])["asn_id"]
    link = soup(client, address_of(row)).select_one(".facts").find("a", string=asn_id)
    found = names(soup(client, link["href"]))
    members = sample_archive.search(asn_id=asn_id, columns=["ipppssoot"])
    assert found == list(members["ipppssoot"])


# Headers


def cards(page: BeautifulSoup) -> list[tuple[str, str, str]]:
    table = page.select_one("table.described tbody")
    return [
        (row.th.get_text(), *(cell.get_text() for cell in row.find_all("td")[:2]))
        for row in table.find_all("tr")
    ]


def expected_cards(
    header: acsql.observation.Header, key: HeaderKey, archive: acsql.Archive
) -> Iterator[tuple[str, str, str]]:
    """Yield what a page has to show of the keywords that have one value."""
    for name, value in header.items():
        if isinstance(value, list | dict):
            continue
        spec = archive.specs.spec(name, key)
        column = Column(name, spec) if spec else None
        for number, one in enumerate([value, *header.get("_repeated", {}).get(name, [])]):
            again = " again" if number else ""
            keyword = f"{spec.keyword if spec else name.upper()}{again}"
            yield keyword, export.text(one, column), (spec.unit or "" if spec else "")


def test_every_keyword_of_every_header_is_shown(
    client: FlaskClient, sample_archive: acsql.Archive, rows: list[dict[str, Any]]
) -> None:
    """Of one observation of each detector with each set of filetypes."""
    observations = [(row, sample_archive.observation(row["rootname"])) for row in rows]
    chosen = {(row["detector"], *found.datasets): (row, found) for row, found in observations}
    filetypes = set()
    for row, observation in chosen.values():
        for filetype, headers in observation.headers.items():
            filetypes.add(filetype)
            for extension, header in headers.items():
                page = soup(client, f"{address_of(row)}headers/{filetype}/{extension}/")
                key = HeaderKey(row["detector"], filetype, extension)
                assert cards(page) == list(expected_cards(header, key, sample_archive))
                lists = {title.get_text() for title in page.select("h2")}
                assert lists >= {name.upper() for name in ("comment", "history") if name in header}
                assert ("Input images" in lists) == ("dnnn" in header)
    assert filetypes >= set(sample_archive.summary().filetypes)


def test_a_header_is_shown_as_its_file_has_it(
    empty_client: FlaskClient, empty_archive: acsql.Archive
) -> None:
    primary = {
        "simple": True,
        "date_obs": datetime(2002, 4, 13),
        "exptime": 60.0,
        "targname": None,
        "dp1_axis_1": 1.0,
        "newkey": "new",
        "history": ["first line", "second line"],
        "_repeated": {"newkey": ["again", "and again"]},
        "dnnn": [
            {"block": 1, "data": "a.fits", "odd": 1},
            {"block": 2, "data": "b.fits", "dexp": 2.5},
        ],
    }
    headers = {"raw": {"0": primary, "10": {"extname": "SCI", "extver": 2}, "2": {}}}
    stored = document(headers=headers, detector="WFC")
    empty_archive.store.observations.insert_one(stored)
    address = "/archive/9019/j8bt05njq/headers/raw/0/"
    page = soup(empty_client, address)
    assert cards(page) == [
        ("SIMPLE", "T", ""),
        ("DATE-OBS", "2002-04-13", ""),
        ("EXPTIME", "60.0", "s"),
        ("TARGNAME", "", ""),
        ("DP1.AXIS.1", "1.0", ""),
        ("NEWKEY", "new", ""),
        ("NEWKEY again", "again", ""),
        ("NEWKEY again", "and again", ""),
    ]
    assert page.select_one("pre.lines").get_text() == "first line\nsecond line"
    blocks = [
        [cell.get_text() for cell in row.find_all(["th", "td"])]
        for row in page.select("table:not(.described) tr")
    ]
    assert blocks == [
        ["BLOCK", "DnnnDATA", "ODD", "DnnnDEXP"],
        ["1", "a.fits", "1", ""],
        ["2", "b.fits", "", "2.5"],
    ]
    extensions = [link.get_text() for link in page.select("[aria-label=Extensions] a")]
    assert extensions == ["0 primary", "2 primary", "10 SCI,2"]


# Pictures


def test_pictures_are_sent_as_they_are_and_only_once(
    client: FlaskClient, sample_archive: acsql.Archive, pictured: dict[str, Any]
) -> None:
    observation = sample_archive.observation(pictured["rootname"])
    for address, path in (
        (f"/previews/{observation.rootname}/raw.jpg", observation.jpeg("raw")),
        (f"/previews/{observation.ipppssoot.upper()}/flt.jpg", observation.jpeg("flt")),
        (f"/thumbnails/{observation.rootname}.jpg", observation.thumbnail()),
    ):
        with client.get(address) as response:
            assert response.data == path.read_bytes()
            assert response.mimetype == "image/jpeg"
            assert response.cache_control.max_age == pages.PICTURE_MAX_AGE_S
            etag = response.headers["ETag"]
        with client.get(address, headers={"If-None-Match": etag}) as response:
            assert response.status_code == 304
            assert response.data == b""


@pytest.mark.parametrize(
    "address",
    [
        "/previews/j8bt05nz/flt.jpg",
        "/previews/x/flt.jpg",
        "/previews/../../etc/passwd.jpg",
        "/previews/%2e%2e/%2e%2e/etc/passwd.jpg",
        "/previews/..%2f..%2fetc/passwd.jpg",
        "/previews/{rootname}/..%2f..%2f..%2fetc%2fpasswd.jpg",
        "/previews/{rootname}/$where.jpg",
        "/previews/{rootname}/flt.fits",
        "/previews/{rootname}/spt.jpg",
        "/thumbnails/..%2f..%2fetc%2fpasswd.jpg",
        "/thumbnails/{rootname}%00.jpg",
        "/thumbnails/{rootname}/../../x.jpg",
        "/static/../app.py",
        "/static/%2e%2e/app.py",
        "/static/..%2f..%2farchive.py",
        "/archive/../../etc/passwd",
        "/archive/unknown/..%2f..%2fetc%2fpasswd/",
    ],
)
def test_no_address_leads_out_of_the_archive(
    client: FlaskClient, pictured: dict[str, Any], address: str
) -> None:
    response = client.get(address.format(**pictured))
    assert response.status_code in (400, 404)
    assert response.mimetype == "text/html"
