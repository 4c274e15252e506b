"""The images of the sample archive show the flags that its annotations set."""

import numpy as np

from acsql import keywords, sample
from acsql.annotation_files import read
from acsql.annotations import Action, state
from acsql.sample.anomalies import annotations, satellite_trail
from acsql.sample.archive import ANNOTATIONS_FILE
from acsql.sample.schedule import plan


def test_each_flag_has_one_example_in_the_first_observations(specs):
    entries = annotations(plan(24, 1, keywords.load()))
    examples = [entry.flag for entry in entries if entry.action is Action.EXAMPLE]
    assert sorted(examples) == ["bias_striping", "hot_column", "satellite_trail", "truncated_image"]
    by_target = {entry.target for entry in entries}
    shown = [state([e for e in entries if e.target == each]).examples for each in by_target]
    assert sorted(sum(shown, ())) == sorted(examples)
    assert all(entry.checked(specs) for entry in entries)


def test_the_file_of_an_archive_is_imported(tmp_path, specs):
    sample.write(tmp_path / "archive", observations=5)
    entries = read(tmp_path / "archive" / ANNOTATIONS_FILE, specs)
    assert [(entry.action, entry.flag) for entry in entries] == [
        ("flag", "satellite_trail"),
        ("example", "satellite_trail"),
    ]


def test_a_trail_crosses_the_image_from_edge_to_edge():
    trail = satellite_trail((60, 64), np.random.default_rng(1))
    bright = trail > 1
    edges = [bright[0], bright[-1], bright[:, 0], bright[:, -1]]
    assert sum(edge.any() for edge in edges) == 2
    assert bright.mean() < 0.1
