"""What can go wrong, in the archive's own words.

Every error that a user can meet is an `ArchiveError`, so that the command line and the site
each need one place to show it.  The message always names the file, the keyword or the setting
at fault.
"""


class ArchiveError(Exception):
    """Anything acsql refuses to do or could not do; its text is meant for the user."""


class ConfigError(ArchiveError):
    """A setting is missing, unknown or wrong."""


class DatabaseError(ArchiveError):
    """The database cannot be reached, started or used."""


class DatabaseUnavailable(DatabaseError):
    """The database does not answer, and was waited for as long as was allowed."""


class Busy(ArchiveError):
    """Another acsql is changing the archive; the message says whose and since when."""


class ObservationNotFound(ArchiveError):
    """No observation has this rootname."""


class ProposalNotFound(ArchiveError):
    """No observation belongs to this proposal."""


class RunNotFound(ArchiveError):
    """There was no ingest run of this number, or it left no log."""


class ProviderUnavailable(ArchiveError):
    """Whoever tells of proposals cannot be asked now; the message says why."""


class DatasetNotFound(ArchiveError):
    """The observation has no such filetype, extension or preview."""


class QueryError(ArchiveError):
    """A condition, a column or a sort order cannot be understood."""


class QueryTimeout(QueryError):
    """A search took longer than its time limit; the message says why, and how to lift it."""


class SpecError(ArchiveError):
    """The keyword specs contradict themselves or cannot be read."""


class InvalidName(ArchiveError):
    """A text is not a rootname or a file name of ACS."""


class FileError(ArchiveError):
    """A FITS file cannot be ingested; the message names the file and says why."""


class PreviewError(ArchiveError):
    """A picture cannot be made from a file; the message names the file and says why."""
