"""OPEN-ME.html: the built viewer, alone or with the sealed bytes in it.

Browsers read one very long text slowly or not at all, so the bytes stand in blocks of at most 256 KiB, which no browser
runs as a script.
"""

import base64
import re
from collections.abc import Iterator

INLINE = 50 * 1024 * 1024
"""Sealed bytes a page may carry itself; more lie beside it."""
BLOCK = 256 * 1024
"""Letters in one block."""
_PLACE = re.compile(rb"<!--box-->")


def fill_page(viewer: bytes, sealed: bytes = b"") -> bytes:
    """The page: the viewer with `sealed` (at most INLINE bytes) at its place, or without any; raises ValueError."""
    if len(sealed) > INLINE:
        message = f"{len(sealed)} bytes for one page; expected at most {INLINE}: leave them in records.cps"
        raise ValueError(message)
    if len(_PLACE.findall(viewer)) != 1:
        message = "a viewer without its one place for sealed bytes; build the frontend again"
        raise ValueError(message)
    before, after = _PLACE.split(viewer)
    return b"".join((before, *_blocks(sealed), after))


def _blocks(sealed: bytes) -> Iterator[bytes]:
    step = BLOCK // 4 * 3
    for start in range(0, len(sealed), step):
        text = base64.b64encode(sealed[start : start + step])
        yield b'<script type="application/octet-stream" data-box>' + text + b"</script>\n"
