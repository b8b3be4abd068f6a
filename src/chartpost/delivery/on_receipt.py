"""Who wants to hear of receipts: `rights` moves its request on through this, and asks its people for them."""

from collections.abc import Callable

_callbacks: list[Callable[[str, str, str], None]] = []


def register(callback: Callable[[str, str, str], None]) -> None:
    """Have `callback(request_ref, delivery_ref, kind)` called after each receipt, and with "asked" when one is due."""
    _callbacks.append(callback)


def tell(request_ref: str, delivery_ref: str, kind: str) -> None:
    """Call every callback."""
    for callback in _callbacks:
        callback(request_ref, delivery_ref, kind)
