"""The database schema: names of collections, and how all documents are written.

The fields of the documents, and the indexes, are in `acsql.store.document_classes`.
"""

from datetime import UTC, datetime
from typing import Any

from pymongo.collection import Collection

Document = dict[str, Any]
DocumentCollection = Collection[Document]

OBSERVATIONS = "observations"
PROPOSALS = "proposals"
INGEST_RUNS = "ingest_runs"
FAILURES = "failures"
KEYWORDS_NOT_IN_SPECS = "keywords_not_in_specs"
HEADER_LAYOUTS = "header_layouts"
LOCKS = "locks"
MIGRATIONS = "migrations"
ACCOUNTS = "accounts"
# See `acsql.store.annotations`.
ANNOTATIONS = "annotations"
ANNOTATED_OBSERVATIONS = "annotated_observations"
ANNOTATION_NUMBERS = "annotation_numbers"
# Searches that people keep, and the date of ingest up to which each person has seen each of them.
SAVED_SEARCHES = "saved_searches"
SAVED_SEARCH_VISITS = "saved_search_visits"
# See `acsql.store.resolved_names`.
RESOLVED_NAMES = "resolved_names"
# Derived from the observations; see `acsql.store.derived`.
HEADERLESS = "headerless_observations"
DERIVED_STATE = "derived_state"
# See `acsql.store.monitor_writes`, `monitor_alerts` and `monitor_summaries`.
MONITOR_ROWS = "monitor_rows"
MONITOR_RUNS = "monitor_runs"
MONITOR_ALERTS = "monitor_alerts"
MONITOR_SUMMARIES = "monitor_summaries"
# Observations whose images an older acsql has ingested without statistics.
WITHOUT_STATISTICS = "without_statistics"
# See `acsql.store.columns`.
CHANGED = "changed_observations"
COLUMN_PARTS = "column_parts"
COLUMNS = "columns"

SCHEMA_VERSION = 2
# The field of documents with the addresses of keywords whose values have another type than in the
# specs, such as ``flt.1.tddalpha``.
MISMATCHES = "type_mismatches"

# The last keys of every order, which make it a total one.
TIE_BREAKERS = ("expstart", "rootname")


def now() -> datetime:
    """Return the time as it is stored: UTC, to the second or finer, without a time zone."""
    return datetime.now(UTC).replace(tzinfo=None)
