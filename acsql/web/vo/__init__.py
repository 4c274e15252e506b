"""The routes of the services of the Virtual Observatory, below ``/vo/``.

Each module adds the routes of one protocol to the blueprint.
"""

from . import datalink, scs, soda, vosi
from .service import blueprint

__all__ = ["blueprint", "datalink", "scs", "soda", "vosi"]
