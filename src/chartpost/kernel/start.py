"""What happens before the parts start: folders, tables, static files, certificate, first-start links."""

import hashlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from chartpost.kernel import tls
from chartpost.kernel.backup import restored
from chartpost.kernel.clock import now
from chartpost.kernel.config import Config

_first_start: list[Callable[[], str]] = []


def on_first_start(line: Callable[[], str]) -> None:
    """Register a function whose text is printed at start (empty text: nothing to say)."""
    _first_start.append(line)


def prepare(config: Config) -> Iterator[str]:
    """Make the home ready to serve; yields the lines a person should read. Safe to repeat."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chartpost.settings")
    config.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    import django

    django.setup()
    yield from save_before_update(config.home)
    migrate()
    restored.settle(config.home)
    collect_static(config.home)
    found = tls.files(config)
    yield f"Chartpost is starting at {config.base_url}"
    if found and found.ca:
        yield f"To trust its certificate on this machine: {tls.trust_command(config)}"
        yield f"Why, and how on other machines: {config.base_url}/trust"
    for line in () if config.demo else _first_start:
        text = line()
        if text:
            yield text


def save_before_update(home: Path) -> Iterator[str]:
    """Back up a home in use before its tables change, into HOME/backups; a backup that fails stops the start."""
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    from chartpost.kernel import backup
    from chartpost.kernel.backup.errors import NoRecoveryKeyError

    executor = MigrationExecutor(connection)
    pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
    connection.close()
    if not pending or not executor.loader.applied_migrations:
        return
    path = home / "backups" / f"before-update-{now():%Y%m%dT%H%M%SZ}.backup"
    try:
        report = backup.create(path, shares=False)
    except NoRecoveryKeyError:
        yield "The tables change with this version. No backup was made first: there is no recovery key yet."
        return
    path.chmod(0o600)
    yield f"The tables change with this version. A backup was made first: {path} ({report.size:,} bytes)"


def migrate() -> None:
    """Bring the database to the present shape."""
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)
    call_command("createcachetable", verbosity=0)


def collect_static(home: Path) -> None:
    """Copy and fingerprint static files into HOME/static when they changed."""
    from django.core.management import call_command

    stamp = home / "static.stamp"
    fingerprint = _fingerprint()
    if stamp.exists() and stamp.read_text() == fingerprint:
        return
    call_command("collectstatic", verbosity=0, interactive=False)
    stamp.write_text(fingerprint)


def _fingerprint() -> str:
    from django.contrib.staticfiles.finders import get_finders

    digest = hashlib.sha256()
    for finder in get_finders():
        for path, storage in finder.list([]):
            file = Path(storage.path(path))
            digest.update(f"{path}:{file.stat().st_size}:{file.stat().st_mtime_ns}\n".encode())
    return digest.hexdigest()
