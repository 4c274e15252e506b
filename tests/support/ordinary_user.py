"""An ordinary user: to root nothing is forbidden, so tests of permissions give that up."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

# The user and group "nobody" of Linux (user_namespaces(7), overflowuid).
NOBODY = 65534


@contextmanager
def as_ordinary_user() -> Iterator[None]:
    """Access files as a user without privileges; where the tests are not run by root, as theirs."""
    if os.geteuid() != 0:
        yield
        return
    group, groups = os.getegid(), os.getgroups()
    os.setgroups([])
    os.setegid(NOBODY)
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(group)
        os.setgroups(groups)
