"""Reading the database outside Django: one small face over SQLCipher and PostgreSQL.

Statements are written with `?` for values, whichever database they run on. Raw doors read on a connection of their
thread's own in autocommit mode; code under Django reads on Django's connection, inside its transaction.
"""

import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

from django.db import DEFAULT_DB_ALIAS, connection, connections

from chartpost.kernel.config import config
from chartpost.kernel.db.connection import connect

Row = tuple[Any, ...]


class Db(Protocol):
    """Something statements can be run on."""

    def all(self, sql: str, values: Sequence[Any] = ()) -> list[Row]:
        """Every row of a query."""

    def one(self, sql: str, values: Sequence[Any] = ()) -> Row | None:
        """The first row of a query, if any."""

    def stream(self, sql: str, values: Sequence[Any] = (), size: int = 500) -> Iterator[Row]:
        """The rows of a query, fetched in portions of `size`."""


class Writing(Db, Protocol):
    """The same, for statements that change something."""

    def run(self, sql: str, values: Sequence[Any] = ()) -> None:
        """Run a statement."""

    def many(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        """Run a statement once for each row of values."""


@dataclass
class Held:
    """A place for the connection raw doors read on."""

    db: Db | None = None


class _Here(threading.local):
    """What this thread reads on: its place for a connection, and what stands before that one for a while."""

    held: Held | None = None
    reading: Db | None = None


_local = _Here()


def thread() -> Db:
    """This thread's own connection, opened once."""
    held = _local.held
    if held is None:
        held = _local.held = Held()
    if held.db is None:
        held.db = _Postgres() if config().database_url else _Sqlite()
    return held.db


def hold(held: Held | None) -> None:
    """Make `held` the place of this thread's connection; None for a new one when it is asked for."""
    _local.held = held


def current() -> Db:
    """What this thread reads on now: its own connection, unless `reading` set another."""
    return _local.reading or thread()


@contextmanager
def reading(db: Db) -> Iterator[None]:
    """Have `current()` answer `db` inside the block: inside a transaction of Django's, and in tests."""
    before, _local.reading = _local.reading, db
    try:
        yield
    finally:
        _local.reading = before


def django() -> Writing:
    """Django's connection of this thread, inside whatever transaction is open on it."""
    return _DJANGO


class _Sqlite:
    """SQLCipher, straight from the driver, on a connection of its own in autocommit mode."""

    def __init__(self) -> None:
        from chartpost.kernel.keys import database_key

        settings = config()
        path = settings.home / "chartpost.db"
        self._connection = connect(path, database_key(), cache_mb=settings.sqlite_cache_mb)
        self._run = self._connection.execute
        self._single = self._connection.cursor()

    def all(self, sql: str, values: Sequence[Any] = ()) -> list[Row]:
        found: list[Row] = self._run(sql, values).fetchall()
        return found

    def one(self, sql: str, values: Sequence[Any] = ()) -> Row | None:
        row: Row | None = self._single.execute(sql, values).fetchone()
        if row is not None and self._single.fetchone() is not None:
            self._single.close()  # a statement left half-read would keep its snapshot and hold back the checkpoint
            self._single = self._connection.cursor()
        return row

    def stream(self, sql: str, values: Sequence[Any] = (), size: int = 500) -> Iterator[Row]:
        cursor = self._run(sql, values)
        return _portions(cursor, size)


class _Postgres:
    """psycopg in autocommit mode; opened again after the server went away."""

    def __init__(self) -> None:
        self._connection: Any = None

    def all(self, sql: str, values: Sequence[Any] = ()) -> list[Row]:
        found: list[Row] = self._run(sql, values).fetchall()
        return found

    def one(self, sql: str, values: Sequence[Any] = ()) -> Row | None:
        row: Row | None = self._run(sql, values).fetchone()
        return row

    def stream(self, sql: str, values: Sequence[Any] = (), size: int = 500) -> Iterator[Row]:
        connection = self._open()
        with connection.transaction(), connection.cursor(name="stream") as cursor:
            cursor.itersize = size
            yield from cursor.execute(percent(sql), values)

    def _run(self, sql: str, values: Sequence[Any]) -> Any:
        import psycopg

        try:
            return self._open().execute(percent(sql), values)
        except psycopg.OperationalError:
            self._connection.close()
            return self._open().execute(percent(sql), values)

    def _open(self) -> Any:
        import psycopg

        if self._connection is None or self._connection.closed:
            self._connection = psycopg.connect(_libpq_url(), autocommit=True)
        return self._connection


class _Django:
    """Django's own connection. Inside a transaction on SQLite its driver is asked at once: the cursors Django puts
    around it cost as much as a small statement. What goes wrong is one of Django's errors either way.
    """

    def all(self, sql: str, values: Sequence[Any] = ()) -> list[Row]:
        django = _at_once()
        if django is not None:
            with django.wrap_database_errors:
                found: list[Row] = django.connection.execute(sql, values).fetchall()
                return found
        with connection.cursor() as cursor:
            cursor.execute(percent(sql), values)
            return [tuple(row) for row in cursor.fetchall()]

    def one(self, sql: str, values: Sequence[Any] = ()) -> Row | None:
        django = _at_once()
        if django is not None:
            with django.wrap_database_errors:
                asked = django.connection.execute(sql, values)
                row: Row | None = asked.fetchone()
                asked.close()
                return row
        with connection.cursor() as cursor:
            cursor.execute(percent(sql), values)
            row = cursor.fetchone()
        return None if row is None else tuple(row)

    def stream(self, sql: str, values: Sequence[Any] = (), size: int = 500) -> Iterator[Row]:
        with connection.cursor() as cursor:
            cursor.execute(percent(sql), values)
            yield from _portions(cursor, size)

    def run(self, sql: str, values: Sequence[Any] = ()) -> None:
        self._do("execute", sql, values)

    def many(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        if rows:
            self._do("executemany", sql, rows)

    def _do(self, how: str, sql: str, values: Sequence[Any]) -> None:
        django = _at_once()
        if django is not None:
            with django.wrap_database_errors:
                getattr(django.connection, how)(sql, values)
            return
        with connection.cursor() as cursor:
            getattr(cursor, how)(percent(sql), values)


def _at_once() -> Any:
    """Django's connection where its driver may be asked directly: on SQLite, in a whole transaction nobody watches."""
    django = connections[DEFAULT_DB_ALIAS]
    if django.vendor != "sqlite" or not django.in_atomic_block or django.needs_rollback:
        return None
    return None if django.queries_logged or django.execute_wrappers else django


_DJANGO = _Django()


@lru_cache(maxsize=1024)
def percent(sql: str) -> str:
    """The statement with `%s` for values, as psycopg and Django want it."""
    return sql.replace("%", "%%").replace("?", "%s")


def marks(values: Iterable[Any]) -> str:
    """`?,?,?` for a list of values."""
    return ",".join("?" for _ in values)


def _libpq_url() -> str:
    url = config().database_url or ""
    return "postgresql://" + url.partition("://")[2]


def _portions(cursor: Any, size: int) -> Iterator[Row]:
    while rows := cursor.fetchmany(size):
        yield from rows
