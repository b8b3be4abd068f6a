"""Python's cycle collector in processes that run for long."""

import gc


def settle() -> None:
    """Call once all is loaded: that stays, and need not be walked again.

    Parsed JSON and rows, which are many and without cycles, are walked less often.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
