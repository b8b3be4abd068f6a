"""Whether something failed because a disk is full."""

import errno

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_POSTGRES = "53100"
"""disk_full (https://www.postgresql.org/docs/current/errcodes-appendix.html)."""
_SQLITE = "database or disk is full"
"""SQLITE_FULL (https://www.sqlite.org/rescode.html#full)."""


def none_left(error: BaseException) -> bool:
    """Whether this error, or one it comes of, says that there is no room left."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, OSError) and seen.errno in _FULL:
            return True
        if getattr(seen, "sqlstate", "") == _POSTGRES or _SQLITE in str(seen):
            return True
        seen = seen.__cause__ or seen.__context__
    return False
