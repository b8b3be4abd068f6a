"""Every requirement of the certification checklist, held against a live server over TLS."""

from collections import Counter

import pytest

from tests.interop.checklist.all import ROWS
from tests.interop.checklist.office import Office
from tests.interop.checklist.page import PAGE, page
from tests.interop.checklist.rows import Row

SECTIONS = {"1.1", "1.2", "1.3", "1.4", "1.5", "1.6", "1.7", "1.8", "1.9", "1.10"}


@pytest.mark.parametrize("row", [row for row in ROWS if row.check], ids=lambda row: row.id)
def test_requirement(row: Row, office: Office) -> None:
    assert row.check
    row.check(office)


def test_the_page_of_the_docs_shows_these_rows() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python -m tests.interop.checklist.page"


def test_every_section_has_rows_and_every_inspected_row_says_where_to_look() -> None:
    assert Counter(row.section.split()[0] for row in ROWS).keys() == SECTIONS
    assert all(bool(row.where) is (row.check is None) for row in ROWS)
