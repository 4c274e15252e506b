"""The routes of the services of the Virtual Observatory, below ``/vo/``.

Each module adds the routes of one protocol to the blueprint.
"""

from . import vosi
from .service import blueprint

__all__ = ["blueprint", "vosi"]
