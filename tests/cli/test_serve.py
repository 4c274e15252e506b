"""Serving the site without the packages that it requires."""

import subprocess
import sys
from pathlib import Path

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
