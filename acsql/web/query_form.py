"""What an address of the site asks: its parameters, and the conditions that they state.

All state of a search is in its address, so every page can be sent to a colleague: the conditions
as one text in the query language, and how they are shown.  The fields of the query form become
that text and are filled in from it again, so a search that was typed can be changed in the form.
What the fields are follows from the keyword specs, their options come from the archive.  A
parameter that nothing here names is an error, because ignoring one silently would answer another
question than the one that was asked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from werkzeug.datastructures import MultiDict
from wtforms import Field, Form, SelectMultipleField, StringField, TextAreaField

from .. import query
from ..errors import QueryError
from ..keywords import KeywordSpecs
from ..query import And, AnyOf, Between, Condition, Equals, Exists, Like, Not, Or
from .results_parameters import Search

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
