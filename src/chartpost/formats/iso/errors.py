"""Why no image can be written.

IsoError    names or sizes that a disc cannot carry
"""


class IsoError(ValueError):
    """An error with three plain parts; never holds a file name."""

    def __init__(self, seen: str, expected: str, todo: str) -> None:
        self.seen, self.expected, self.todo = seen, expected, todo
        super().__init__(f"Seen: {seen}. Expected: {expected}. What to do: {todo}.")
