"""Keyword specs: the type, unit, description and location of every ACS keyword, read from YAML."""

from .load import load, packaged
from .model import (
    BLOCK,
    BLOCK_KEYWORD,
    BLOCK_NUMBER,
    BLOCKS,
    COMMENTARY,
    REPEATED,
    TYPES,
    Filetype,
    HeaderKey,
    KeywordSpec,
    KeywordSpecs,
    Place,
    Promotion,
    has_many_values,
)
from .raw import RawSpecs, header_entries, read
from .validation import check

__all__ = [
    "BLOCK",
    "BLOCKS",
    "BLOCK_KEYWORD",
    "BLOCK_NUMBER",
    "COMMENTARY",
    "REPEATED",
    "TYPES",
    "Filetype",
    "HeaderKey",
    "KeywordSpec",
    "KeywordSpecs",
    "Place",
    "Promotion",
    "RawSpecs",
    "check",
    "has_many_values",
    "header_entries",
    "load",
    "packaged",
    "read",
]
