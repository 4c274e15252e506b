"""Positions of objects that are not targets of the archive, from a Sesame service.

Sesame looks a name up in SIMBAD, NED and VizieR (https://cds.unistra.fr/cgi-bin/Sesame); astropy
is its client.  It may take seconds or not answer at all.  Therefore the database keeps positions,
a process keeps names without one for some minutes, and a page does not wait for an answer.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from threading import BoundedSemaphore, Lock, Thread

from .errors import DatabaseError, NameNotYetResolved
from .store import resolved_names
from .store.client import Store
from .target_names import normalized

logger = logging.getLogger(__name__)

# Right ascension and declination in degrees (ICRS).
Position = tuple[float, float]
# Takes a name, and returns where it is; None if that is not known.
Resolve = Callable[[str], Position | None]

# Seconds that the service may take.
TIMEOUT_S = 5
# Seconds for which a process does not look up a name again that the service does not know.
KEPT_S = 600
# Names that a process keeps; more than people type in that time.
_MOST_KEPT = 1000
# Requests that pages wait for at the same time.
_MOST_UNDER_WAY = 4
# Characters of a name; targets of Hubble have 31 at most.
_LONGEST = 80
# The address and the time limit of astropy's client belong to the whole process.
_CLIENT = Lock()


class NameResolver:
    """Looks up the positions of names; threads may share it.

    Parameters
    ----------
    store : Store
        Where positions are kept.  If it may only be read, they are kept in memory.
    url : str or None
        The address of the service; None for an archive without one, in which no name is known.
    """

    def __init__(self, store: Store, url: str | None) -> None:
        self._store = store
        self._url = url
        self._recent: dict[str, tuple[float, Position | None]] = {}
        self._under_way: set[str] = set()
        self._lock = Lock()
        self._places = BoundedSemaphore(_MOST_UNDER_WAY)

    def position(self, name: str) -> Position | None:
        """Return the position of a name, after waiting for the service if necessary.

        Parameters
        ----------
        name : str
            The name of an object, such as ``M87``.

        Returns
        -------
        tuple of (float, float) or None
            Right ascension and declination in degrees; None if the service does not know the
            name, or does not answer.
        """
        is_known, position = self._known(name)
        return position if is_known else self._look_up(name)

    def position_without_waiting(self, name: str) -> Position | None:
        """Return the position of a name if it is known, or look it up in the background.

        Parameters
        ----------
        name : str
            As for `position`.

        Returns
        -------
        tuple of (float, float) or None
            As of `position`.

        Raises
        ------
        NameNotYetResolved
            If the service has not answered yet.
        """
        is_known, position = self._known(name)
        if is_known:
            return position
        self._look_up_in_background(name)
        raise NameNotYetResolved(
            f'No rootname, proposal or name matches "{name}". Its position is being looked up.'
        )

    def _known(self, name: str) -> tuple[bool, Position | None]:
        """Return whether the answer for a name is known, and the answer."""
        if self._url is None or not name.isprintable() or len(name) > _LONGEST:
            return True, None
        when, position = self._recent.get(normalized(name), (-KEPT_S, None))
        if time.monotonic() - when < KEPT_S:
            return True, position
        position = resolved_names.find(self._store, normalized(name))
        return position is not None, position

    def _look_up_in_background(self, name: str) -> None:
        with self._lock:
            if name in self._under_way or not self._places.acquire(blocking=False):
                return
            self._under_way.add(name)
        # As a daemon, so that a site that ends does not wait for it.
        Thread(target=self._finish, args=(name,), daemon=True).start()

    def _finish(self, name: str) -> None:
        try:
            self._look_up(name)
        finally:
            with self._lock:
                self._under_way.discard(name)
            self._places.release()

    def _look_up(self, name: str) -> Position | None:
        assert self._url is not None
        position = _from_service(name, self._url)
        with self._lock:
            if len(self._recent) >= _MOST_KEPT:
                self._recent.clear()
            self._recent[normalized(name)] = time.monotonic(), position
        if position is not None:
            try:
                resolved_names.keep(self._store, normalized(name), position)
            except DatabaseError as error:
                logger.warning("the position of %s is kept in memory alone: %s", name, error)
        return position


def _from_service(name: str, url: str) -> Position | None:
    """Return the position that a Sesame service has for a name, None if it has none."""
    import http.client

    from astropy.coordinates import name_resolve
    from astropy.utils import data

    timeout = data.conf.set_temp("remote_timeout", TIMEOUT_S)
    try:
        with _CLIENT, name_resolve.sesame_url.set([url]), timeout:
            found = name_resolve.get_icrs_coordinates(name)
    except (name_resolve.NameResolveError, http.client.HTTPException, OSError, ValueError) as error:
        # A text that is no position is a ValueError, and a connection that breaks an OSError.
        logger.info("no position of %r: %s", name, " ".join(str(error).split()))
        return None
    return float(found.ra.deg), float(found.dec.deg)
