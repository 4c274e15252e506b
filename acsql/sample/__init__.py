"""A synthetic ACS archive, for the demo, the tests and the benchmarks.

A real archive has terabytes, and its difficulties are in the headers.  The sample has small files
with the names, the headers, the data types and the peculiarities of real ones.
"""

from .archive import SampleSummary, write
from .instrument import Instrument
from .proposals import COLOUR, MONITORING

__all__ = ["COLOUR", "MONITORING", "Instrument", "SampleSummary", "write"]
