"""What anybody may do here, by address and time: register apps, bring requests before somebody is signed in."""

from chartpost.kernel import tries

HOUR = 3600
LIMITS = {"tried": (60, HOUR), "register": (10, HOUR), "registered": (100, HOUR), "ask": (200, HOUR)}
"""What is counted: most times, within so many seconds, which begin anew at each full hour.

`tried` is every request to register, `register` those of them that could be: whoever corrects mistakes in what they
send uses up none of those. `registered` is the same of everybody together: nobody closes the door to others by requests
that are refused anyway. `ask` is of strangers, whose requests are kept.
"""


class TooMany(Exception):
    """Too many of something; in so many seconds there may be more."""

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds
        super().__init__(f"more in {seconds} seconds")


_limits = tries.Limits("smart", LIMITS, TooMany)


def count(kind: str, address: str = "") -> None:
    """Count one more of a kind from an address, or from anybody; raises TooMany once its window is full."""
    _limits.count(kind, address)
