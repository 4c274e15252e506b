"""The site in a real browser: a walk through it with the mouse, the keyboard and no scripts."""

import csv
import re

import pytest
from playwright.sync_api import Page, expect

import acsql


@pytest.fixture(scope="module")
def proposid(sample_archive: acsql.Archive) -> int:
    """The proposal with the most observations."""
    return max(sample_archive.proposals(), key=lambda known: known.observations).proposid


@pytest.fixture(scope="module")
def exposures(sample_archive: acsql.Archive, proposid: int) -> list[str]:
    """The ipppssoot of its observations with a thumbnail, in their order."""
    rows = sample_archive.where(proposid=proposid).thumbnails().rows
    return [row["ipppssoot"] for row in rows if not row["no_thumbnail"]]


def walk_from_home_to_a_header(page: Page, proposid: int, exposures: list[str]) -> None:
    page.goto("/")
    page.get_by_role("link", name="Browse by proposal").click()
    page.get_by_role("link", name=str(proposid), exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(f"Proposal {proposid}")
    page.get_by_role("group", name="Visit").get_by_role("checkbox").first.check()
    page.get_by_label("Sort").select_option("-expstart")
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_role("status").first).to_contain_text("the filters")
    name = page.locator(".gallery li", has=page.locator("img")).first.locator(".name").inner_text()
    assert name in exposures
    page.get_by_role("link", name=name).click()
    expect(page.locator(".viewer img")).to_be_visible()
    assert page.locator(".viewer img").evaluate("image => image.decode().then(() => true)")
    page.get_by_role("link", name="raw", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(f"{name} raw")
    page.locator(".viewer a[rel=next]").click()
    expect(page.get_by_role("heading", level=1)).not_to_contain_text(name)
    page.get_by_role("navigation", name="Filetypes").get_by_role("link", name="headers").click()
    page.get_by_role("link", name="0 primary").first.click()
    expect(page.get_by_role("rowheader", name="TARGNAME")).to_be_visible()
    page.get_by_role("link", name=str(proposid), exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(f"Proposal {proposid}")


def walk_from_the_form_to_a_download(page: Page, archive: acsql.Archive) -> None:
    page.goto("/database/")
    page.get_by_label("Target", exact=True).fill("NGC*")
    page.get_by_label("Exposure time: comparison").select_option("gt")
    page.get_by_label("Exposure time", exact=True).fill("50")
    page.get_by_role("group", name="Detector").get_by_label("HRC").check()
    row = page.get_by_role("group", name="Any keyword").locator(".row").first
    row.get_by_label("Keyword").fill("flt.1.goodmean")
    row.get_by_label("Comparison").select_option("gt")
    row.get_by_label("Value").fill("-1e9")
    page.get_by_label("More columns").fill("flt.1.goodmean")
    page.get_by_role("button", name="Search", exact=True).click()
    query = "targname=NGC* exptime>50 detector=HRC flt.1.goodmean>-1e9"
    found = archive.search(query, columns=["rootname"])
    assert found
    expect(page.get_by_role("status")).to_have_text(f"{len(found)} observations")
    expect(page.locator(".results tbody th")).to_have_text(list(found["rootname"]))
    expect(page.get_by_role("columnheader", name="goodmean")).to_be_visible()
    page.get_by_text("Download", exact=True).click()
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV", exact=True).click()
    assert download.value.suggested_filename == "acsql.csv"
    with download.value.path().open(newline="") as stream:
        assert [row["rootname"] for row in csv.DictReader(stream)] == list(found["rootname"])
    page.get_by_role("navigation", name="Views").get_by_role("link", name="Thumbnails").click()
    expect(page.locator(".gallery li")).to_have_count(len(found))
    page.get_by_role("link", name="Edit the search").click()
    expect(page.get_by_label("Target", exact=True)).to_have_value("NGC*")
    expect(page.get_by_role("group", name="Detector").get_by_label("HRC")).to_be_checked()


def test_from_home_to_a_header(page: Page, proposid: int, exposures: list[str]) -> None:
    walk_from_home_to_a_header(page, proposid, exposures)


def test_from_the_form_to_a_download(page: Page, sample_archive: acsql.Archive) -> None:
    walk_from_the_form_to_a_download(page, sample_archive)


def test_without_scripts(
    page_without_scripts: Page,
    sample_archive: acsql.Archive,
    proposid: int,
    exposures: list[str],
) -> None:
    walk_from_home_to_a_header(page_without_scripts, proposid, exposures)
    walk_from_the_form_to_a_download(page_without_scripts, sample_archive)


def test_arrow_keys_go_through_a_proposal(
    page: Page, sample_archive: acsql.Archive, proposid: int
) -> None:
    rows = sample_archive.where(proposid=proposid).columns("ipppssoot").rows()
    names = [row["ipppssoot"] for row in rows]
    heading = page.get_by_role("heading", level=1)
    page.goto(f"/archive/{proposid}/{names[0]}/")
    for name in names[1:3]:
        page.keyboard.press("ArrowRight")
        expect(heading).to_contain_text(name)
        page.wait_for_load_state()
    page.keyboard.press("ArrowLeft")
    expect(heading).to_contain_text(names[1])
    # Someone who types in a box moves the cursor and not the page.
    page.locator("#go").fill("abc")
    page.keyboard.press("ArrowLeft")
    page.keyboard.type("x")
    expect(page.locator("#go")).to_have_value("abxc")
    expect(heading).to_contain_text(names[1])


def test_the_second_value_is_shown_only_for_between(page: Page) -> None:
    page.goto("/database/")
    upper = page.get_by_label("Date: upper value of between")
    expect(upper).to_be_hidden()
    page.get_by_label("Date: comparison").select_option("between")
    page.get_by_label("Date", exact=True).fill("2002-01-01")
    upper.fill("2004-01-01")
    page.get_by_label("Date: comparison").select_option("lt")
    expect(upper).to_be_hidden()
    page.get_by_role("button", name="Search", exact=True).click()
    expect(page.locator(".conditions .code")).to_have_text(["date_obs<2002-01-01"])


def test_the_go_box_finds_an_observation(page: Page, exposures: list[str]) -> None:
    page.goto("/")
    page.locator("#go").fill(exposures[0].upper())
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text(exposures[0])


def test_suggestions_come_while_typing(page: Page) -> None:
    page.goto("/")
    box = page.locator("#go")
    box.press_sequentially("detector=WFC expti")
    options = page.locator(f"datalist#{box.get_attribute('list')} option")
    expect(options.first).to_have_attribute("value", "detector=WFC exptime")
    page.goto("/database/")
    keyword = page.get_by_label("Keyword", exact=True).first
    keyword.press_sequentially("temperature")
    options = page.locator(f"datalist#{keyword.get_attribute('list')} option")
    expect(options.first).to_have_attribute("label", re.compile("temperature"))


def test_rows_can_be_added(page: Page) -> None:
    page.goto("/database/")
    rows = page.locator("[data-rows] .row")
    number = rows.count()
    page.get_by_role("button", name="Add a keyword").click()
    expect(rows).to_have_count(number + 1)
    expect(rows.last.get_by_label("Keyword", exact=True)).to_be_focused()
    page.keyboard.type("exptime")
    rows.last.get_by_label("Comparison").select_option("gt")
    rows.last.get_by_label("Value").fill("5")
    page.get_by_role("button", name="Search", exact=True).click()
    expect(page.locator(".conditions .code")).to_have_text(["exptime>5.0"])


def test_a_facet_narrows_the_search_and_its_chip_widens_it(
    page: Page, sample_archive: acsql.Archive
) -> None:
    page.goto("/database/results")
    page.get_by_role("region", name="Detector").get_by_role("link", name="WFC").click()
    found = sample_archive.count(detector="WFC")
    expect(page.get_by_role("status")).to_have_text(f"{found} observations")
    page.get_by_role("link", name="Remove detector=WFC").click()
    whole = f"{sample_archive.count()} observations"
    expect(page.get_by_role("status")).to_have_text(whole)
    page.go_back()
    expect(page.get_by_role("status")).to_have_text(f"{found} observations")


def test_a_plot_is_drawn(page: Page) -> None:
    page.goto("/database/results?view=plot")
    expect(page.locator(".plot canvas").first).to_be_visible()
    page.get_by_label("y axis").fill("")
    page.get_by_label("x axis").fill("exptime")
    page.get_by_role("button", name="Plot").click()
    expect(page.get_by_role("img", name="Plot of exptime")).to_be_visible()
    expect(page.locator(".plot canvas").first).to_be_visible()


def test_a_plot_that_fails_says_so(contexts, site: str) -> None:
    # Not in a window, where what Chromium logs of the status is a complaint.
    page = contexts(base_url=site).new_page()
    page.route("**/plot?*", lambda route: route.fulfill(status=500, body="no plot"))
    page.goto("/statistics/")
    note = page.get_by_role("note").filter(has_text="The plot could not be drawn").first
    expect(note).to_contain_text("status 500")
    page.close()


def test_the_state_of_a_monitor_stays_on_one_line(page: Page) -> None:
    page.goto("/monitors/")
    state = page.locator("td .state").first
    state.evaluate("badge => { badge.textContent = 'succeeded with failures' }")
    assert state.evaluate("badge => badge.getClientRects().length") == 1


def test_proposals_are_filtered_while_typing(page: Page, proposid: int) -> None:
    page.goto("/archive/")
    page.get_by_label("Number, type, title").press_sequentially(str(proposid))
    expect(page.locator(".proposals tbody tr")).to_have_count(1)
    expect(page).to_have_url(re.compile(f"find={proposid}"))


def test_arrow_keys_move_between_thumbnails(page: Page, proposid: int) -> None:
    page.goto(f"/archive/{proposid}/")
    links = page.locator(".gallery li > a")
    page.keyboard.press("ArrowRight")
    expect(links.first).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(links.nth(1)).to_be_focused()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("End")
    expect(links.last).to_be_focused()
    name = links.last.locator(".name").inner_text()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text(name)


def test_n_and_p_walk_through_a_search(page: Page, sample_archive: acsql.Archive) -> None:
    found = sample_archive.where(detector="WFC").columns("ipppssoot").rows()
    names = [row["ipppssoot"] for row in found]
    page.goto("/database/results?q=detector=WFC")
    page.locator(".results tbody th a").first.click()
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_contain_text(names[0])
    # A page is seen before its scripts are there.
    page.wait_for_load_state()
    page.keyboard.press("n")
    expect(heading).to_contain_text(names[1])
    page.wait_for_load_state()
    page.keyboard.press("p")
    expect(heading).to_contain_text(names[0])


def test_a_long_proposal_loads_more_thumbnails_on_scroll(
    page: Page, proposid: int, sample_archive: acsql.Archive
) -> None:
    names = [row["ipppssoot"] for row in sample_archive.where(proposid=proposid).thumbnails().rows]
    # As a page that is not the last one ends.
    mark = sample_archive.where(proposid=proposid).thumbnails(size=2).next
    page.goto(f"/archive/{proposid}/")
    page.evaluate(
        """([keep, address]) => {
            const shown = [...document.querySelectorAll(".gallery > li")];
            shown.slice(keep).forEach((item) => item.remove());
            const link = document.createElement("a");
            link.dataset.more = "";
            link.href = address;
            document.querySelector(".pager").append(link);
            loadOnScroll(link);
        }""",
        [2, f"/archive/{proposid}/?after={mark}"],
    )
    expect(page.locator(".gallery .name")).to_have_text(names)


def test_a_keyboard_alone_reaches_the_content(page: Page, proposid: int) -> None:
    page.goto(f"/archive/{proposid}/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    focused = page.evaluate("document.activeElement.closest('main') !== null")
    assert focused


@pytest.mark.parametrize(
    "address",
    [
        "/",
        "/archive/",
        "/archive/{proposid}/",
        "/archive/{proposid}/{name}/",
        "/archive/{proposid}/{name}/headers/",
        "/archive/{proposid}/{name}/headers/flt/1/",
        "/archive/{proposid}/{name}/files/",
        "/difference?a={name}.raw&b={name}.flt",
        "/ingest/",
        "/ingest/1/",
        "/statistics/",
        "/database/",
        "/database/results",
        "/database/results?view=thumbnails",
        "/database/results?view=map",
        "/database/results?view=plot",
        "/database/results?q=targname=NOWHERE+exptime>5",
    ],
)
def test_pages_fit_on_a_phone(
    phone: Page, proposid: int, exposures: list[str], address: str
) -> None:
    with_raw = next(name for name in exposures if not name[-1].isdigit())
    phone.goto(address.format(proposid=proposid, name=with_raw))
    assert phone.evaluate("document.documentElement.scrollWidth") <= phone.viewport_size["width"]
    expect(phone.get_by_role("heading", level=1)).to_be_in_viewport()


def test_the_header_of_the_site_is_low_on_a_phone(phone: Page) -> None:
    phone.goto("/database/")
    links = phone.locator("header.site nav a")
    assert len({link.bounding_box()["y"] for link in links.all()}) == 1
    assert phone.locator("header.site").bounding_box()["height"] <= 120


def test_saved_searches_fit_on_a_phone(phone: Page, sample_archive: acsql.Archive) -> None:
    saved = sample_archive.saved_searches.add("Those of the Wide Field Channel", "detector=WFC")
    phone.goto("/saved/")
    width = phone.evaluate("document.documentElement.scrollWidth")
    sample_archive.saved_searches.remove(saved.id)
    assert width <= phone.viewport_size["width"]


def test_descriptions_have_room_on_a_phone(
    phone: Page, proposid: int, exposures: list[str]
) -> None:
    name = next(name for name in exposures if not name[-1].isdigit())
    phone.goto(f"/archive/{proposid}/{name}/spt/")
    rows = phone.locator("table.described tbody tr").evaluate_all(
        "rows => rows.map((row) => row.offsetHeight)"
    )
    # Where the description had what was left of the width, it took five lines.
    assert max(rows) < 100


def test_filters_make_room_on_a_phone(phone: Page, proposid: int) -> None:
    phone.goto(f"/archive/{proposid}/")
    expect(phone.get_by_role("button", name="Apply")).to_be_hidden()
    expect(phone.locator(".gallery li").first).to_be_in_viewport()
    phone.get_by_text("Filter and sort").click()
    expect(phone.get_by_role("button", name="Apply")).to_be_visible()
