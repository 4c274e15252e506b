"""SODA: ``/vo/soda?ID=...&CIRCLE=...``, the part of a file around a place on the sky."""

import io

from flask import Response

from ...errors import QueryError
from ...names import Filename
from ...vo.addresses import local_part
from ...vo.links import FITS_TYPE
from ...vo.soda import cutout, outline_of
from ..context import current_archive
from ..download_limit import limited
from .service import DaliParameters, addresses, blueprint, dali_parameters

_SHAPES = ("circle", "polygon", "pos")


class CutoutParameters(DaliParameters):
    """The file and the part of the sky; BAND, TIME and POL would have no effect on an image."""

    id: str
    circle: str | None = None
    polygon: str | None = None
    pos: str | None = None
    band: str | None = None
    time: str | None = None
    pol: str | None = None


@blueprint.route("/vo/soda", methods=["GET", "POST"])
@limited
def soda() -> Response:
    """Return a part of a file, or lead to the whole file if the request names no part."""
    query = dali_parameters(CutoutParameters)
    shapes = [(name.upper(), text) for name in _SHAPES if (text := getattr(query, name))]
    if len(shapes) > 1 or query.band or query.time or query.pol:
        raise QueryError(
            "give one of CIRCLE, POLYGON and POS; BAND, TIME and POL are not supported"
        )
    if not shapes:
        name = Filename.parse(local_part(query.id))
        return Response(status=303, headers={"Location": addresses().file(str(name))})
    part = cutout(current_archive(), query.id, outline_of(*shapes[0]))
    if part.hdus is None:
        # SODA 1.0, section 5.
        return Response(status=204)
    content = io.BytesIO()
    part.hdus.writeto(content)
    response = Response(content.getvalue(), mimetype=FITS_TYPE)
    attached = f"{part.filename.removesuffix('.fits')}_cutout.fits"
    response.headers.set("Content-Disposition", "attachment", filename=attached)
    return response
