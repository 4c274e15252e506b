"""The pages of the site: each module contains one page, or a few that belong together.

A module joins the site by defining a Flask blueprint with the name of the module; nothing else
lists the pages.
"""

import pkgutil
from collections.abc import Iterator
from importlib import import_module

from flask import Blueprint


def blueprints() -> Iterator[Blueprint]:
    """Yield the blueprint of every module of this package."""
    for module in pkgutil.iter_modules(__path__):
        members = vars(import_module(f".{module.name}", __name__)).values()
        yield from (member for member in members if isinstance(member, Blueprint))
