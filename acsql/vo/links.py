"""DataLink 1.1: the links of a file or an observation, with its cutout service.

https://www.ivoa.net/documents/DataLink/20231215/REC-DataLink-1.1.html
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ..archive import Archive
from ..errors import DatasetNotFound, InvalidName, ObservationNotFound
from ..export.votable import Frame, Service, ServiceInput
from ..names import Filename, is_filename
from ..observation import Observation
from .addresses import Addresses, local_part
from .answer import ServiceAnswer, described_column

# Identifiers in one request, each of which reads a document.
MAX_IDENTIFIERS = 100
FITS_TYPE = "application/fits"  # RFC 4047
_SODA = "ivo://ivoa.net/std/SODA#sync-1.0"
_COLUMNS = (
    described_column("ID", "identifier of the request", "meta.id;meta.main"),
    described_column("access_url", "where the link leads", "meta.ref.url"),
    described_column("service_def", "ID of the service that takes parameters", "meta.ref"),
    described_column("error_message", "why there is no link", "meta.code.error"),
    described_column("semantics", "what the link is to the file", "meta.code"),
    described_column("description", "what the link leads to", "meta.note"),
    described_column("content_type", "media type", "meta.code.mime"),
    described_column("content_length", "size", "phys.size;meta.file", type_="int", unit="byte"),
)


@dataclass(frozen=True)
class _Link:
    """A row of the table, and the service that it names."""

    semantics: str
    description: str
    access_url: str | None = None
    content_type: str | None = None
    content_length: int | None = None
    service: Service | None = None


def links(archive: Archive, identifiers: Sequence[str], addresses: Addresses) -> ServiceAnswer:
    """Return the links of files and observations.

    Parameters
    ----------
    archive : Archive
        The open archive.
    identifiers : sequence of str
        IVOA identifiers of files, file names, rootnames or ipppssoots.
    addresses : Addresses
        Where the site is.

    Returns
    -------
    ServiceAnswer
        Rows for each identifier; a row with a message for one that does not exist.
    """
    rows: list[dict[str, Any]] = []
    services: list[Service] = []
    for identifier in identifiers[:MAX_IDENTIFIERS]:
        try:
            found = list(_links(archive, local_part(identifier), addresses))
        except (DatasetNotFound, InvalidName, ObservationNotFound) as error:
            rows.append(_row(ID=identifier, error_message=f"NotFoundFault: {error}"))
            continue
        rows += [_row_of(identifier, link) for link in found]
        services += [link.service for link in found if link.service]
    unique = {service.ID: service for service in services}
    is_cut = len(identifiers) > MAX_IDENTIFIERS
    return ServiceAnswer(
        rows, _COLUMNS, Frame("OVERFLOW" if is_cut else "OK", services=tuple(unique.values()))
    )


def _links(archive: Archive, name: str, addresses: Addresses) -> Iterator[_Link]:
    """Yield the links of a file, or of all files of an observation."""
    if is_filename(name):
        file = Filename.parse(name)
        observation, shown = archive.observation(file.rootname), file.filetype
        if observation.datasets.get(shown) != name:
            raise DatasetNotFound(f"{name} is not in the archive")
    else:
        observation, shown = archive.observation(name), None
    for filetype in archive.specs.filetypes:
        if filetype in observation.datasets:
            yield _file(archive, observation, filetype, shown, addresses)
    for filetype in [shown] if shown else observation.datasets:
        yield from _of_file(archive, observation, filetype, addresses)
    yield from _of_observation(observation, addresses)


def _file(
    archive: Archive,
    observation: Observation,
    filetype: str,
    shown: str | None,
    addresses: Addresses,
) -> _Link:
    return _Link(
        _semantics(archive, filetype, shown),
        f"{filetype}: {archive.specs.filetypes[filetype].description}",
        addresses.file(observation.datasets[filetype]),
        FITS_TYPE,
        observation.files[filetype].get("size"),
    )


def _semantics(archive: Archive, filetype: str, shown: str | None) -> str:
    """Return what a file is to the one that is shown, which was made before or after it."""
    filetypes = archive.specs.filetypes
    if shown is None:
        return "#this" if filetypes[filetype].preview else "#auxiliary"
    if filetype == shown:
        return "#this"
    if not (filetypes[filetype].preview and filetypes[shown].preview):
        return "#auxiliary"
    order = list(filetypes)
    return "#progenitor" if order.index(filetype) < order.index(shown) else "#derivation"


def _of_file(
    archive: Archive, observation: Observation, filetype: str, addresses: Addresses
) -> Iterator[_Link]:
    """Yield the cutout service, the preview and the headers of a file."""
    name = observation.ipppssoot
    if archive.specs.filetypes[filetype].pixels:
        service = _cutouts(observation.datasets[filetype], filetype, addresses)
        yield _Link("#cutout", service.description or "", content_type=FITS_TYPE, service=service)
    if observation.previews.get(filetype, {}).get("jpeg"):
        url = addresses.preview(name, filetype)
        yield _Link("#preview", f"picture of the {filetype} file", url, "image/jpeg")
    url = addresses.headers(name, filetype)
    yield _Link("#detached-header", f"headers of the {filetype} file", url, "application/json")


def _of_observation(observation: Observation, addresses: Addresses) -> Iterator[_Link]:
    name = observation.ipppssoot
    if observation.previews.get(observation.thumbnail_filetype, {}).get("thumbnail"):
        yield _Link("#thumbnail", "small picture", addresses.thumbnail(name), "image/jpeg")
    yield _Link("#documentation", "page of the observation", addresses.page(name), "text/html")


def _cutouts(filename: str, filetype: str, addresses: Addresses) -> Service:
    """Return the descriptor of the cutouts of a file (SODA 1.0, section 4)."""
    outline = "pos.outline;obs"
    return Service(
        addresses.service("soda"),
        _SODA,
        (
            ServiceInput("ID", addresses.identifier(filename), ucd="meta.ref.ivoid;meta.curation"),
            ServiceInput("CIRCLE", "", None, "double", "3", outline, "deg", "circle"),
            ServiceInput("POLYGON", "", None, "double", "*", outline, "deg", "polygon"),
            ServiceInput("POS", "", ucd=outline),
        ),
        f"soda-{filename.removesuffix('.fits')}",
        FITS_TYPE,
        f"part of the {filetype} file around a place on the sky",
    )


def _row_of(identifier: str, link: _Link) -> dict[str, Any]:
    return _row(
        ID=identifier,
        access_url=link.access_url,
        service_def=link.service and link.service.ID,
        semantics=link.semantics,
        description=link.description,
        content_type=link.content_type,
        content_length=link.content_length,
    )


def _row(**values: Any) -> dict[str, Any]:
    return {column.address: values.get(column.address) for column in _COLUMNS}
