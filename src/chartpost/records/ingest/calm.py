"""Holding Python's cycle collector back while a file is taken in.

Parsed JSON is a large tree without cycles; the collector would walk it again and again and free nothing.
"""

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_lock = threading.Lock()
_holders = 0


@contextmanager
def without_collector() -> Iterator[None]:
    """No cycle collection inside the block, in any thread; nothing changes where it was off already."""
    global _holders  # noqa: PLW0603 - the collector is one for the whole process
    with _lock:
        was_on = gc.isenabled() or _holders > 0
        _holders += 1
        gc.disable()
    try:
        yield
    finally:
        with _lock:
            _holders -= 1
            if was_on and _holders == 0:
                gc.enable()
