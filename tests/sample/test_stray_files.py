"""Files of the sample archive that are not datasets."""

from acsql.errors import InvalidName
from acsql.names import Filename


def test_some_directories_have_files_that_are_not_datasets(root, specs):
    foreign = set()
    for path in root.glob("*/*/*"):
        try:
            filetype = Filename.parse(path.name).filetype
        except InvalidName:
            foreign.add(path.suffix)
        else:
            foreign |= {filetype} - specs.filetypes.keys()
    assert foreign == {".jpg", "trl", "hlet"}
