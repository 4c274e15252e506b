"""What an address of the site asks: its parameters, and the conditions that they state.

All state of a search is in its address, so every page can be sent to a colleague: the conditions
as one text in the query language, and how they are shown.  The fields of the query form become
that text and are filled in from it again, so a search that was typed can be changed in the form.
What the fields are follows from the keyword specs, their options come from the archive.  A
parameter that nothing here names is an error, because ignoring one silently would answer another
question than the one that was asked."""

from collections.abc import Iterable, Mapping

from .. import query
from ..export import FORMATS
from ..keywords import KeywordSpecs
from ..query import And, Condition
from ..search.criteria import DEFAULT_COLUMNS
from .params import Address, split

# How results are shown, and the files they are taken away in.
VIEWS = {
    "table": "Table",
    "thumbnails": "Thumbnails",
    "map": "Sky map",
    "plot": "Plot",
}
_LABELS = {"jsonl": "JSON Lines", "votable": "VOTable", "table": "Text", "markdown": "Markdown"}
DOWNLOADS = {name: _LABELS.get(name, name.upper()) for name in FORMATS}


class Search(Address):
    """A search: what to find as a text in the query language, what to show of it, and how."""

    single = ("q", "view", "sort", "x", "y", "after", "before", "counts", "format")
    several = ("columns",)

    def __init__(self, given: Mapping[str, Iterable[str]] | None = None) -> None:
        super().__init__(given)
        # Columns may come one by one, or with commas between them; the boxes have no order.
        columns = split(",".join(self.all("columns")))
        boxes = len(self.all("columns")) > 1
        usual = boxes and set(columns) == set(DEFAULT_COLUMNS)
        self.given["columns"] = [] if usual else [",".join(columns)]
        if self.all("format") == ["thumbnails"]:
            self.given |= {"format": [], "view": ["thumbnails"]}
        self._leave_out_what_goes_without_saying()

    def _leave_out_what_goes_without_saying(self) -> None:
        """Keep only what makes the search another one, so that its address stays short."""
        usual = {
            "q": "everything()",
            "view": "table",
            "format": "html",
            "columns": ",".join(DEFAULT_COLUMNS),
        }
        self.given = {
            name: values
            for name, values in self.given.items()
            if any(values) and values != [usual.get(name)]
        }

    def arguments(self, **changes: str | None) -> dict[str, list[str]]:
        """Return the parameters for an address, as few as will do; see `Address.arguments`."""
        return Search(super().arguments(**changes)).given

    def anew(self, **changes: str | None) -> dict[str, list[str]]:
        """Return the parameters for the first page of the same search or one like it."""
        unpaged = {"after": None, "before": None, "format": None}
        return self.arguments(**unpaged | changes)

    @property
    def columns(self) -> list[str]:
        """The keywords to show."""
        return split(self.first("columns")) or list(DEFAULT_COLUMNS)

    @property
    def sort(self) -> list[str]:
        """The keywords to sort by; none where the usual order will do."""
        return split(self.first("sort"))

    @property
    def view(self) -> str:
        """How the results are shown: one of `VIEWS`."""
        return self.chosen("view", VIEWS, "table")

    @property
    def download(self) -> str | None:
        """The format in which the results are taken away: one of `DOWNLOADS`, or None."""
        return self.chosen("format", ("html", *DOWNLOADS), "html") if self.all("format") else None

    def condition(self, specs: KeywordSpecs) -> Condition:
        """Return the condition that the text states, and none if there is no text.

        Raises
        ------
        QueryError
            If it cannot be understood.
        """
        text = self.first("q")
        return query.parse(text, specs) if text else And()
