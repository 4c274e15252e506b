"""Which keywords belong to an alternate WCS?"""

import pytest

from acsql.keywords.alternate_wcs import primary_keyword


@pytest.mark.parametrize(
    ("keyword", "primary"),
    [
        ("CRVAL1A", "CRVAL1"),
        ("CD1_2Z", "CD1_2"),
        ("WCSNAMEO", "WCSNAME"),
        ("HDRNAMEB", "HDRNAME"),
        ("CRVAL1", None),
        ("CRVAL11", None),
        ("CRVAL1a", None),
        ("FILENAME", None),
    ],
)
def test_a_letter_after_a_keyword_of_the_wcs_names_an_alternate(
    keyword: str, primary: str | None
) -> None:
    assert primary_keyword(keyword) == primary
