"""The address of the styles, scripts and icons of the site, which names their version.

Browsers cache such a file for a year, so a changed file must have another address.  The
version is in the folder, because the modules of a script import each other by relative addresses.
"""

import hashlib
from functools import cache
from pathlib import Path

from flask import Flask, Response, send_from_directory

FOLDER = Path(__file__).parent / "static"
MAX_AGE_S = 365 * 24 * 3600


@cache
def url_path() -> str:
    """Return the address of the folder of the files.

    Returns
    -------
    str
        Such as ``/static/5f1c9a0e``; it changes with the name or the content of any file.
    """
    digest = hashlib.sha256()
    for path in sorted(path for path in FOLDER.rglob("*") if path.is_file()):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(FOLDER)} {len(content)} ".encode())
        digest.update(content)
    return f"/static/{digest.hexdigest()[:8]}"


def register(app: Flask) -> None:
    """Add the route of the files, which is named ``static`` as that of Flask.

    Parameters
    ----------
    app : Flask
        The site, without the route of Flask.
    """
    app.add_url_rule(f"{url_path()}/<path:filename>", "static", _send)


def _send(filename: str) -> Response:
    return send_from_directory(FOLDER, filename, max_age=MAX_AGE_S)
