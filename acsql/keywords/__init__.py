"""Keyword specs: the type, unit, description and location of every ACS keyword, read from YAML."""

from .load import load, packaged_folder
from .model import (
    BLOCK,
    BLOCK_KEYWORD,
    BLOCK_PREFIX,
    COMMENTARY,
    PRIMARY,
    TYPES,
    CardLocation,
    DetectorReadout,
    Filetype,
    Flag,
    HeaderKey,
    HeaderLocation,
    KeywordSpec,
    Promotion,
    StatisticSpec,
    has_many_values,
    spec_keyword,
)
from .raw import RawSpecs, header_entries, read_folder
from .specs import KeywordSpecs
from .validation import check

__all__ = [
    "BLOCK",
    "BLOCK_KEYWORD",
    "BLOCK_PREFIX",
    "COMMENTARY",
    "PRIMARY",
    "TYPES",
    "CardLocation",
    "DetectorReadout",
    "Filetype",
    "Flag",
    "HeaderKey",
    "HeaderLocation",
    "KeywordSpec",
    "KeywordSpecs",
    "Promotion",
    "RawSpecs",
    "StatisticSpec",
    "check",
    "has_many_values",
    "header_entries",
    "load",
    "packaged_folder",
    "read_folder",
    "spec_keyword",
]
