"""A synthetic ACS archive, for the demo, the tests and the benchmarks.

Real archives are terabytes, and what makes them difficult is in their headers; so this writes
small files that have the names, the headers, the data types and the oddities of real ones.
"""

from .archive import SampleSummary, write

__all__ = ["SampleSummary", "write"]
