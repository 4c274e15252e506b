"""The routes of the services of the Virtual Observatory, below ``/vo/``.

Each module adds the routes of one protocol to the blueprint.
"""

from . import datalink, moc, scs, sia2, soda, tap, tap_jobs, vosi
from .service import CATALOG, blueprint, register

__all__ = ["CATALOG", "blueprint", "datalink", "moc", "register", "scs", "sia2", "soda", "tap",
           "tap_jobs", "vosi"]  # fmt: skip
