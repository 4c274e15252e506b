"""The person who annotates is the user of the operating system, unless there is none."""

import os
import subprocess
import sys

import pytest

from acsql.annotations.person import current_person
from acsql.errors import AnnotationError


def test_the_login_name_is_that_of_the_environment(monkeypatch):
    monkeypatch.setenv("LOGNAME", "ann")
    assert current_person() == "ann"


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become a user without a name")
def test_an_account_without_a_name_has_to_give_one():
    # What is imported later could be in a folder that only root reads.
    lines = "import os, pwd; from acsql.annotations import person; os.setuid(54321); "
    clean = {"PYTHONPATH": os.pathsep.join(sys.path)}
    result = subprocess.run(
        [sys.executable, "-c", f"{lines} person.current_person()"],
        env=clean,
        capture_output=True,
        text=True,
        check=False,
    )
    assert AnnotationError.__name__ in result.stderr
