"""Type mismatches of stored headers: keywords whose values have another type than in the specs.

Each document lists its own, so they are right whenever it is written, and its headerless copy has
them as well, with an index of their names.
"""

from .client import Store
from .schema import MISMATCHES


def addresses(store: Store) -> set[str]:
    """Return the addresses of keywords with type mismatches in any observation.

    Parameters
    ----------
    store : Store
        The open database.

    Returns
    -------
    set of str
        Read from the index alone, one entry of each address.
    """
    with store.errors():
        # With a condition the server would read the documents.
        return set(store.headerless.distinct(MISMATCHES))
