"""`/healthz` and `/readyz`: 200 when all works, 503 with the broken part named."""

import os
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.db import DatabaseError
from django.test import Client

from chartpost.kernel import health, heartbeat

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with a live worker."""
    for module in (health, heartbeat):
        monkeypatch.setattr(module, "config", lambda: SimpleNamespace(home=tmp_path))
    heartbeat.beat("worker")
    return tmp_path


def ready() -> tuple[int, dict[str, bool]]:
    response = Client().get("/readyz", secure=True)
    return response.status_code, response.json()


def test_everything_works() -> None:
    assert Client().get("/healthz", secure=True).json() == {"status": "ok"}
    assert ready() == (200, {"database": True, "migrations": True, "disk": True, "worker": True})


def test_a_silent_worker_is_seen(home: Path) -> None:
    old = time.time() - heartbeat.STALE_SECONDS - 1
    os.utime(home / "run" / "worker.alive", (old, old))
    status, parts = ready()
    assert (status, parts["worker"], parts["database"]) == (503, False, True)
    heartbeat.beat("worker")
    assert ready()[0] == 200


def test_a_worker_that_never_was_is_seen(home: Path) -> None:
    (home / "run" / "worker.alive").unlink()
    assert ready()[0] == 503
    assert not heartbeat.alive("worker")


def test_a_full_disk_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health.shutil, "disk_usage", lambda _: SimpleNamespace(free=health.LOW_DISK_BYTES))
    status, parts = ready()
    assert (status, parts["disk"]) == (503, False)


def test_a_lost_database_is_seen_and_the_process_still_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    class Lost:
        def cursor(self) -> None:
            raise DatabaseError("gone")

    monkeypatch.setattr(health, "connection", Lost())
    monkeypatch.setattr(health, "MigrationExecutor", lambda connection: connection.cursor())
    status, parts = ready()
    assert status == 503
    assert (parts["database"], parts["migrations"]) == (False, False)
    assert Client().get("/healthz", secure=True).status_code == 200


def test_pending_migrations_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    class Behind:
        loader = SimpleNamespace(graph=SimpleNamespace(leaf_nodes=list))

        def __init__(self, _: object) -> None:
            pass

        def migration_plan(self, _: object) -> list[str]:
            return ["0002"]

    monkeypatch.setattr(health, "MigrationExecutor", Behind)
    status, parts = ready()
    assert (status, parts["migrations"]) == (503, False)


def test_a_worker_with_the_number_of_the_one_before_knows_that_it_is_gone(home: Path) -> None:
    """In a container each worker has the same number."""
    assert heartbeat.ended("worker"), "the sign of life is of this very number"
    (home / "run" / "worker.alive").write_text(str(os.getppid()))
    assert not heartbeat.ended("worker")
