"""Coverage maps: ``/vo/moc?q=filter1=F606W`` as FITS or JSON (MOC 2.0)."""

from io import BytesIO
from typing import Literal

from flask import Response

from ...search.coverage import ORDER, coverage
from ..context import current_archive, picture_cache
from .service import DaliParameters, blueprint, dali_parameters

# Seconds that each query may take, and after which no further piece of a map is made: what was made
# until then is kept, so that another request for the same map gets further.
TIME_LIMIT = 20
MAKING_S = 5


class MocParameters(DaliParameters):
    """What to map, the order of the smallest cells, and the format."""

    q: str = ""
    order: int = ORDER
    responseformat: Literal["fits", "json"] = "fits"


@blueprint.route("/vo/moc", methods=["GET", "POST"])
def moc() -> Response:
    """Return the sky that the observations of a search cover."""
    query = dali_parameters(MocParameters)
    search = current_archive().where(*filter(None, [query.q])).time_limit(TIME_LIMIT)
    found = coverage(search, query.order, picture_cache().get, MAKING_S)
    if query.responseformat == "json":
        return Response(found.to_string("json"), mimetype="application/json")
    file = BytesIO()
    found.serialize("fits").writeto(file)
    return Response(file.getvalue(), mimetype="application/fits")
