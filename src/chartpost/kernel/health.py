"""`/healthz`: the process answers. `/readyz`: it can do its work."""

import shutil
from collections.abc import Callable

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse

from chartpost.kernel import heartbeat
from chartpost.kernel.config import config

LOW_DISK_BYTES = 500 * 1024 * 1024


def healthz(_: HttpRequest) -> JsonResponse:
    """200 while this process answers."""
    return JsonResponse({"status": "ok"})


def readyz(_: HttpRequest) -> JsonResponse:
    """200 when every part works, else 503; the body names each part."""
    parts = {name: check() for name, check in _CHECKS.items()}
    return JsonResponse(parts, status=200 if all(parts.values()) else 503)


def _database() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def _migrations() -> bool:
    try:
        executor = MigrationExecutor(connection)
        return not executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        return False


def _disk() -> bool:
    return shutil.disk_usage(config().home).free > LOW_DISK_BYTES


_CHECKS: dict[str, Callable[[], bool]] = {
    "database": _database,
    "migrations": _migrations,
    "disk": _disk,
    "worker": lambda: heartbeat.alive("worker"),
}
