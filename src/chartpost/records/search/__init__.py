"""Search over the index of terms, within what a token reaches: the one way doors find resources."""

from chartpost.records.search.include import INCLUDED_AT_MOST, Included, by_reference, included
from chartpost.records.search.ordering import Place
from chartpost.records.search.reach import Facts, Reach, reach
from chartpost.records.search.rows import COLUMNS, Found, found
from chartpost.records.search.run import Page, count, every, search

__all__ = [
    "COLUMNS",
    "INCLUDED_AT_MOST",
    "Facts",
    "Found",
    "Included",
    "Page",
    "Place",
    "Reach",
    "by_reference",
    "count",
    "every",
    "found",
    "included",
    "reach",
    "search",
]
