"""The command `previews`."""

import json
import shutil
from pathlib import Path

import acsql


def test_previews_are_rendered_again(
    config, write_settings, printed, sample_filesystem: Path, tmp_path: Path
) -> None:
    settings = write_settings(config, tmp_path)
    sources = sorted({path.parent for path in sample_filesystem.glob("*/*/*_flt.fits")})[:2]
    for source in sources:
        shutil.copytree(source, config.filesystem / source.relative_to(sample_filesystem))
    printed(settings, "ingest", "--scheduler", "synchronous")
    with acsql.connect(settings) as archive:
        pictures = [archive.observation(source.name).jpeg("flt") for source in sources]
    for picture in pictures:
        picture.write_bytes(b"")
    condition = f"rootname={sources[0].name[:8]}"
    options = (condition, "--scheduler", "synchronous", "--format", "json")
    record = json.loads(printed(settings, "previews", "remake", *options))
    assert record["observations"] == {"updated": 1}
    assert [picture.stat().st_size > 0 for picture in pictures] == [True, False]
