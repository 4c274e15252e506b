"""Filling in the query form: the values of its fields that state a condition.

This is the inverse of `acsql.web.query_form`: a form filled in from a condition states the same
condition again.
"""

from collections.abc import Sequence
from typing import Any

from .. import query
from ..errors import QueryError
from ..keywords import KeywordSpecs
from ..query import AnyOf, Condition, Equals, Exists, Like, Not, Or, conjuncts
from .form_fields import BETWEEN, FIELDS, OPERATORS, FormField


def form_values(condition: Condition, specs: KeywordSpecs) -> dict[str, list[str]]:
    """Return the values of the form that state a condition.

    A condition that fits a field fills it, another comparison of a keyword fills a row, and the
    rest (``or``, functions) becomes further conditions.

    Parameters
    ----------
    condition : Condition
        Checked and typed.
    specs : KeywordSpecs
        By which the kind of each field is decided.

    Returns
    -------
    dict of list of str
        Values by parameter.
    """
    values: dict[str, list[str]] = {}
    fields = {field.keyword: field for field in FIELDS}
    for part in conjuncts(condition):
        row = _to_row(part, specs)
        field = fields.get(row[0]) if row and row[0] not in values else None
        filled = _to_field(field, row, part, specs) if row and field else {}
        if filled:
            values |= filled
        elif row:
            for name, text in zip(("keyword", "operator", "value"), row, strict=True):
                values.setdefault(name, []).append(text)
        else:
            values.setdefault("where", []).append(query.format_condition(part, specs))
    if "where" in values:
        values["where"] = ["\n".join(values["where"])]
    return values


def _to_field(
    field: FormField, row: tuple[str, str, str], part: Condition, specs: KeywordSpecs
) -> dict[str, list[str]]:
    """Return the values of a field that state a condition, none if the field cannot."""
    keyword, operator, value = row
    match field.kind(specs):
        case "choices" if isinstance(part, Equals | AnyOf):
            values = part.values if isinstance(part, AnyOf) else (part.value,)
            return {keyword: [_option(value) for value in values]}
        case "text" if operator == "eq":
            return {keyword: [value]}
        case "comparison" if operator in OPERATORS:
            low, between, high = value.partition("..")
            if between and operator == "eq" and "," not in value:
                return {keyword: [low], field.operator: [BETWEEN], field.upper: [high]}
            return {keyword: [value], field.operator: [operator]}
    return {}


def _option(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _to_row(part: Condition, specs: KeywordSpecs) -> tuple[str, str, str] | None:
    """Return a condition as keyword, operator and value, or None if it is not a comparison."""
    match part:
        case Exists():
            return part.keyword, "exists", ""
        case Not(Exists() as exists):
            return exists.keyword, "missing", ""
    inner = part.condition if isinstance(part, Not) else part
    choices = inner.conditions if isinstance(inner, Or) else (inner,)
    keywords = {getattr(choice, "keyword", None) for choice in choices}
    if len(keywords) != 1:
        return None
    (keyword,) = keywords
    if keyword is None:
        return None
    # A text is accepted only if it is read again as the same condition.
    for operator, (sign, _) in OPERATORS.items():
        for text in _texts(choices, keyword, sign, specs):
            try:
                if query.parse_comparison(keyword, sign, text, specs) == part:
                    return keyword, operator, text
            except QueryError:
                continue
    return None


def _texts(choices: Sequence[Condition], keyword: str, sign: str, specs: KeywordSpecs) -> list[str]:
    """Return texts that may state the values of conditions, the simplest first."""
    if all(isinstance(choice, Equals | AnyOf | Like) for choice in choices):
        simple = [", ".join(str(value) for choice in choices for value in _values_of(choice))]
    else:
        simple = []
    formatted = [query.format_condition(choice, specs) for choice in choices]
    # A range with one end contains its sign; a range with two ends is written as an equality.
    for start in (f"{keyword}{sign}", f"{keyword}="):
        if all(text.startswith(start) for text in formatted):
            return [*simple, ",".join(text.removeprefix(start) for text in formatted)]
    return simple


def _values_of(choice: Condition) -> tuple[Any, ...]:
    match choice:
        case Equals():
            return (choice.value,)
        case AnyOf():
            return choice.values
        case Like():
            return (choice.pattern,)
    return ()
