"""Backups: one encrypted file with the database, all encrypted files and what else a home needs."""

from chartpost.kernel.backup.creating import create
from chartpost.kernel.backup.errors import BackupError
from chartpost.kernel.backup.restoring import restore, verify
from chartpost.kernel.backup.types import Report

__all__ = ["BackupError", "Report", "create", "restore", "verify"]
