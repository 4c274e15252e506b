"""Searches as values: conditions, columns, order and limits, and the ways to run them."""

from .counting import Count
from .explain import Explanation
from .paging import Page
from .search import Search

__all__ = ["Count", "Explanation", "Page", "Search"]
