"""The fields of the query form.

The site chooses the keywords; the keyword specs decide the kind of each field.
"""

from dataclasses import dataclass
from typing import Literal

from wtforms import Field, SelectMultipleField, StringField

from ..keywords import KeywordSpecs

# How a keyword is compared: the operator in the query language, and its label.
OPERATORS = {
    "eq": ("=", "="),
    "ne": ("!=", "≠"),
    "lt": ("<", "<"),
    "le": ("<=", "≤"),
    "gt": (">", ">"),
    "ge": (">=", "≥"),
}
BETWEEN = "between"
# Operators without a value.
EXISTENCE = {"exists": "has a value", "missing": "has no value"}
# Rows for any keyword in an empty form.
ROWS = 3

Kind = Literal["text", "comparison", "choices"]


def strip(text: str | None) -> str:
    """Return a text without surrounding blanks."""
    return (text or "").strip()


@dataclass(frozen=True)
class FormField:
    """A field of the query form, for one keyword.

    Parameters
    ----------
    keyword : str
        A top-level keyword; also the name of the parameter.
    label : str
        Its label.
    example : str
        Values shown while the field is empty.
    """

    keyword: str
    label: str
    example: str = ""

    def kind(self, specs: KeywordSpecs) -> Kind:
        """Return how the field looks: checkboxes for facets, an operator for numbers and dates."""
        if self.keyword in specs.facets:
            return "choices"
        return "text" if specs.top_level[self.keyword].type == "str" else "comparison"

    @property
    def operator(self) -> str:
        """The parameter with the operator."""
        return f"{self.keyword}_op"

    @property
    def upper(self) -> str:
        """The parameter with the second value of ``between``."""
        return f"{self.keyword}_to"

    def inputs(self, specs: KeywordSpecs) -> dict[str, Field]:
        """Return the fields of WTForms, by parameter."""
        value = StringField(self.label, filters=[strip])
        match self.kind(specs):
            case "choices":
                return {self.keyword: SelectMultipleField(self.label, validate_choice=False)}
            case "comparison":
                operator = StringField(filters=[strip])
                upper = StringField(filters=[strip])
                return {self.keyword: value, self.operator: operator, self.upper: upper}
        return {self.keyword: value}


# In the order of the form.
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
