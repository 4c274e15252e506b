"""Simple Image Access 2.0: ``/vo/sia2/query?POS=...``."""

from typing import Annotated

from flask import Response

from ...export.votable import MEDIA_TYPE
from ...vo.sia2 import PARAMETERS, image_search
from ..context import current_archive
from ..params import WholeNumber
from .service import DaliParameters, addresses, blueprint, current_catalog, dali_parameters


class ImageParameters(DaliParameters):
    """The images to find; each parameter may be repeated for alternatives."""

    pos: tuple[str, ...] = ()
    band: tuple[str, ...] = ()
    time: tuple[str, ...] = ()
    pol: tuple[str, ...] = ()
    fov: tuple[str, ...] = ()
    spatres: tuple[str, ...] = ()
    specrp: tuple[str, ...] = ()
    exptime: tuple[str, ...] = ()
    timeres: tuple[str, ...] = ()
    id: tuple[str, ...] = ()
    collection: tuple[str, ...] = ()
    facility: tuple[str, ...] = ()
    instrument: tuple[str, ...] = ()
    dptype: tuple[str, ...] = ()
    calib: tuple[str, ...] = ()
    target: tuple[str, ...] = ()
    format: tuple[str, ...] = ()
    maxrec: Annotated[int | None, WholeNumber(0, 10**9)] = None


@blueprint.route("/vo/sia2/query", methods=["GET", "POST"])
def sia2() -> Response:
    """Return the images that meet the parameters."""
    query = dali_parameters(ImageParameters)
    values = {name: getattr(query, name) for name in PARAMETERS}
    answer = image_search(current_archive(), current_catalog(), values, addresses(), query.maxrec)
    return Response(answer.votable(), mimetype=MEDIA_TYPE)
