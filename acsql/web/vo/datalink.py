"""DataLink: ``/vo/datalink?ID=...``, the links of a file or an observation."""

from flask import Response

from ...export.links import LINKS_TYPE
from ...vo.links import links
from ..context import current_archive
from .service import DaliParameters, addresses, blueprint, dali_parameters


class LinkParameters(DaliParameters):
    """The identifiers of files or observations."""

    id: tuple[str, ...] = ()


@blueprint.route("/vo/datalink", methods=["GET", "POST"])
def datalink() -> Response:
    """Return the links of files and observations."""
    query = dali_parameters(LinkParameters)
    answer = links(current_archive(), query.id, addresses())
    return Response(answer.votable(), content_type=LINKS_TYPE)
