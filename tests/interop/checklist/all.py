"""All rows, section by section."""

from tests.interop.checklist import bulk, common, discovery, launches, publishing, reading, scopes, searches
from tests.interop.checklist.rows import ROWS

__all__ = ["ROWS", "bulk", "common", "discovery", "launches", "publishing", "reading", "scopes", "searches"]
