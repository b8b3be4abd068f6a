"""The page that carries a box, and the archive for the stick."""

import base64
import io
import re
import zipfile
from datetime import UTC, datetime

import pytest

from chartpost.formats import media
from chartpost.formats.media.page import BLOCK

VIEWER = b"<html><!--box--><script>1</script></html>"
BLOCKS = re.compile(rb'<script type="application/octet-stream" data-box>([A-Za-z0-9+/=]*)</script>')


@pytest.mark.parametrize("size", [1, 196_607, 196_608, 196_609, 500_000])
def test_the_page_carries_the_bytes_in_blocks_that_browsers_bear(size: int) -> None:
    data = bytes(i % 251 for i in range(size))
    blocks = BLOCKS.findall(media.fill_page(VIEWER, data))
    assert b"".join(base64.b64decode(block) for block in blocks) == data
    assert max(map(len, blocks)) <= BLOCK


def test_a_page_without_bytes_is_always_the_same() -> None:
    assert media.fill_page(VIEWER) == b"<html><script>1</script></html>"


def test_too_much_for_a_page_and_a_viewer_without_its_place_are_refused() -> None:
    with pytest.raises(ValueError, match=r"records\.cps"):
        media.fill_page(VIEWER, bytes(media.INLINE + 1))
    for viewer in (b"<html></html>", VIEWER + VIEWER):
        with pytest.raises(ValueError, match="viewer"):
            media.fill_page(viewer)


def test_the_archive_is_the_same_every_time_and_holds_what_was_given() -> None:
    def written() -> bytes:
        out = io.BytesIO()
        files = [("OPEN-ME.html", 3, iter([b"a", b"bc"])), ("records.cps", 2, iter([b"\0\1"]))]
        media.write_zip(out, files, datetime(2026, 11, 21, 10, 0, 3, tzinfo=UTC))
        return out.getvalue()

    assert written() == written()
    archive = zipfile.ZipFile(io.BytesIO(written()))
    assert {name: archive.read(name) for name in archive.namelist()} == {"OPEN-ME.html": b"abc", "records.cps": b"\0\1"}
    assert archive.infolist()[0].date_time == (2026, 11, 21, 10, 0, 2)
