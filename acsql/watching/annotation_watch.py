"""New annotations for a script that runs repeatedly, in the order in which they were written.

Annotations are numbered in this order, so a checkpoint is the number of the last one.
"""

import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from ..annotations import Annotation
from ..store.annotations import reads
from ..store.client import Store
from .checkpoint import Checkpoint
from .watch import Pace

# Annotations that are read together; the server closes a cursor while a script works on each.
_BATCH = 1000


def watch(store: Store, path: Path, pace: Pace, **equal: str | int | None) -> Iterator[Annotation]:
    """Yield each annotation once.

    Parameters
    ----------
    store : Store
        The database.
    path : Path
        The checkpoint.
    pace : Pace
        How to wait.
    **equal
        Fields and their values, as of `acsql.store.annotations.reads.numbered`.

    Yields
    ------
    Annotation
        Recorded as delivered when the next one is requested.

    Raises
    ------
    ArchiveError
        If the file is not a checkpoint or is in use.
    DatabaseError
        If the database fails.
    """
    with Checkpoint(path) as checkpoint:
        last = time.monotonic()
        while True:
            new = list(islice(reads.numbered(store, checkpoint.annotation, **equal), _BATCH))
            for number, annotation in new:
                yield annotation
                checkpoint.record_annotation(number)
                last = time.monotonic()
            if new:
                continue
            if pace.patience is not None and time.monotonic() - last >= pace.patience:
                return
            time.sleep(pace.pause)
