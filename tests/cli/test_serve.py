"""The command `serve`: the signals that stop it, and the packages that it requires."""

import os
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

WITHOUT_FLASK = "import sys; sys.modules['flask'] = None; from acsql.cli import main; main()"


def test_without_the_extra_the_error_says_what_to_install(sample_settings: Path) -> None:
    result = subprocess.run(
        [sys.executable, "-c", WITHOUT_FLASK, "--config", sample_settings, "serve"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 2
    assert result.stderr.splitlines()[-1].endswith(
        'the site requires the package flask: pip install "acsql[site]"'
    )
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 0)])
def test_ctrl_c_and_termination_stop_it_with_their_own_status(
    sample_settings: Path, number: signal.Signals, status: int
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "acsql", "--config", sample_settings, "serve"]
    with subprocess.Popen(
        [*command, "--workers", "1", "--port", str(port)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:
        assert str(port) in process.stdout.readline()
        assert "mongosh" in process.stdout.readline()
        # Workers are ready when one of them answers.
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=60) as page:
            assert page.status == 200
        os.killpg(process.pid, number)
        _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (status, "")
