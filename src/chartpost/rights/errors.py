"""Errors of the rights room.

RightsError
├── Incomplete       a request that lacks something it must have
├── NotNow           the state table has no such step here
├── GuardFailed      the step exists, but a condition of it does not hold
├── LetterIncomplete a letter that lacks what the law asks for
└── FixedRow         a row of the log that somebody tries to change
"""

from chartpost.kernel.errors import ChartpostError


class RightsError(ChartpostError):
    """Root of the errors of this room."""


class Incomplete(RightsError):
    """A request that lacks something it must have; `field` names it."""

    def __init__(self, field: str, seen: str, expected: str, todo: str) -> None:
        super().__init__(seen=seen, expected=expected, todo=todo)
        self.field = field


class NotNow(RightsError):
    """The state table has no such step from this state."""


class GuardFailed(RightsError):
    """A condition of the step does not hold; `guard` names it."""

    def __init__(self, guard: str, seen: str, expected: str, todo: str) -> None:
        super().__init__(seen=seen, expected=expected, todo=todo)
        self.guard = guard


class LetterIncomplete(RightsError):
    """A letter that lacks what the law asks for."""


class FixedRow(RightsError):
    """A row of the log that somebody tries to change or remove."""
