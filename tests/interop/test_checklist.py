"""Every requirement of the certification checklist, held against a live server over TLS."""

import pytest

from tests.interop.checklist.all import ROWS
from tests.interop.checklist.office import Office
from tests.interop.checklist.rows import Row

CHECKED = [row for row in ROWS if row.check]


@pytest.mark.parametrize("row", CHECKED, ids=lambda row: row.id)
def test_requirement(row: Row, office: Office) -> None:
    assert row.check
    row.check(office)
