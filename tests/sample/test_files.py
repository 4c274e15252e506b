"""Names and paths of the files of the sample archive."""

from sample_files import datasets

from acsql import names, paths


def test_files_have_the_paths_and_names_of_the_mission(root, specs):
    for path, name in datasets(root, specs):
        assert path.parent.parent.name == path.parent.name[:4]
        assert names.is_ipppssoot(path.parent.name)
        assert names.rootname(name.ipppssoot) == names.rootname(path.parent.name)
        assert path.parent == root / paths.observation_path(path.parent.name)


def test_jitter_files_of_exposures_end_in_j(root, specs):
    jitter = [(p, n) for p, n in datasets(root, specs) if n.filetype in ("jit", "jif")]
    for path, name in jitter:
        product = path.parent.name[8].isdigit()
        assert name.ipppssoot == (path.parent.name if product else path.parent.name[:8] + "j")
    assert {path.parent.name[8].isdigit() for path, _ in jitter} == {True, False}
