"""Which spellings of a text are stored?"""

import pytest

from acsql.store import spellings

STORED = ["NGC104", "Ngc104", "NGC1042", "Omega Cen", "omega cen", "47 TUC", "[N]*", "", None, 5]


@pytest.fixture
def filled(store):
    store.observations.create_index("targname")
    store.observations.insert_many(
        [{"_id": f"j{n:07d}", "targname": value} for n, value in enumerate(STORED)]
    )
    return store


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["ngc104"], ("NGC104", "Ngc104")),
        (["OMEGA CEN", "47 tuc"], ("47 TUC", "Omega Cen", "omega cen")),
        (["[n]*"], ("[N]*",)),
        (["nowhere"], ()),
        ([f"abc{n}" for n in range(300)] + ["ngc1042"], ("NGC1042",)),
    ],
)
def test_a_text_is_found_in_every_case(filled, texts, expected):
    assert spellings.stored(filled, "targname", texts) == expected
