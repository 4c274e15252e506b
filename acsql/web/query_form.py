"""The query form: the conditions that it states.

A submitted form becomes one text in the query language, and the form is filled in from that text,
so that a typed search can be changed in the form.
"""

from collections.abc import Callable, Mapping
from functools import partial
from itertools import zip_longest
from typing import Any

from werkzeug.datastructures import MultiDict
from wtforms import Field, Form, TextAreaField

from .. import query
from ..errors import QueryError
from ..keywords import KeywordSpecs
from ..query import And, AnyOf, Between, Condition, Exists, Not, conjuncts
from .form_fields import BETWEEN, EXISTENCE, FIELDS, OPERATORS, ROWS, FormField, strip
from .form_filling import form_values
from .results_parameters import ResultsParameters


class RepeatedField(Field):
    """A parameter that occurs once in each row of the form."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Take all values."""
        self.data = list(valuelist)


class QueryForm(Form):
    """The query form: a field for each of `FIELDS`, rows for any keyword, and free conditions.

    `form_class` adds the fields of `FIELDS`.
    """

    keyword = RepeatedField("Keyword")
    operator = RepeatedField("Comparison")
    value = RepeatedField("Value")
    where = TextAreaField("Further conditions", filters=[strip])

    @property
    def rows(self) -> list[tuple[str, str, str]]:
        """The rows for any keyword: keyword, operator and value, with some empty ones."""
        columns = [field.data or [] for field in (self.keyword, self.operator, self.value)]
        rows = [(strip(k), strip(o), strip(v)) for k, o, v in zip_longest(*columns)]
        filled = [row for row in rows if row[0] or row[2]]
        return filled + [("", "eq", "")] * max(1, ROWS - len(filled))

    def conditions(self, specs: KeywordSpecs) -> list[Condition]:
        """Return the conditions that the form states.

        Parameters
        ----------
        specs : KeywordSpecs
            By which keywords and values are checked.

        Returns
        -------
        list of Condition
            One for each filled field, row and line.  The errors of a field are added to its
            `errors`.
        """
        conditions = [self._try(self[f.keyword], partial(self._of, f, specs)) for f in FIELDS]
        conditions += [
            self._try(self.value, partial(_of_row, row, specs))
            for row in self.rows
            if row[0] or row[2]
        ]
        conditions += [
            self._try(self.where, partial(query.parse, line, specs))
            for line in (self.where.data or "").splitlines()
            if line.strip()
        ]
        return [condition for condition in conditions if condition is not None]

    def _try(self, field: Field, read: Callable[[], Condition | None]) -> Condition | None:
        """Return the condition of a field, or add its error to the field."""
        try:
            return read()
        except QueryError as error:
            field.errors = [*field.errors, str(error)]
            return None

    def _of(self, field: FormField, specs: KeywordSpecs) -> Condition | None:
        """Return the condition that a field states, or None if it is empty."""
        keyword, value = field.keyword, self[field.keyword].data
        match field.kind(specs):
            case "choices":
                values = tuple(filter(None, map(strip, value or ())))
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
            operators = ", ".join([*OPERATORS, BETWEEN])
            raise QueryError(f"{field.operator}: expected one of {operators}, not {operator!r}")
        if upper:
            raise QueryError(f"{keyword}: a second value ({upper}) is used only with between")
        if not value:
            return None
        return query.parse_comparison(keyword, OPERATORS[operator][0], value, specs)

    @property
    def messages(self) -> list[str]:
        """The errors of all fields, in the order of the form."""
        return list(dict.fromkeys(text for field in self for text in field.errors))


def _of_row(row: tuple[str, str, str], specs: KeywordSpecs) -> Condition:
    """Return the condition of a row for any keyword."""
    keyword, operator, value = row
    if operator in EXISTENCE:
        exists = Exists(keyword)
        return query.prepare(exists if operator == "exists" else Not(exists), specs)
    if operator not in OPERATORS:
        operators = ", ".join([*OPERATORS, *EXISTENCE])
        raise QueryError(f"operator: expected one of {operators}, not {operator!r}")
    if not keyword:
        raise QueryError(f"the value {value!r} has no keyword")
    return query.parse_comparison(keyword, OPERATORS[operator][0], value, specs)


def form_class(specs: KeywordSpecs) -> type[QueryForm]:
    """Return the query form with a field for each of `FIELDS`.

    Parameters
    ----------
    specs : KeywordSpecs
        By which the kind of each field is decided.

    Returns
    -------
    type
        A subclass of `QueryForm`.
    """
    inputs = {name: made for field in FIELDS for name, made in field.inputs(specs).items()}
    return type("SpecifiedQueryForm", (QueryForm,), inputs)


def read_form(
    values: Mapping[str, list[str]], specs: KeywordSpecs
) -> tuple[QueryForm, ResultsParameters]:
    """Return the form and the search of a URL that may have parameters of both.

    Parameters
    ----------
    values : mapping of str to list of str
        All values of each parameter.
    specs : KeywordSpecs
        By which keywords and values are checked.

    Returns
    -------
    form : QueryForm
        Filled in with all conditions of the URL.
    search : ResultsParameters
        With all conditions of the URL in its ``q``, unless the form has errors.

    Raises
    ------
    QueryError
        If a parameter is unknown or repeated.  The errors of a field are in the form.
    """
    make = form_class(specs)
    inputs = {field.name for field in make()}
    search = ResultsParameters.parse({n: v for n, v in values.items() if n not in inputs})
    submitted = {name: texts for name, texts in values.items() if name in inputs}
    _check_once(submitted, specs)
    if not any(text.strip() for texts in submitted.values() for text in texts):
        try:
            filled = form_values(search.condition(specs), specs)
        except QueryError as error:
            form = make(MultiDict({"where": search.q}))
            form.where.errors = [str(error)]
            return form, search
        return make(MultiDict(filled)), search
    # A URL may have several texts of further conditions.
    submitted["where"] = ["\n".join(submitted.get("where", []))]
    form = make(MultiDict(submitted))
    stated = form.conditions(specs)
    if form.messages:
        return form, search
    whole = query.prepare(And((*conjuncts(search.condition(specs)), *stated)), specs)
    text = query.format_condition(whole, specs)
    return form, ResultsParameters.parse(search.arguments(q=text))


def _check_once(submitted: Mapping[str, list[str]], specs: KeywordSpecs) -> None:
    repeated = {"keyword", "operator", "value", "where"}
    repeated |= {field.keyword for field in FIELDS if field.kind(specs) == "choices"}
    for name, values in submitted.items():
        if name not in repeated and len([value for value in values if value.strip()]) > 1:
            raise QueryError(f"{name}: occurs {len(values)} times, but may occur only once")
