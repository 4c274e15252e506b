"""Measure the viewer in Chromium: the first picture, frames while it moves, and its memory.

    python benchmarks/bench_viewer.py FOLDER [--loads N] [--seconds S]

FOLDER gets a sample archive of one full-frame WFC exposure (1.5 GB), or has one of an earlier
time; its drc file has 10,000 x 10,000 pixels.  The first picture of an image is measured cold
(nothing in the caches of the browser and of the site), and with the tiles in the cache of the site,
each time once the site has ended what the page before has asked for.
Then a mouse drags the image, and zooms it, at the zoom of a whole image and at that of pixels:
frames a second once the tiles are there, and the time of the main thread for each frame, which
other processes disturb less.  The memory is what only the process of the page uses (USS).
"""

import argparse
import math
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import psutil
import yaml
from astropy.io import fits
from playwright.sync_api import Browser, CDPSession, Page, expect, sync_playwright

import acsql
from acsql import sample

ACSQL = Path(sys.executable).with_name("acsql")
LOADS, SECONDS = 7, 3.0
WINDOW = {"width": 1600, "height": 1000}
# The site is at rest if it uses less of a processor than this part for these seconds.
REST_PART, REST_S = 0.05, 0.3
LARGE = 10_000  # pixels along a side of the drizzled image
ARGUMENTS = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"]
# Keeps the moment after the first picture was painted, in milliseconds since the navigation began.
FIRST_PICTURE = """new MutationObserver(() => {
    if (document.getElementById("canvas")?.hidden ?? true) return;
    requestAnimationFrame(() => requestAnimationFrame(() => {
        window.firstPicture ??= performance.now();
    }));
}).observe(document, { subtree: true, attributeFilter: ["hidden"] });"""
COUNT_FRAMES = """() => {
    window.frames_ = [];
    const count = (moment) => {
        window.frames_.push(moment);
        window.counting = requestAnimationFrame(count);
    };
    window.counting = requestAnimationFrame(count);
}"""
COUNTED_FRAMES = "() => { cancelAnimationFrame(window.counting); return window.frames_; }"


def main() -> None:
    """Measure, and print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--loads", type=int, default=LOADS)
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of each movement")
    given = parser.parse_args()
    if not (given.folder / "acsql.yaml").exists():
        make_archive(given.folder)
    with serving(given.folder) as (server, site, addresses), sync_playwright() as playwright:
        program = shutil.which("chromium") or shutil.which("chromium-browser")
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        for filetype, address in addresses.items():
            print(f"\n{filetype}")
            first_pictures(browser, f"{site}{address}", given, server)
            movements(browser, f"{site}{address}", given.seconds)
        browser.close()


def make_archive(folder: Path) -> None:
    """Write and ingest the sample archive."""
    sample.write(folder / "archive", 1, 1, "full")
    (product,) = (folder / "archive").glob("*/*/*_drc.fits")
    with fits.open(product) as hdus:
        sky = np.random.default_rng(1).normal(0.1, 0.02, (LARGE, LARGE)).astype(np.float32)
        for hdu in hdus[1:4]:
            hdu.data = sky if hdu.name == "SCI" else np.ones_like(sky, hdu.data.dtype)
        hdus.writeto(product, overwrite=True)
    settings = {"filesystem": "archive", "data_dir": "data", "rate_limit": 100_000_000}
    paths = {name: str(folder.resolve() / settings[name]) for name in ("filesystem", "data_dir")}
    (folder / "acsql.yaml").write_text(yaml.safe_dump(settings | paths))
    subprocess.run([ACSQL, "--config", folder / "acsql.yaml", "ingest", "-q"], check=True)


@contextmanager
def serving(folder: Path) -> Iterator[tuple[psutil.Process, str, dict[str, str]]]:
    """Run the site; yield its process, its address, and those of the viewer by filetype."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]
    settings = folder / "acsql.yaml"
    with acsql.connect(settings) as archive:
        (row,) = archive.where(detector="WFC").columns("proposid", "ipppssoot").rows()
        page = f"/archive/{row['proposid']}/{row['ipppssoot']}"
        command = [ACSQL, "--config", settings, "serve", "--port", str(port)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            process.stdout.readline()
            yield (
                psutil.Process(process.pid),
                f"http://127.0.0.1:{port}",
                {filetype: f"{page}/{filetype}/view" for filetype in ("raw", "flt", "drc")},
            )
            process.send_signal(signal.SIGTERM)


def first_pictures(
    browser: Browser, address: str, given: argparse.Namespace, server: psutil.Process
) -> None:
    """Print when the first picture is there, cold and with the tiles of the site."""
    cold, warm = [], []
    for _ in range(given.loads):
        wait_for_rest(server)
        shutil.rmtree(given.folder / "data" / "cache", ignore_errors=True)
        for times in (cold, warm):
            context = browser.new_context(viewport=WINDOW)
            context.add_init_script(FIRST_PICTURE)
            page = context.new_page()
            page.goto("about:blank")
            # The browser, too, is running already when a user opens the viewer.
            wait_for_rest(server)
            opened(page, address)
            times.append(page.evaluate("window.firstPicture"))
            context.close()
    for name, times in (("cold", cold), ("tiles on the disk", warm)):
        median = statistics.median(times)
        print(f"  first picture, {name:18} {median:6.0f} ms (worst {max(times):.0f})", flush=True)


def wait_for_rest(server: psutil.Process) -> None:
    """Wait until the site and its workers do nothing, such as tiles for the page before."""
    while True:
        before = processor_s(server)
        time.sleep(REST_S)
        if processor_s(server) - before < REST_PART * REST_S:
            return


def processor_s(server: psutil.Process) -> float:
    """Return the processor time of a process and its children, MongoDB among them, in seconds."""
    times = [each.cpu_times() for each in (server, *server.children(recursive=True))]
    return sum(each.user + each.system for each in times)


def movements(browser: Browser, address: str, seconds: float) -> None:
    """Print the frames of dragging and zooming, and the memory of the page after them."""
    context = browser.new_context(viewport=WINDOW)
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Performance.enable")
    for key, zoom in (("0", "whole image"), ("1", "pixels")):
        opened(page, address)
        page.keyboard.press(key)
        for name, step in (("drag", drag), ("zoom", turn)):
            moving(page, session, step, 1)  # until the tiles are there
            settled(page)
            rate, busy, late = moving(page, session, step, seconds)
            print(
                f"  {name}, {zoom:12} {rate:5.1f} frames a second; {busy:5.1f} ms of the main "
                f"thread each; {late:.0%} later than 20 ms",
                flush=True,
            )
    print(f"  memory of the page {memory_mb(browser):.0f} MB", flush=True)
    context.close()


def opened(page: Page, address: str) -> Page:
    """Open a page with the viewer, and wait until nothing is loaded any more."""
    page.goto("about:blank")  # else a new fragment alone loads nothing
    page.goto(address)
    settled(page)
    return page


def settled(page: Page) -> None:
    """Wait until nothing is loaded any more."""
    expect(page.locator("#viewer")).to_have_attribute("data-state", "ready", timeout=60_000)


def moving(
    page: Page, session: CDPSession, step: object, seconds: float
) -> tuple[float, float, float]:
    """Move for a while; return frames a second, main thread ms a frame, and the late frames."""
    box = page.locator("#canvas").bounding_box()
    middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(*middle)
    busy = main_thread_s(session)
    page.evaluate(COUNT_FRAMES)
    step(page, middle, seconds)
    moments = page.evaluate(COUNTED_FRAMES)
    busy = main_thread_s(session) - busy
    gaps = np.diff(moments)
    return 1000 / gaps.mean(), 1000 * busy / len(gaps), float((gaps > 20).mean())


def drag(page: Page, middle: tuple[float, float], seconds: float) -> None:
    """Drag in circles, twice a second."""
    page.mouse.down()
    for angle in angles(seconds):
        x, y = (middle[0] + 250 * math.sin(angle), middle[1] + 250 * (1 - math.cos(angle)))
        page.mouse.move(x, y)
    page.mouse.up()


def turn(page: Page, middle: tuple[float, float], seconds: float) -> None:
    """Turn the wheel, in and out by a factor of four."""
    del middle
    for angle in angles(seconds):
        page.mouse.wheel(0, -90 * math.cos(angle))


def angles(seconds: float) -> Iterator[float]:
    """Yield an angle for each movement; one takes about as long as a frame."""
    for number in range(round(60 * seconds)):
        yield number / 30 * math.pi


def main_thread_s(session: CDPSession) -> float:
    """Return the seconds for which the main thread was busy."""
    metrics = session.send("Performance.getMetrics")["metrics"]
    return next(each["value"] for each in metrics if each["name"] == "TaskDuration")


def memory_mb(browser: Browser) -> float:
    """Return the memory of the largest process of a page, in MB (1e6 bytes)."""
    processes = browser.new_browser_cdp_session().send("SystemInfo.getProcessInfo")["processInfo"]
    pages = [each["id"] for each in processes if each["type"] == "renderer"]
    return max(psutil.Process(page).memory_full_info().uss for page in pages) / 1e6


if __name__ == "__main__":
    main()
