"""What an address of the site asks: its parameters, and the conditions that they state.

All state of a search is in its address, so every page can be sent to a colleague: the conditions
as one text in the query language, and how they are shown.  The fields of the query form become
that text and are filled in from it again, so a search that was typed can be changed in the form.
What the fields are follows from the keyword specs, their options come from the archive.  A
parameter that nothing here names is an error, because ignoring one silently would answer another
question than the one that was asked.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any, ClassVar

from werkzeug.datastructures import MultiDict
from wtforms import Field, Form, SelectMultipleField, StringField, TextAreaField

from .. import query
from ..errors import QueryError
from ..export import FORMATS
from ..keywords import KeywordSpecs
from ..query import And, AnyOf, Between, Condition, Equals, Exists, Like, Not, Or
from ..search.criteria import DEFAULT_COLUMNS

# How a keyword is compared: the sign of the query language, and what a form shows.
OPERATORS = {
    "eq": ("=", "="),
    "ne": ("!=", "≠"),
    "lt": ("<", "<"),
    "le": ("<=", "≤"),
    "gt": (">", ">"),
    "ge": (">=", "≥"),
}
BETWEEN = "between"
# These two take no value.
EXISTENCE = {"exists": "has a value", "missing": "has none"}
# Rows for any keyword that a form has at least.
ROWS = 3


class Address:
    """The parameters of an address, without blanks and without the empty ones.

    Parameters
    ----------
    given : mapping
        The values of each parameter, as lists.

    Attributes
    ----------
    single, several : tuple of str
        The parameters that may stand once, and those that may stand several times.
    """

    single: ClassVar[tuple[str, ...]] = ()
    several: ClassVar[tuple[str, ...]] = ()

    def __init__(self, given: Mapping[str, Iterable[str]] | None = None) -> None:
        stripped = {
            name: [value.strip() for value in values if value.strip()]
            for name, values in (given or {}).items()
        }
        self.given = {name: values for name, values in stripped.items() if values}
        self.names = list(given or {})

    def first(self, name: str, default: str = "") -> str:
        """Return the value of a parameter that stands once."""
        return self.given.get(name, [default])[0]

    def all(self, name: str) -> list[str]:
        """Return the values of a parameter."""
        return self.given.get(name, [])

    def check(self) -> None:
        """Raise QueryError if a parameter is unknown, or given more often than it may be."""
        known = (*self.single, *self.several)
        for name in self.names:
            if name not in known:
                listed = ", ".join(known)
                there_are = f"the parameters are {listed}" if listed else "this page has none"
                raise QueryError(f"there is no parameter {name!r}: {there_are}")
        for name, values in self.given.items():
            if name in self.single and len(values) > 1:
                raise QueryError(f"{name} is given {len(values)} times: it can stand only once")

    def arguments(self, **changes: str | None) -> dict[str, list[str]]:
        """Return the parameters for the address of the same page or one like it.

        Parameters
        ----------
        **changes
            Parameters to set, or with None to leave out.
        """
        changed = {name: [] if value is None else [value] for name, value in changes.items()}
        known = (*self.single, *self.several)
        merged = {name: self.given.get(name, []) for name in known} | changed
        return {name: values for name, values in merged.items() if values}

    def chosen(self, name: str, choices: Iterable[str], default: str) -> str:
        """Return the value of a parameter that has few.

        Raises
        ------
        QueryError
            If it has another one.
        """
        value = self.first(name, default)
        if value not in choices:
            raise QueryError(f"{name} cannot be {value!r}: it is one of {', '.join(choices)}")
        return value


class Several(Field):
    """A parameter that stands once for each row of the form."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Take all values."""
        self.data = list(valuelist)


def _stripped(text: str | None) -> str:
    return (text or "").strip()


@dataclass(frozen=True)
class FormField:
    """A field of the query form, for one keyword; the specs say of which kind it is."""

    keyword: str
    label: str
    example: str = ""

    def kind(self, specs: KeywordSpecs) -> str:
        """Return ``choices`` for a keyword with few values, ``comparison`` or ``text``."""
        if self.keyword in specs.facets:
            return "choices"
        return "text" if specs.top_level[self.keyword].type == "str" else "comparison"

    @property
    def operator(self) -> str:
        """The parameter that says how to compare."""
        return f"{self.keyword}_op"

    @property
    def upper(self) -> str:
        """The parameter of the second value of ``between``."""
        return f"{self.keyword}_to"

    def inputs(self, specs: KeywordSpecs) -> dict[str, Field]:
        """Return what WTForms makes inputs of, by parameter."""
        value = StringField(self.label, filters=[_stripped])
        match self.kind(specs):
            case "choices":
                return {self.keyword: SelectMultipleField(self.label, validate_choice=False)}
            case "comparison":
                operator = StringField(filters=[_stripped])
                upper = StringField(filters=[_stripped])
                return {self.keyword: value, self.operator: operator, self.upper: upper}
        return {self.keyword: value}


# The query form, in its order.
FIELDS = (
    FormField("rootname", "Rootname", "j8bt05njq, jcp0*"),
    FormField("targname", "Target", "NGC104, M31*"),
    FormField("pr_inv_l", "PI last name", "Bohlin, van*"),
    FormField("pr_inv_f", "PI first name", "Ralph"),
    FormField("proposid", "Proposal", "9019"),
    FormField("date_obs", "Date", "2002-04-13"),
    FormField("exptime", "Exposure time", "100"),
    FormField("proposal_type", "Proposal type"),
    FormField("detector", "Detector"),
    FormField("obstype", "Observation type"),
    FormField("imagetyp", "Image type"),
    FormField("aperture", "Aperture"),
    FormField("filter1", "Filter 1"),
    FormField("filter2", "Filter 2"),
)


class SearchForm(Form):
    """The query form: the fields of some keywords, rows for any keyword, and free conditions."""

    keyword = Several("Keyword")
    operator = Several("Comparison")
    value = Several("Value")
    where = TextAreaField("Further conditions", filters=[_stripped])

    @property
    def rows(self) -> list[tuple[str, str, str]]:
        """The rows for any keyword: keyword, comparison and value, and some empty ones."""
        given = zip_longest(self.keyword.data or [], self.operator.data or [],
                            self.value.data or [], fillvalue="")  # fmt: skip
        rows = [tuple(map(_stripped, row)) for row in given]
        filled = [row for row in rows if row[0] or row[2]]
        return [*filled, *[("", "eq", "")] * max(1, ROWS - len(filled))]

    def conditions(self, specs: KeywordSpecs) -> list[Condition]:
        """Return what the filled in fields state; what is wrong stands in their `errors`."""
        found = [self._told(self[f.keyword], lambda f=f: self._of(f, specs)) for f in FIELDS]
        found += [
            self._told(self.value, lambda row=row: _of_row(*row, specs))
            for row in self.rows
            if row[0] or row[2]
        ]
        found += [
            self._told(self.where, lambda line=line: query.parse(line, specs))
            for line in self.where.data.splitlines()
            if line.strip()
        ]
        return [condition for condition in found if condition is not None]

    def _told(self, field: Field, ask: Any) -> Condition | None:
        try:
            return ask()
        except QueryError as error:
            field.errors = [*field.errors, str(error)]
            return None

    def _of(self, field: FormField, specs: KeywordSpecs) -> Condition | None:
        """Return the condition that a field states, None if it is empty."""
        keyword, value = field.keyword, self[field.keyword].data
        match field.kind(specs):
            case "choices":
                values = tuple(filter(None, map(_stripped, value or ())))
                return query.prepare(AnyOf(keyword, values), specs) if values else None
            case "comparison":
                return self._comparison(field, specs)
        # Only the further conditions have lines; elsewhere a line break is a blank.
        text = " ".join(value.split())
        return query.parse_comparison(keyword, "=", text, specs) if text else None

    def _comparison(self, field: FormField, specs: KeywordSpecs) -> Condition | None:
        keyword = field.keyword
        operator, upper = self[field.operator].data or "eq", self[field.upper].data
        value = " ".join(self[keyword].data.split())
        if operator == BETWEEN:
            bounds = Between(keyword, value or None, upper or None)
            return query.prepare(bounds, specs) if value or upper else None
        if operator not in OPERATORS:
            known = ", ".join([*OPERATORS, BETWEEN])
            raise QueryError(f"{field.operator} cannot be {operator!r}: it is one of {known}")
        if upper:
            raise QueryError(f"{keyword}: a second value ({upper}) goes only with between")
        return (
            query.parse_comparison(keyword, OPERATORS[operator][0], value, specs) if value else None
        )

    @property
    def wrong(self) -> list[str]:
        """What is wrong with it, in its order."""
        return list(dict.fromkeys(text for field in self for text in field.errors))


def _of_row(keyword: str, operator: str, value: str, specs: KeywordSpecs) -> Condition:
    """Return the condition of a row for any keyword."""
    if operator in EXISTENCE:
        exists = Exists(keyword)
        return query.prepare(exists if operator == "exists" else Not(exists), specs)
    if operator not in OPERATORS:
        known = ", ".join([*OPERATORS, *EXISTENCE])
        raise QueryError(f"operator cannot be {operator!r}: it is one of {known}")
    if not keyword:
        raise QueryError(f"the value {value!r} has no keyword")
    return query.parse_comparison(keyword, OPERATORS[operator][0], value, specs)


def form_class(specs: KeywordSpecs) -> type[SearchForm]:
    """Return the query form with a field for each of `FIELDS`."""
    inputs = {name: made for field in FIELDS for name, made in field.inputs(specs).items()}
    return type("QueryForm", (SearchForm,), inputs)


def parameters_of(condition: Condition, specs: KeywordSpecs) -> dict[str, list[str]]:
    """Return the parameters of the form that state a condition, the inverse of its reading.

    What fits a field goes there, what compares another keyword into a row, and the rest, with
    its ``or`` and its functions, into the further conditions.
    """
    asked: dict[str, list[str]] = {}
    fields = {field.keyword: field for field in FIELDS}
    for part in parts_of(condition):
        found = _compared(part, specs)
        field = fields.get(found[0]) if found and found[0] not in asked else None
        if found and field and _fill(field, found, part, asked, specs):
            continue
        if found:
            for name, text in zip(("keyword", "operator", "value"), found, strict=True):
                asked.setdefault(name, []).append(text)
        else:
            asked.setdefault("where", []).append(query.format_condition(part, specs))
    if "where" in asked:
        asked["where"] = ["\n".join(asked["where"])]
    return asked


def parts_of(condition: Condition) -> tuple[Condition, ...]:
    """Return the conditions that have to hold together."""
    return condition.conditions if isinstance(condition, And) else (condition,)


def _fill(
    field: FormField,
    found: tuple[str, str, str],
    part: Condition,
    asked: dict[str, list[str]],
    specs: KeywordSpecs,
) -> bool:
    """Fill in the field of a keyword if it can state a condition."""
    keyword, operator, value = found
    match field.kind(specs):
        case "choices" if isinstance(part, Equals | AnyOf):
            values = part.values if isinstance(part, AnyOf) else (part.value,)
            asked[keyword] = [_in_list(value) for value in values]
            return True
        case "text" if operator == "eq":
            asked[keyword] = [value]
            return True
        case "comparison" if operator in OPERATORS:
            low, between, high = value.partition("..")
            if between and operator == "eq" and "," not in value:
                asked |= {keyword: [low], field.operator: [BETWEEN], field.upper: [high]}
            else:
                asked |= {keyword: [value], field.operator: [operator]}
            return True
    return False


def _in_list(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _compared(part: Condition, specs: KeywordSpecs) -> tuple[str, str, str] | None:
    """Return a condition as keyword, comparison and value, None if it is more than that."""
    match part:
        case Exists(keyword):
            return keyword, "exists", ""
        case Not(Exists(keyword)):
            return keyword, "missing", ""
    inner = part.condition if isinstance(part, Not) else part
    choices = inner.conditions if isinstance(inner, Or) else (inner,)
    keywords = {getattr(choice, "keyword", None) for choice in choices}
    if len(keywords) != 1 or None in keywords:
        return None
    (keyword,) = keywords
    # The language has the names of fields for signs, and what it writes is read again as it was.
    for operator, (sign, _) in OPERATORS.items():
        for text in _values(choices, keyword, sign, specs):
            try:
                if query.parse_comparison(keyword, sign, text, specs) == part:
                    return keyword, operator, text
            except QueryError:
                continue
    return None


def _values(
    choices: Sequence[Condition], keyword: str, sign: str, specs: KeywordSpecs
) -> list[str]:
    """Return texts that may say the values of conditions: the simplest first."""
    if all(isinstance(choice, Equals | AnyOf | Like) for choice in choices):
        bare = [
            str(value)
            for choice in choices
            for value in getattr(choice, "values", None)
            or (getattr(choice, "value", None) or getattr(choice, "pattern", ""),)
        ]
        simple = [", ".join(bare)]
    else:
        simple = []
    written = [query.format_condition(choice, specs) for choice in choices]
    # A range with one end has its sign in the text, every other one an equality.
    for start in (f"{keyword}{sign}", f"{keyword}="):
        if all(text.startswith(start) for text in written):
            return [*simple, ",".join(text.removeprefix(start) for text in written)]
    return simple


# How results are shown, and the files they are taken away in.
VIEWS = {
    "table": "Table",
    "thumbnails": "Thumbnails",
    "map": "Sky map",
    "plot": "Plot",
}
_LABELS = {"jsonl": "JSON Lines", "votable": "VOTable", "table": "Text"}
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


def as_search(given: Mapping[str, list[str]], specs: KeywordSpecs) -> tuple[SearchForm, Search]:
    """Return the form and the search of an address that may have parameters of both.

    The form is filled in with all that is asked; the search has it as one text.

    Raises
    ------
    QueryError
        If a parameter is unknown or given too often; what is wrong in a field stands there.
    """
    make = form_class(specs)
    inputs = {field.name for field in make()}
    search = Search({name: values for name, values in given.items() if name not in inputs})
    search.check()
    typed = {name: values for name, values in given.items() if name in inputs}
    _check_once(typed, specs)
    if not any(value.strip() for values in typed.values() for value in values):
        try:
            typed = parameters_of(search.condition(specs), specs)
        except QueryError as error:
            form = make(MultiDict({"where": search.first("q")}))
            form.where.errors = [str(error)]
            return form, search
        return make(MultiDict(typed)), search
    # Of several areas for further conditions each line is one.
    typed |= {"where": ["\n".join(typed.get("where", []))]}
    form = make(MultiDict(typed))
    stated = form.conditions(specs)
    if form.wrong:
        return form, search
    whole = query.prepare(And((*parts_of(search.condition(specs)), *stated)), specs)
    return form, Search(search.arguments(q=query.format_condition(whole, specs)))


def _check_once(typed: Mapping[str, list[str]], specs: KeywordSpecs) -> None:
    repeated = {"keyword", "operator", "value", "where"}
    repeated |= {field.keyword for field in FIELDS if field.kind(specs) == "choices"}
    for name, values in typed.items():
        if name not in repeated and len([value for value in values if value.strip()]) > 1:
            raise QueryError(f"{name} is given {len(values)} times: it can stand only once")


def split(text: str) -> list[str]:
    """Return what stands between commas, each once."""
    parts = (part.strip() for part in text.split(","))
    return list(dict.fromkeys(part for part in parts if part))


@dataclass(frozen=True)
class Filter:
    """A way to choose among the observations of a proposal: by the values of some keywords.

    `of_proposal` is the attribute of `acsql.proposals.Proposal` that has all their values.
    """

    parameter: str
    label: str
    keywords: tuple[str, ...]
    of_proposal: str

    def condition(self, asked: Address) -> Condition | None:
        """Return that one of the keywords has one of the chosen values."""
        values = tuple(asked.all(self.parameter))
        parts = tuple(AnyOf(keyword, values) for keyword in self.keywords)
        return Or(parts) if values else None


FILTERS = (
    Filter("visit", "Visit", ("visit",), "visits"),
    Filter("target", "Target", ("targname",), "targets"),
    Filter("detector", "Detector", ("detector",), "detectors"),
    Filter("filter", "Filter", ("filter1", "filter2"), "filters"),
)
MATCHES = {"all": And, "any": Or}
SORTS = {
    "expstart": "Earliest first",
    "-expstart": "Latest first",
    "exptime": "Shortest exposure first",
    "-exptime": "Longest exposure first",
}


class Selection(Address):
    """Some observations of a proposal, and their order."""

    single = ("match", "sort", "after", "before")
    several = tuple(filter_.parameter for filter_ in FILTERS)

    @property
    def match(self) -> str:
        """Whether ``all`` filters have to fit or ``any`` of them."""
        return self.chosen("match", MATCHES, "all")

    @property
    def sort(self) -> str:
        """One of `SORTS`."""
        return self.chosen("sort", SORTS, "expstart")

    @property
    def active(self) -> bool:
        """Whether any filter is set."""
        return any(self.all(filter_.parameter) for filter_ in FILTERS)

    def condition(self) -> Condition:
        """Return the condition that the filters state together."""
        parts = (filter_.condition(self) for filter_ in FILTERS)
        found = tuple(part for part in parts if part is not None)
        return MATCHES[self.match](found) if found else And()


class Walk(Selection):
    """The way that led to an observation: a search, or some observations of its proposal."""

    single = ("q", *Selection.single)

    @property
    def is_search(self) -> bool:
        """Whether it is a search over all proposals."""
        return "q" in self.names

    @property
    def keys(self) -> list[str] | None:
        """The keywords to sort by, None for the usual order of a search."""
        return (split(self.first("sort")) or None) if self.is_search else [self.sort]

    def around(self, specs: KeywordSpecs) -> Condition:
        """Return what the observations before and after have to meet."""
        if not self.is_search:
            return self.condition()
        return query.parse(self.first("q"), specs) if self.first("q") else And()

    def arguments(self, **changes: str | None) -> dict[str, list[str]]:
        """Return the parameters for the address of another observation on the same way."""
        every = {"q": [""]} if self.is_search else {}
        return every | super().arguments(**{"after": None, "before": None} | changes)


class ProposalList(Address):
    """The list of proposals: those that contain some words, in some order."""

    single = ("find", "sort", "page")
    SORTS: ClassVar[dict[str, Any]] = {
        "proposid": lambda proposal: proposal.proposid,
        "type": lambda proposal: proposal.type or "",
        "title": lambda proposal: proposal.title or "",
        "pi": lambda proposal: proposal.pi or "",
        "cycle": lambda proposal: (proposal.cycle is not None, proposal.cycle),
        "observations": lambda proposal: proposal.observations,
        "exptime": lambda proposal: proposal.exptime,
        "first": lambda proposal: (proposal.first is not None, proposal.first),
        "last": lambda proposal: (proposal.last is not None, proposal.last),
    }

    @property
    def sort(self) -> str:
        """One of `SORTS`, downwards with ``-`` before it."""
        choices = [*self.SORTS, *(f"-{name}" for name in self.SORTS)]
        return self.chosen("sort", choices, "proposid")

    @property
    def page(self) -> int:
        """The number of the page, from 1."""
        text = self.first("page", "1")
        if not (text.isascii() and text.isdigit() and 0 < int(text[:9]) < 10**6):
            raise QueryError(f"page: expected a number from 1, not {text!r}")
        return int(text[:9])
