"""HTML representations of an archive, an observation and the results of a search, for notebooks.

It has no script and no style sheet, because a notebook may show it anywhere.
"""

import base64
from collections.abc import Mapping
from html import escape


def facts(title: str, content: Mapping[str, object], url: str | None, picture: bytes | None) -> str:
    """Return facts as an HTML table below a title.

    Parameters
    ----------
    title : str
        The subject of the facts.
    content : mapping
        Values by name; those that are None are left out.
    url : str, optional
        The page to which the title links.
    picture : bytes, optional
        A JPEG image, shown beside the table.

    Returns
    -------
    str
        HTML in which no value is markup.
    """
    heading = escape(title)
    if url is not None:
        heading = f'<a href="{escape(url)}">{heading}</a>'
    rows = "".join(
        f"<tr><th>{escape(name)}</th><td>{escape(str(value))}</td></tr>"
        for name, value in content.items()
        if value is not None
    )
    image = "" if picture is None else _image(picture, title)
    return f"<p><strong>{heading}</strong></p>{image}<table>{rows}</table>"


def _image(picture: bytes, title: str) -> str:
    data = base64.b64encode(picture).decode("ascii")
    return f'<img alt="thumbnail of {escape(title)}" src="data:image/jpeg;base64,{data}">'
