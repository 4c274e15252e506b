"""Superseded search methods of the archive, until their callers use `Search`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from .. import query
from ..datasets import Dataset
from ..observation import Observation
from ..proposals import in_proposal
from ..query import Column, Condition
from .criteria import DEFAULT_COLUMNS
from .explain import Explanation
from .limits import TimeLimit
from .paging import Page
from .searchable import Searchable, arranged


class SupersededSearches(Searchable):
    """The old search methods."""

    store: Any
    specs: Any
    config: Any

    def datasets(
        self,
        *conditions: Condition | str,
        filetypes: Sequence[str] | None = None,
        sort: Sequence[str] | str | None = None,
        time_limit: TimeLimit = "default",
        **keywords: Any,
    ) -> Iterator[Dataset]:
        """See `Search.files`."""
        search = self._limited(self.where(*conditions, **keywords), time_limit)
        return arranged(search, None, sort).files(filetypes)

    def iter(
        self,
        *conditions: Condition | str,
        columns: Sequence[str] | None = None,
        sort: Sequence[str] | str | None = None,
        limit: int | None = None,
        time_limit: TimeLimit = "default",
        **keywords: Any,
    ) -> Iterator[dict[str, Any]]:
        """See `Search.rows`."""
        search = self._limited(self.where(*conditions, **keywords), time_limit)
        return arranged(search, columns, sort).limit(limit).rows()

    def page(
        self,
        *conditions: Condition | str,
        columns: Sequence[str] | None = None,
        sort: Sequence[str] | str | None = None,
        size: int = 50,
        after: str | None = None,
        before: str | None = None,
        time_limit: TimeLimit = "default",
        **keywords: Any,
    ) -> Page:
        """See `Search.page`."""
        search = self._limited(self.where(*conditions, **keywords), time_limit)
        return arranged(search, columns, sort).page(size, after, before)

    def gallery(
        self,
        *conditions: Condition | str,
        sort: Sequence[str] | str | None = None,
        size: int | None = None,
        after: str | None = None,
        before: str | None = None,
        time_limit: TimeLimit = "default",
        **keywords: Any,
    ) -> Page:
        """See `Search.thumbnails`."""
        search = self._limited(self.where(*conditions, **keywords), time_limit)
        return arranged(search, None, sort).thumbnails(size, after, before)

    def sample(
        self,
        *conditions: Condition | str,
        columns: Sequence[str] | None = None,
        size: int = 1000,
        time_limit: TimeLimit = "default",
        **keywords: Any,
    ) -> list[dict[str, Any]]:
        """See `Search.sample`."""
        search = self._limited(self.where(*conditions, **keywords), time_limit)
        return arranged(search, columns, None).sample(size)

    def distinct(
        self,
        keyword: str,
        *conditions: Condition | str,
        time_limit: TimeLimit = "default",
        **keywords: Any,
    ) -> list[Any]:
        """See `Search.distinct`."""
        return self._limited(self.where(*conditions, **keywords), time_limit).distinct(keyword)

    def facets_of(
        self,
        names_of_keywords: Sequence[str],
        *conditions: Condition | str,
        time_limit: TimeLimit = "default",
        **keywords: Any,
    ) -> dict[str, dict[Any, int]]:
        """See `Search.facets_of`."""
        search = self._limited(self.where(*conditions, **keywords), time_limit)
        return search.facets_of(*names_of_keywords)

    def explain_empty(
        self,
        *conditions: Condition | str,
        time_limit: TimeLimit = "default",
        **keywords: Any,
    ) -> Explanation:
        """See `Search.explain`."""
        return self._limited(self.where(*conditions, **keywords), time_limit).explain()

    def mongosh(
        self,
        *conditions: Condition | str,
        columns: Sequence[str] | None = None,
        sort: Sequence[str] | str | None = None,
        limit: int | None = None,
        **keywords: Any,
    ) -> str:
        """See `Search.mongosh`."""
        return arranged(self.where(*conditions, **keywords), columns, sort).limit(limit).mongosh()

    def mongosh_count(self, *conditions: Condition | str, **keywords: Any) -> str:
        """See `Search.mongosh_count`."""
        return self.where(*conditions, **keywords).mongosh_count()

    def mongosh_facets(
        self, keyword: str, *conditions: Condition | str, limit: int | None = None, **keywords: Any
    ) -> str:
        """See `Search.mongosh_facets`."""
        return self.where(*conditions, **keywords).mongosh_facets(keyword, limit)

    def columns(self, addresses: Sequence[str] | None = None) -> list[Column]:
        """See `Search.selected_columns`."""
        return query.resolve_all(DEFAULT_COLUMNS if addresses is None else addresses, self.specs)

    def condition(self, *conditions: Condition | str, **keywords: Any) -> Condition:
        """See `Search.condition`."""
        return self.where(*conditions, **keywords).condition

    def sorted_by(
        self,
        *conditions: Condition | str,
        sort: Sequence[str] | str | None = None,
        **keywords: Any,
    ) -> list[str]:
        """See `Search.sorted_by`."""
        return arranged(self.where(*conditions, **keywords), None, sort).sorted_by

    def neighbours(
        self,
        observation: Observation,
        *conditions: Condition | str,
        sort: Sequence[str] | str | None = None,
        everywhere: bool = False,
    ) -> tuple[str | None, str | None]:
        """See `Search.neighbours`."""
        proposal = () if everywhere else (in_proposal(observation["proposid"]),)
        return arranged(self.where(*proposal, *conditions), None, sort).neighbours(observation)
