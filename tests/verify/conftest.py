"""An ingested archive that a test may damage."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from inconsistencies import IngestedArchive

import acsql
from acsql.config import Config
from acsql.store import observation_writes
from acsql.store.client import Store


@pytest.fixture
def tmp_path(public: Path) -> Path:
    """A folder for the archive of a test, which every user can search."""
    return public


@pytest.fixture
def archive(config: Config, indexed_store: Store, sample_archive: acsql.Archive) -> IngestedArchive:
    """A copy of the sample archive with an observation of each detector."""
    rootnames: dict[str, str] = {}
    for row in sample_archive.where("flt.0.exptime>=0").columns("rootname", "detector").rows():
        rootnames.setdefault(row["detector"], row["rootname"])
    assert len(rootnames) == 3
    for rootname in rootnames.values():
        _copy_observation(sample_archive, rootname, config, indexed_store)
    for name in ("proposals", "migrations", "header_layouts"):
        indexed_store.database[name].insert_many(sample_archive.store.database[name].find())
    shutil.copy(sample_archive.config.proposals_file, config.proposals_file)
    # A few files are a large part of three observations.
    config = replace(config, vanish_limit=100)
    return IngestedArchive(config.at(indexed_store.connection_string), indexed_store)


def _copy_observation(source: acsql.Archive, rootname: str, config: Config, store: Store) -> None:
    document = source.store.observations.find_one({"_id": rootname})
    observation_writes.replace(store, document)
    path = document["path"]
    shutil.copytree(source.config.filesystem / path, config.filesystem / path)
    for entry in document["previews"].values():
        for kind, folder in (("jpeg", "jpeg_dir"), ("thumbnail", "thumbnail_dir")):
            if entry.get(kind):
                target = getattr(config, folder) / entry[kind]
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(getattr(source.config, folder) / entry[kind], target)
