"""Requests per address and time at the addresses that programs of others ask."""

from chartpost.gateways.shl.errors import TooMany
from chartpost.kernel import tries

LIMITS = {"ask": (120, 600), "refused": (30, 600), "file": (300, 600)}
"""What is counted: most times, within so many seconds."""

_limits = tries.Limits("shl", LIMITS, TooMany)
count, check = _limits.count, _limits.check
