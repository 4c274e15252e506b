"""Shared parts of the VO routes: their blueprint, parameters as DALI has them, and the tables."""

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar, cast

from flask import Blueprint, Flask, Response, current_app, render_template, request, url_for
from pydantic import ConfigDict

from ...archive import Archive
from ...export.values import FORBIDDEN_IN_XML, escape
from ...vo.addresses import Addresses
from ...vo.catalog import Catalog
from ...vo.tap_job_folder import TapJobFolder
from ...vo.tap_job_runner import TapJobRunner
from ..params import Parameters

blueprint = Blueprint("vo", __name__)
# The key of the tables in `Flask.extensions`.
CATALOG = "acsql.vo"
# That of the runner of the jobs, which are in this folder of `Config.data_dir`.
_RUNNER = "acsql.tap_jobs"
_JOBS = "tap_jobs"


class DaliParameters(Parameters):
    """Parameters of a VO service (DALI 1.1, section 2.3).

    Their names may have any case, and those that a service does not have are ignored, because
    clients send the same parameters to the services of all archives.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    @classmethod
    def clean(cls, values: Mapping[str, Iterable[str]]) -> dict[str, list[str]]:
        """Return the values by the names in lower case, without the empty ones."""
        merged: dict[str, list[str]] = {}
        for name, repeated in values.items():
            merged.setdefault(name.lower(), []).extend(repeated)
        return super().clean(merged)


Model = TypeVar("Model", bound=DaliParameters)


def dali_parameters(model: type[Model]) -> Model:
    """Return the checked parameters of the request, of its URL and of its form.

    Parameters
    ----------
    model : type
        A subclass of `DaliParameters`.

    Returns
    -------
    DaliParameters
        An instance of the model.

    Raises
    ------
    QueryError
        If a parameter is repeated, or has a value that it cannot have.
    """
    return model.parse(request.values.to_dict(flat=False))


def current_catalog() -> Catalog:
    """Return the tables of the archive that the site shows, which keeps what queries computed."""
    return cast(Catalog, current_app.extensions[CATALOG])


def current_runner() -> TapJobRunner:
    """Return what runs the jobs of the TAP service in this process."""
    return cast(TapJobRunner, current_app.extensions[_RUNNER])


def register(app: Flask, archive: Archive) -> None:
    """Give an application the tables of its archive, and the jobs that read them.

    Parameters
    ----------
    app : Flask
        The application.
    archive : Archive
        Its archive.
    """
    app.extensions[CATALOG] = Catalog(archive)
    jobs = TapJobFolder(archive.config.data_dir / _JOBS)
    app.extensions[_RUNNER] = TapJobRunner(jobs, archive.store)


def addresses() -> Addresses:
    """Return the absolute addresses of the site, as its settings or the request have them."""
    return Addresses(url_for("home.page", _external=True))


@blueprint.app_template_filter()
def xml_text(content: str | int) -> str:
    """Return a text that a client has sent, without the characters that XML cannot have."""
    return escape(str(content), FORBIDDEN_IN_XML)


def xml_response(template: str, **values: Any) -> Response:
    """Return an XML document.

    Parameters
    ----------
    template : str
        The name of a template in ``templates/vo/``.
    **values
        Its values.
    """
    return Response(render_template(f"vo/{template}", **values), mimetype="text/xml")
