"""Errors of backups.

BackupError
├── NoRecoveryKeyError    the home has no recovery key yet, so its backup could never be opened elsewhere
├── BackupDamagedError    the file is cut, changed or not a backup
├── BackupKeyError        no key at hand opens this backup
└── HomeNotEmptyError     a restore would overwrite something
"""

from chartpost.kernel.errors import KernelError


class BackupError(KernelError):
    """A backup cannot be made, checked or restored."""


class NoRecoveryKeyError(BackupError):
    """The home has no recovery key yet."""


class BackupDamagedError(BackupError):
    """The file is cut, changed or not a backup."""


class BackupKeyError(BackupError):
    """No key at hand opens this backup."""


class HomeNotEmptyError(BackupError):
    """A restore would overwrite something."""


def damaged(seen: str) -> BackupDamagedError:
    """The error for a backup file that is not whole and unchanged."""
    return BackupDamagedError(
        seen=seen, expected="a whole, unchanged backup", todo="use another copy or an older backup"
    )
