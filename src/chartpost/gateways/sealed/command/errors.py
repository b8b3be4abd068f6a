"""Why `chartpost seal` or `chartpost open` stops.

ChartpostError
└── CommandError
    ├── AnswerError    the server says no: its code and status
    ├── LostError      the server cannot be reached any more
    └── ChangedError   a file changed while it was sent
"""

from chartpost.kernel.errors import ChartpostError


class CommandError(ChartpostError):
    """The command cannot go on."""


class AnswerError(CommandError):
    """The server refused; `code` is its word for why, `tries_left` how often a password may still be tried."""

    def __init__(self, status: int, code: str, *, seen: str, expected: str, todo: str, tries_left: int | None = None):
        super().__init__(seen=seen, expected=expected, todo=todo)
        self.status, self.code, self.tries_left = status, code, tries_left


class LostError(CommandError):
    """No answer for as long as we were willing to wait."""


class ChangedError(CommandError):
    """A file is not what it was when it was first read."""

    def __init__(self, number: int) -> None:
        super().__init__(
            seen=f"file {number} changing while it is sent",
            expected="a file that stays as it is",
            todo="wait until nothing writes to it, then run the same command with --resume",
        )
        self.number = number
