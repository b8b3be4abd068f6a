"""Search over the index of terms, within what a token reaches: the one way doors find resources."""

from chartpost.records.search.include import by_reference, included
from chartpost.records.search.reach import Facts, Reach, reach
from chartpost.records.search.rows import COLUMNS, Found, found
from chartpost.records.search.run import Page, count, every, search

__all__ = [
    "COLUMNS",
    "Facts",
    "Found",
    "Page",
    "Reach",
    "by_reference",
    "count",
    "every",
    "found",
    "included",
    "reach",
    "search",
]
