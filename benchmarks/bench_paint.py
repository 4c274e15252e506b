"""Time the first and the largest contentful paint of each page in Chromium.

    python benchmarks/bench_paint.py mongodb://127.0.0.1:27017/mission

The real server uses an existing database, as in `benchmarks/bench_site.py`.  Such a database has
no files, so one full-frame exposure, its preview and its thumbnail stand for those of all
observations.  Each load is of another page, if there are several, with an empty browser cache.
"""

import argparse
import shutil
import statistics
import tempfile
from itertools import cycle, islice
from pathlib import Path

from astropy.io import fits
from bench_site import addresses, serving
from exposure import write_exposure
from playwright.sync_api import Browser, sync_playwright

import acsql
from acsql.archive import Archive
from acsql.images import preview

LOADS = 9
WINDOW = {"width": 1280, "height": 800}
# What an image and a viewer are shown of: filetype and detector.
FILETYPE, DETECTOR = "flt", "WFC"
ARGUMENTS = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"]
# The moments of both paints, in milliseconds from the beginning of the navigation.
PAINTS = """async () => {
    const moments = {};
    for (const type of ["paint", "largest-contentful-paint"]) {
        new PerformanceObserver((list) => {
            for (const entry of list.getEntries()) {
                moments[type === "paint" ? entry.name : type] = entry.startTime;
            }
        }).observe({ type, buffered: true });
    }
    await new Promise((resolve) => setTimeout(resolve, 300));
    return [moments["first-contentful-paint"], moments["largest-contentful-paint"]];
}"""


def main() -> None:
    """Measure, and print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("connection_string")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--loads", type=int, default=LOADS)
    given = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as name,
        serving(Path(name), given) as (port, _),
        sync_playwright() as playwright,
    ):
        kinds = pages(Path(name), given.loads)
        program = shutil.which("chromium") or shutil.which("chromium-browser")
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        print(f"{'':24} {'first paint':^19} {'largest paint':^19}")
        print(f"{'page':24} {'median':>9} {'worst':>9} {'median':>9} {'worst':>9}  ms")
        for kind, choice in kinds.items():
            loads = islice(cycle(choice), given.loads)
            moments = [paints(browser, f"http://127.0.0.1:{port}{page}") for page in loads]
            figures = (
                f"{statistics.median(times):9.0f} {max(times):9.0f}"
                for times in zip(*moments, strict=True)
            )
            print(f"{kind:24} {' '.join(figures)}", flush=True)
        browser.close()


def pages(folder: Path, number: int) -> dict[str, list[str]]:
    """Return the addresses of some pages of each kind, and see to it that they have pictures."""
    kinds = addresses(folder / "acsql.yaml")
    with acsql.connect(folder / "acsql.yaml") as archive:
        exposure = Exposure(archive, folder / f"exposure_{FILETYPE}.fits")
        search = archive.where(f"exists({FILETYPE}.1.extname)", detector=DETECTOR)
        rows = search.sample(number)
        shown = [archive.observation(row["rootname"]) for row in rows]
        places = [f"/archive/{one['proposid']}/{one.ipppssoot}" for one in shown]
        for one in shown:
            exposure.put(one, whole=True)
        largest = max(archive.proposals(), key=lambda proposal: proposal.observations).proposid
        proposals = [int(page.split("/")[2]) for page in kinds["proposal"][:number]]
        for proposid in {*proposals, largest}:
            for row in archive.where(proposid=proposid).thumbnails(size=100).rows:
                exposure.put(archive.observation(row["rootname"]))
        for proposal in archive.proposals()[:200]:
            for picture in proposal.thumbnails:
                exposure.put(archive.observation(picture.rootname))
    return {
        "home": ["/"],
        "archive": ["/archive/"],
        "proposal": [f"/archive/{proposid}/" for proposid in proposals],
        "proposal, the largest": [f"/archive/{largest}/"],
        "image": [f"{place}/" for place in places],
        "headers": [f"{place}/headers/{FILETYPE}/1/" for place in places],
        "viewer": [f"{place}/{FILETYPE}/view" for place in places],
        "first results": kinds["first results"],
    }


class Exposure:
    """A full-frame exposure with its pictures, to stand for any other."""

    def __init__(self, archive: Archive, path: Path) -> None:
        self.config = archive.config
        self.path = path
        self.jpeg, self.thumbnail = path.with_suffix(".jpg"), path.with_suffix(".thumb")
        write_exposure(path, FILETYPE)
        with fits.open(path) as hdus:
            chips = preview.read_chips(hdus, path.name, "SCI")
            preview.render_chips(chips, path.name, self.jpeg, self.thumbnail)

    def put(self, observation: acsql.Observation, whole: bool = False) -> None:
        """Put the thumbnail where that of an observation belongs, or all that there is."""
        pictures = observation.previews.get(FILETYPE, {})
        if pictures.get("thumbnail"):
            _link(self.thumbnail, self.config.thumbnail_dir / pictures["thumbnail"])
        if whole:
            _link(self.jpeg, self.config.jpeg_dir / pictures["jpeg"])
            _link(self.path, observation.path(FILETYPE))


def _link(path: Path, place: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    place.unlink(missing_ok=True)
    place.hardlink_to(path)


def paints(browser: Browser, address: str) -> tuple[float, float]:
    """Return when a browser with an empty cache painted first, and when the largest part."""
    context = browser.new_context(viewport=WINDOW)
    page = context.new_page()
    response = page.goto(address, wait_until="networkidle")
    if response.status != 200:
        raise SystemExit(f"{address}: {response.status}")
    first, largest = page.evaluate(PAINTS)
    context.close()
    return first, largest


if __name__ == "__main__":
    main()
