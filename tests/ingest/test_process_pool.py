"""A worker process that dies costs the observation that it was reading, and no other."""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cloudpickle
import numpy as np
import pytest
from astropy.io import fits

import acsql
from acsql.config import Config
from acsql.errors import ArchiveError
from acsql.ingest import jobs, process_pool, run


def _kill_process_reading(rootname: str, folder: Path, over: threading.Event) -> None:
    """Do what the system does to a process that takes all memory: kill it, every time."""
    while not over.wait(0.002):
        # The notes and their folder are removed meanwhile.
        with contextlib.suppress(OSError, ValueError):
            for note in folder.glob("acsql-*/*"):
                if note.read_text() == rootname:
                    os.kill(int(note.name), signal.SIGKILL)


def test_a_killed_worker_is_the_failure_of_its_observation_alone(
    new_archive_copy: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Its socket has to outlive the folder of this test.
    process_pool.prepare()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    killer = new_archive_copy.filesystem / "jzzz/jzzz01zzq/jzzz01zzq_raw.fits"
    killer.parent.mkdir(parents=True)
    primary = fits.PrimaryHDU()
    primary.header["INSTRUME"] = "ACS"
    primary.header["ROOTNAME"] = "jzzz01zzq"
    # Large enough to be caught reading it.
    image = fits.ImageHDU(np.zeros((8192, 8192), np.float32), name="SCI")
    fits.HDUList([primary, image]).writeto(killer)
    over = threading.Event()
    watcher = threading.Thread(target=_kill_process_reading, args=("jzzz01zz", tmp_path, over))
    watcher.start()
    try:
        report = run.ingest(new_archive_copy, run.Options(scheduler="processes", workers=2))
    finally:
        over.set()
        watcher.join()
    assert report.observations == {"new": 3, "failed": 1}
    (failure,) = report.failures
    assert failure.rootname == "jzzz01zz"
    assert killer.name in failure.reason


def _shadowing(folder: Path) -> None:
    """Fill a folder with modules that end every Python process that imports them."""
    for name in ("acsql", "numpy", "multiprocessing"):
        (folder / name).mkdir()
        (folder / name / "__init__.py").write_text(f"raise SystemExit('{name} of the folder')")
    for name in ("astropy", "yaml", "signal"):
        (folder / f"{name}.py").write_text(f"raise SystemExit('{name} of the folder')")


@pytest.mark.parametrize("prepare", [_shadowing, Path.rmdir], ids=["other modules", "deleted"])
def test_an_ingest_runs_in_any_working_directory(
    new_archive_copy: Config,
    tmp_path: Path,
    write_settings: Callable[[Config, Path], Path],
    prepare: Callable[[Path], None],
) -> None:
    settings = write_settings(new_archive_copy, tmp_path)
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    command = Path(sys.executable).with_name("acsql")
    finished = subprocess.run(
        [command, "--config", settings, "ingest", "--quiet"],
        env=os.environ | {"PYTHONPATH": str(Path(acsql.__file__).parents[1]), "ACSQL_NCORES": "1"},
        preexec_fn=lambda: (os.chdir(folder), prepare(folder)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    assert "Observations: 3 new" in finished.stdout


def test_a_full_folder_for_temporary_files_is_an_error_that_names_it(
    new_archive_copy: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    process_pool.prepare()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "full"))
    with pytest.raises(ArchiveError, match="TMPDIR") as raised:
        run.ingest(new_archive_copy, run.Options(scheduler="processes", workers=1))
    assert str(tmp_path / "full") in str(raised.value)


def test_an_item_is_processed_although_the_disk_has_no_room_for_its_note(
    new_archive_copy: Config, tmp_path: Path
) -> None:
    job = jobs.Job(lambda item, *_: f"result of {item}", str, str)
    with jobs.workers_in_this_process(new_archive_copy):
        finished = jobs.run_partition(["j8bt05nj"], job, new_archive_copy, tmp_path / "full")
    assert finished == [jobs.Finished("j8bt05nj", "result of j8bt05nj")]


def test_workers_have_the_nice_value_of_the_setting(new_archive_copy: Config) -> None:
    job = jobs.Job(lambda *_: os.nice(0), str, str)
    config = replace(new_archive_copy, worker_nice=3)
    (finished,) = process_pool.run_in_processes(job, ["j8bt05nj"], config, 1)
    assert finished.result == min(os.nice(0) + 3, 19)


class _Initializer:
    """A function that workers get as it is, because they cannot import this module."""

    def __init__(self, function: Callable[[int], None]) -> None:
        self._function = function

    def __call__(self, nice: int) -> None:
        self._function(nice)

    def __reduce__(self) -> tuple[Callable[[bytes], object], tuple[bytes]]:
        return cloudpickle.loads, (cloudpickle.dumps(self._function),)


@pytest.mark.timeout(120)
def test_a_worker_that_dies_with_the_lock_of_the_tasks_before_the_first_result_is_seen(
    new_archive_copy: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def begin(_nice: int) -> None:
        """Let the second worker die with the lock, and the first one wait until then."""
        first, second = tmp_path / "first", tmp_path / "second"
        try:
            first.touch(exist_ok=False)
        except FileExistsError:
            if not second.exists():
                sys._getframe(1).f_locals["call_queue"]._rlock.acquire()
                second.touch()
                os.kill(os.getpid(), signal.SIGKILL)
        while not second.exists():
            time.sleep(0.01)

    monkeypatch.setattr(process_pool, "_start_worker", _Initializer(begin))
    job = jobs.Job(lambda item, *_: f"result of {item}", str, lambda item: f"{item} was blamed")
    items = ["j8bt05nj", "j8bt05nk"]
    found = process_pool.run_in_processes(job, items, new_archive_copy, 2)
    assert {each.rootname: each.result for each in found} == {
        item: f"result of {item}" for item in items
    }


def test_an_item_whose_own_pool_dies_before_it_begins_is_tried_again(
    new_archive_copy: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    marker, run_pool, alone = tmp_path / "died", process_pool._run_pool, []

    def die_once(*_: object) -> str:
        """Kill the worker in its first attempt."""
        if not marker.exists():
            marker.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return "result"

    def without_first_alone(job, items, config, workers, notes):
        """Yield nothing for the first single worker, as if the fork server had died."""
        if workers == 1 and not alone:
            alone.append(items)
        else:
            yield from run_pool(job, items, config, workers, notes)

    monkeypatch.setattr(process_pool, "_run_pool", without_first_alone)
    job = jobs.Job(die_once, str, lambda item: f"{item} was blamed")
    (finished,) = process_pool.run_in_processes(job, ["j8bt05nj"], new_archive_copy, 2)
    assert finished == jobs.Finished("j8bt05nj", "result")
    assert alone == [["j8bt05nj"]]
