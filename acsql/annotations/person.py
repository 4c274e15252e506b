"""The person who runs a script or a command: the user of the operating system."""

import getpass

from ..errors import AnnotationError


def current_person() -> str:
    """Return the login name of the user of this process.

    Returns
    -------
    str
        The name by which annotations of scripts and commands are known unless they give one.

    Raises
    ------
    AnnotationError
        If the account has no name, as in some containers.
    """
    try:
        return getpass.getuser()
    except (KeyError, OSError) as error:
        raise AnnotationError("this account has no name: say who annotates (by)") from error
