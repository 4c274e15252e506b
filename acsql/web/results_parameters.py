"""The parameters of the results page, which hold the whole state of a search.

Every page of results can be sent to a colleague: its URL has the conditions as one text in the
query language, and how they are shown.  A URL names only what differs from the defaults, so that
one search has one URL.
"""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any

from .. import query
from ..export import FORMATS
from ..keywords import KeywordSpecs
from ..query import And, Condition
from ..search.criteria import DEFAULT_COLUMNS
from .params import OneOf, Parameters, split

VIEWS = {
    "table": "Table",
    "thumbnails": "Thumbnails",
    "map": "Sky map",
    "plot": "Plot",
}
_LABELS = {"jsonl": "JSON Lines", "votable": "VOTable", "table": "Text", "markdown": "Markdown"}
DOWNLOADS = {name: _LABELS.get(name, name.upper()) for name in FORMATS}
# Values that a URL leaves out.
_DEFAULTS = {
    "q": "everything()",
    "view": "table",
    "format": "html",
    "columns": ",".join(DEFAULT_COLUMNS),
}


class ResultsParameters(Parameters):
    """A search: its conditions, and how its results are shown."""

    q: str = ""
    view: Annotated[str, OneOf(VIEWS)] = "table"
    sort: str = ""
    x: str = ""
    y: str = ""
    after: str | None = None
    before: str | None = None
    counts: str = ""
    format: Annotated[str, OneOf(("html", *DOWNLOADS))] = "html"
    columns: str = ""

    @classmethod
    def clean(cls, values: Mapping[str, Iterable[str]]) -> dict[str, list[str]]:
        """Return the values as `Parameters.clean` does, without those that are defaults.

        Parameters
        ----------
        values : mapping of str to iterable of str
            ``columns`` may be repeated, with commas in each.

        Returns
        -------
        dict of list of str
            ``columns`` as one list with commas.
        """
        cleaned = super().clean(values)
        columns = split(",".join(cleaned.get("columns", [])))
        # Checkboxes have no order: ticking the default columns is not a choice of an order.
        ticked = len(cleaned.get("columns", [])) > 1
        if columns and not (ticked and set(columns) == set(DEFAULT_COLUMNS)):
            cleaned["columns"] = [",".join(columns)]
        else:
            cleaned.pop("columns", None)
        if cleaned.get("format") == ["thumbnails"]:
            del cleaned["format"]
            cleaned["view"] = ["thumbnails"]
        return {name: texts for name, texts in cleaned.items() if texts != [_DEFAULTS.get(name)]}

    def arguments(self, **changes: str | None) -> dict[str, Any]:
        """Return the parameters for a link, without defaults; see `Parameters.arguments`."""
        return type(self).clean(super().arguments(**changes))

    def first_page(self, **changes: str | None) -> dict[str, Any]:
        """Return the parameters of the first page of this search, or of one like it.

        Parameters
        ----------
        **changes : str or None
            As in `arguments`.

        Returns
        -------
        dict
            Without cursors and without a file format.
        """
        unpaged: dict[str, str | None] = {"after": None, "before": None, "format": None}
        return self.arguments(**unpaged | changes)

    @property
    def addresses(self) -> list[str]:
        """The keyword addresses of the columns."""
        return split(self.columns) or list(DEFAULT_COLUMNS)

    @property
    def keys(self) -> list[str]:
        """The keywords to sort by; empty for the default order."""
        return split(self.sort)

    @property
    def download(self) -> str | None:
        """The format of a file with all results; None for a page."""
        return None if self.format == "html" else self.format

    def condition(self, specs: KeywordSpecs) -> Condition:
        """Return the condition that ``q`` states; everything if it is empty.

        Parameters
        ----------
        specs : KeywordSpecs
            By which keywords and values are checked.

        Returns
        -------
        Condition
            Checked and typed.

        Raises
        ------
        QueryError
            If ``q`` is not a valid query.
        """
        return query.parse(self.q, specs) if self.q else And()
