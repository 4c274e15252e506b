"""Warming of a new worker: a thread loads modules and caches before the first requests need them.

Loading the late imports, the columns that searches read and the annotation states takes a worker up
to a second, compiling the templates a third of one, and the summaries of proposals and statistics
of a mission five; the columns of ObsCore take some seconds, and 440 MB for a million files.  The
coverage map of a mission takes half a minute, once for all workers.  Requests are answered
meanwhile.
"""

import gc
import logging
import threading
from importlib import import_module

from jinja2 import Environment

from ..archive import Archive
from ..errors import ArchiveError
from ..images.disk_cache import DiskCache
from ..name_conditions import read_names
from ..search.coverage import ORDER as MAP_ORDER
from ..search.coverage import coverage
from ..vo.catalog import Catalog

logger = logging.getLogger(__name__)

# Imported late by the modules that use them, because commands do not need them.
MODULES = ("astropy.stats", "astropy.visualization", "regions")
# Together they read what searches for annotations need; the columns of facets come beside these.
CONDITIONS = (
    "flagged()",
    "flag=other exptime>500 targname=N*",
    "viewed(anyone)",
    "comment=*guide*",
)
ORDER = "-expstart"
ROWS = 50
# Any word: all names are read to look for it.
_WORD = "M87"


def start(
    archive: Archive, cache: DiskCache, catalog: Catalog, templates: Environment
) -> threading.Thread:
    """Load in a thread what the first requests need.

    Parameters
    ----------
    archive : Archive
        The archive of the site.
    cache : DiskCache
        Its cache of pictures and maps.
    catalog : Catalog
        Its tables in the Virtual Observatory.
    templates : jinja2.Environment
        Its templates.

    Returns
    -------
    threading.Thread
        The thread, which does not keep the process from ending.
    """
    arguments = [archive, cache, catalog, templates]
    thread = threading.Thread(target=_warm, args=arguments, name="warming", daemon=True)
    thread.start()
    return thread


def _warm(archive: Archive, cache: DiskCache, catalog: Catalog, templates: Environment) -> None:
    try:
        for name in templates.list_templates():
            templates.get_template(name)
        warm(archive)
        # Of half a million objects a full collection takes a third of a second, and these remain.
        gc.collect()
        gc.freeze()
        catalog.load()
        coverage(archive.where(), MAP_ORDER, cache.get)
    except ArchiveError as error:
        # As in an outage, which is logged elsewhere: the first requests read it, then.
        logger.debug("the caches of the site could not be loaded: %s", error)


def warm(archive: Archive) -> None:
    """Load what the first requests need.

    Parameters
    ----------
    archive : Archive
        The archive of the site.

    Raises
    ------
    DatabaseError
        If the database fails.
    """
    # The home page.
    archive.summary()
    for module in MODULES:
        import_module(module)
    for condition in CONDITIONS:
        archive.where(condition).sort(ORDER).page(ROWS)
        archive.count(condition)
    # The columns of the results page.
    archive.where().sample(1)
    for keyword in ("flags", *archive.specs.facets):
        archive.where(CONDITIONS[0]).facets(keyword)
    # What the search box and the pages of proposals and statistics need.
    read_names([_WORD], archive)
    archive.find_proposals(_WORD)
    archive.proposals()
    archive.statistics()
