"""Coverage maps: ``/vo/moc?q=filter1=F606W`` as FITS or JSON (MOC 2.0)."""

from io import BytesIO
from typing import Literal

from flask import Response

from ...search.coverage import ORDER
from ..context import current_archive
from ..coverage_map import coverage_map
from .service import DaliParameters, blueprint, dali_parameters


class MocParameters(DaliParameters):
    """The search to map, the order of the smallest cells, and the format."""

    q: str = ""
    order: int = ORDER
    responseformat: Literal["fits", "json"] = "fits"


@blueprint.route("/vo/moc", methods=["GET", "POST"])
def moc() -> Response:
    """Return the sky that the observations of a search cover."""
    query = dali_parameters(MocParameters)
    found = coverage_map(current_archive().where(*filter(None, [query.q])), query.order)
    if query.responseformat == "json":
        return Response(found.to_string("json"), mimetype="application/json")
    file = BytesIO()
    found.serialize("fits").writeto(file)
    return Response(file.getvalue(), mimetype="application/fits")
