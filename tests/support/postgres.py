"""A PostgreSQL server of one's own, made for a test and thrown away after it."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

OWNER = "postgres"


def programs() -> Path | None:
    """The folder with initdb and pg_ctl of the newest PostgreSQL here, or None."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    if found:
        return found[-1].parent
    initdb = shutil.which("initdb")
    return Path(initdb).resolve().parent if initdb else None


@contextmanager
def cluster() -> Iterator[str]:
    """The address of database `postgres` on a fresh server that listens on a socket of its own alone.

    PostgreSQL refuses to run as root: as root its programs run as the user `postgres`.
    """
    where = programs()
    if where is None:
        raise FileNotFoundError("no initdb here. Expected PostgreSQL. Install it: apt-get install postgresql")
    folder = Path(tempfile.mkdtemp(prefix="chartpost-pg-"))
    data = folder / "data"
    if os.getuid() == 0:
        shutil.chown(folder, OWNER, OWNER)
    try:
        _run(where / "initdb", "-D", data, "-U", "office", "--auth=trust", "-N", "-E", "UTF8", "--locale=C.UTF-8")
        options = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off -c full_page_writes=off"
        _run(where / "pg_ctl", "-D", data, "-w", "-l", folder / "log", "-o", options, "start")
        try:
            yield f"postgresql://office@{quote(str(folder), safe='')}/postgres"
        finally:
            _run(where / "pg_ctl", "-D", data, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run(*words: Any) -> None:
    account: dict[str, Any] = {}
    if os.getuid() == 0:
        account = {"user": OWNER, "group": OWNER, "extra_groups": []}
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL, cwd="/", timeout=120, **account)
