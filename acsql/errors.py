"""Errors that acsql raises for its users.

All are an `ArchiveError`, so that the command line and the site each handle them in one place.
The message names what is wrong, the file, keyword or setting where it is, and what to do.
"""


class ArchiveError(Exception):
    """Base of all errors of acsql; the text is written for the user."""


class ConfigError(ArchiveError):
    """A setting is missing, unknown or invalid."""


class DatabaseError(ArchiveError):
    """The database cannot be reached, started or used."""


class DatabaseUnavailable(DatabaseError):
    """The database did not answer within the allowed time."""


class SchemaMismatch(DatabaseError):
    """The database lacks migrations, or has had unknown ones; the message says what to do."""


class Busy(ArchiveError):
    """Another acsql is changing the archive; the message says which and since when."""


class ObservationNotFound(ArchiveError):
    """No observation has this rootname."""


class NameNotYetResolved(ObservationNotFound):
    """The name resolver has not answered yet whether a text is the name of an object."""


class ProposalNotFound(ArchiveError):
    """No observation belongs to this proposal."""


class RunNotFound(ArchiveError):
    """No ingest run has this number, or it has no log."""


class ProviderUnavailable(ArchiveError):
    """The source of proposal information cannot be reached at the moment."""


class DatasetNotFound(ArchiveError):
    """The observation has no such filetype, extension or preview."""


class UnsafePath(DatasetNotFound):
    """A path in the database leads out of its folder; nothing there is read or changed."""


class JobNotFound(ArchiveError):
    """The TAP service has no such job, or has removed it."""


class AccessDenied(ArchiveError):
    """The user of this process may not read a file that exists; the message says which."""


class AccountError(ArchiveError):
    """An account, a password or a token cannot be made, changed or found; the message says why."""


class AccountDamaged(AccountError):
    """An account in the database has no valid role, or lacks a field; it has no rights."""


class LoginRequired(ArchiveError):
    """A request needs the name of its user, and has none that is valid."""


class RightMissing(ArchiveError):
    """The role of a user does not include what a request needs; the message says which."""


class QueryError(ArchiveError):
    """A condition, a column, a sort order or a limit is invalid."""


class QueryTimeout(QueryError):
    """A search took longer than its time limit; the message says why and how to change it."""


class CoverageIncomplete(QueryTimeout):
    """A map of the sky was not made in time; what was made is kept for the next call."""


class AnnotationError(ArchiveError):
    """A flag, comment or viewed mark is invalid; the message says what is wrong."""


class MonitorError(ArchiveError):
    """A monitor does not exist or is not written as it must be; the message says what to change."""


class SpecError(ArchiveError):
    """The keyword specs cannot be read or contradict each other."""


class InvalidName(ArchiveError):
    """A text is not a rootname or an ACS file name."""


class FileError(ArchiveError):
    """A FITS file cannot be ingested; the message says which and why."""


class OutsideImage(FileError):
    """A part of the sky has no pixels in a file."""


class PreviewError(ArchiveError):
    """A preview cannot be made from a file; the message says which and why."""
