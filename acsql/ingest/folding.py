"""Folding in the background: an ingest moves the observations that it writes into columns.

No fold is needed for a right answer, only for a fast one: `acsql.store.columns.select` reads the
observations that are not folded yet as documents.
"""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ..errors import DatabaseError
from ..store import observation_writes
from ..store.annotations import writes as annotation_writes
from ..store.client import Store
from ..store.schema import CHANGED

logger = logging.getLogger(__name__)

# Changed observations that are folded together; a search reads fewer as documents in some 10 ms.
LEAST = 1000
# The end of an ingest does not wait for a fold of fewer.  Up to 5,000 leave the columns in use.
LEAST_AT_END = 3000
# Seconds between two looks at the number of changed observations.
INTERVAL = 2.0


@contextmanager
def in_background(store: Store) -> Iterator[None]:
    """Fold changed observations while the block runs, and the rest of very many after it.

    A fold that is under way at the end of the block is given up, because it takes seconds.

    A standalone server has no transactions, so that a fold could miss a write; there nothing is
    folded before the block has ended, and writes that a kill interrupted are finished first.

    Parameters
    ----------
    store : Store
        The database; the caller holds its lock, and has no other writers after the block.

    Raises
    ------
    DatabaseError
        After the block, if the database fails.
    """
    observation_writes.finish_interrupted(store)
    annotation_writes.repair(store)
    ended = threading.Event()
    thread = threading.Thread(target=_fold_until, args=(store, ended), daemon=True)
    if store.has_transactions:
        thread.start()
    try:
        yield
    finally:
        ended.set()
        if thread.is_alive():
            thread.join()
    # Writes of workers that died.
    observation_writes.finish_interrupted(store)
    while fold_many(store, LEAST_AT_END):
        pass


def _fold_until(store: Store, ended: threading.Event) -> None:
    while not ended.wait(INTERVAL):
        try:
            while fold_many(store, LEAST, ended.is_set):
                pass
        except DatabaseError as error:
            # The next attempt follows soon, and the ingest reports a lost database.
            logger.warning("Could not fold changed observations into columns: %s", error)


def fold_many(
    store: Store, least: int = LEAST, must_stop: Callable[[], bool] = lambda: False
) -> bool:
    """Fold changed observations if there are many.

    Parameters
    ----------
    store : Store
        The database; the caller holds its lock.
    least : int
        The smallest number of changed observations that are folded.
    must_stop : callable, optional
        As `acsql.store.columns.fold.fold` takes it.

    Returns
    -------
    bool
        Whether some were folded.
    """
    with store.errors():
        if store.database[CHANGED].count_documents({}, limit=least) < least:
            return False
    # Arrow takes longer to import than most ingests run.
    from ..store.columns.fold import fold

    return fold(store, must_stop) > 0
