"""The root of every error Chartpost raises on purpose, and the kernel's own branch.

ChartpostError
└── KernelError
    ├── keys.errors.KeyRingError      the key ring cannot be opened, made or recovered
    ├── db.errors.DatabaseKeyError    the database file does not open with its key
    ├── blobs.errors.BlobError        an encrypted file is missing, too large or unreadable
    ├── backup.errors.BackupError     a backup cannot be made, checked or restored
    └── PortBusyError                 another program listens at our port
"""


class ChartpostError(Exception):
    """An error with three plain parts: what was seen, what was expected, what to do next. Never holds PHI."""

    def __init__(self, *, seen: str, expected: str, todo: str) -> None:
        self.seen, self.expected, self.todo = seen, expected, todo
        super().__init__(self.message)

    @property
    def message(self) -> str:
        """The three parts as one text for a log or a terminal."""
        return f"Seen: {self.seen}. Expected: {self.expected}. What to do: {self.todo.rstrip('.')}."


class KernelError(ChartpostError):
    """Something in the kernel cannot be done."""


class PortBusyError(KernelError):
    """Another program listens at our port."""
