"""URLs of the site that the services link to, and the IVOA identifiers of files."""

from dataclasses import dataclass
from urllib.parse import quote, urlsplit

# The separator of the file in an identifier (IVOA Identifiers 2.0, section 2.3.3).
_QUERY = "?"


@dataclass(frozen=True)
class Addresses:
    """Absolute addresses on the site of an archive.

    Attributes
    ----------
    site : str
        The URL of its home page, which ends with a slash.
    """

    site: str

    @property
    def ivoid(self) -> str:
        """The IVOA identifier of the archive, whose authority is the host of the site."""
        return f"ivo://{urlsplit(self.site).hostname}/acsql"

    def identifier(self, filename: str) -> str:
        """Return the IVOA identifier of a file (``obs_publisher_did``)."""
        return f"{self.ivoid}{_QUERY}{filename}"

    def file(self, filename: str) -> str:
        """Return the URL of a FITS file."""
        return f"{self.site}files/{filename}"

    def preview(self, ipppssoot: str, filetype: str) -> str:
        """Return the URL of the preview of a file."""
        return f"{self.site}previews/{ipppssoot}/{filetype}.jpg"

    def thumbnail(self, ipppssoot: str) -> str:
        """Return the URL of the thumbnail of an observation."""
        return f"{self.site}thumbnails/{ipppssoot}.jpg"

    def headers(self, ipppssoot: str, filetype: str) -> str:
        """Return the URL of the headers of a file, as JSON."""
        return f"{self.site}api/observations/{ipppssoot}/headers/{filetype}"

    def page(self, ipppssoot: str) -> str:
        """Return the URL of the page of an observation."""
        return f"{self.site}go?name={ipppssoot}"

    def service(self, name: str) -> str:
        """Return the URL of a service, such as ``scs``."""
        return f"{self.site}vo/{name}"

    def links(self, identifier: str) -> str:
        """Return the URL of the links of a file or an observation."""
        return f"{self.service('datalink')}?ID={quote(identifier, safe='')}"


def local_part(identifier: str) -> str:
    """Return the file name or rootname of an identifier, or of a text that is one itself."""
    return identifier.rpartition(_QUERY)[2]
