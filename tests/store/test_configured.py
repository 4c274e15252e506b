from dataclasses import replace

import pytest

from acsql.errors import ConfigError
from acsql.store.configured import open_store


def test_a_database_opens_with_the_specs_of_its_archive(sample_archive):
    with open_store(sample_archive.config) as store:
        assert store.database.name == sample_archive.store.database.name
        assert store.specs.detectors == sample_archive.store.specs.detectors


def test_a_configuration_without_a_connection_string_is_refused(sample_archive):
    with pytest.raises(ConfigError, match="connection_string"):
        open_store(replace(sample_archive.config, connection_string=None))
