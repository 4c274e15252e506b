"""The command `verify`."""

import json
import shutil
from pathlib import Path


def test_verify_reports_findings_as_text_and_json(
    config, write_settings, run, printed, sample_filesystem: Path, tmp_path: Path
) -> None:
    settings = write_settings(config, tmp_path)
    source = min(sample_filesystem.glob("*/*/*_flt.fits")).parent
    target = config.filesystem / source.relative_to(sample_filesystem)
    shutil.copytree(source, target)
    printed(settings, "ingest", "--scheduler", "synchronous")
    clean = json.loads(printed(settings, "verify", "--format", "json"))
    assert (clean["observations"], clean["findings"]) == (1, [])

    raw = next(target.glob("*_raw.fits"))
    raw.unlink()
    result = run(settings, "verify", "--format", "json")
    assert result.exit_code == 1
    (finding,) = json.loads(result.stdout)["findings"]
    assert raw.name in finding.values()
    assert raw.name in run(settings, "verify").stdout

    fixed = json.loads(
        printed(settings, "verify", "--fix", "--scheduler", "synchronous", "--format", "json")
    )
    assert fixed["findings"] == [finding]
    assert fixed["remaining"] == []
    assert Path(fixed["log"]).is_file()
