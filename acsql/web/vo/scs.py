"""Simple Cone Search: ``/vo/scs?RA=...&DEC=...&SR=...``."""

from typing import Annotated

from flask import Response

from ...export.votable import MEDIA_TYPE
from ...vo.cone_search import VERBOSITIES, cone_search
from ..context import current_archive
from ..params import WholeNumber
from .service import DaliParameters, addresses, blueprint, dali_parameters


class ConeParameters(DaliParameters):
    """The circle, in degrees, and how much to return."""

    ra: float
    dec: float
    sr: float
    verb: Annotated[int, WholeNumber(VERBOSITIES[0], VERBOSITIES[-1])] = 2
    maxrec: Annotated[int | None, WholeNumber(0, 10**9)] = None


@blueprint.route("/vo/scs", methods=["GET", "POST"])
def scs() -> Response:
    """Return the observations within a circle."""
    query = dali_parameters(ConeParameters)
    answer = cone_search(
        current_archive(), (query.ra, query.dec), query.sr, addresses(), query.verb, query.maxrec
    )
    return Response(answer.votable(), mimetype=MEDIA_TYPE)
