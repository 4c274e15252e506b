"""The status that tells an error over HTTP: the same on pages and for programs, from one place."""

from .. import errors
from ..errors import ArchiveError

# What is more particular comes first.
STATUSES: dict[type[ArchiveError], int] = {
    errors.ObservationNotFound: 404,
    errors.ProposalNotFound: 404,
    errors.DatasetNotFound: 404,
    errors.RunNotFound: 404,
    errors.InvalidName: 400,
    errors.QueryTimeout: 503,
    errors.QueryError: 400,
    errors.DatabaseError: 503,
}


def status_of(error: ArchiveError) -> int:
    """Return the status of an error: 500 if it is none that a request should meet."""
    return next((status for kind, status in STATUSES.items() if isinstance(error, kind)), 500)
