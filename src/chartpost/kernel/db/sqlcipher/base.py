"""`DatabaseWrapper` for `ENGINE = "chartpost.kernel.db.sqlcipher"`.

OPTIONS: `key_provider` (dotted path of a callable that gives 32 bytes; default the key ring's database key),
`cache_mb`, `timeout` in seconds, `transaction_mode` (default IMMEDIATE: writers queue instead of failing).
"""

import datetime
import decimal
from collections.abc import Callable
from typing import Any

from django.db.backends.sqlite3 import base as sqlite3
from django.db.backends.sqlite3._functions import (  # type: ignore[import-untyped]  # Django has no types here
    register as register_functions,
)
from django.utils.asyncio import async_unsafe
from django.utils.dateparse import parse_date, parse_datetime, parse_time
from django.utils.module_loading import import_string
from sqlcipher3 import dbapi2 as Database  # noqa: N812 - the name Django's backends use

from chartpost.kernel.db.connection import CACHE_MB, connect
from chartpost.kernel.db.sqlcipher.creation import DatabaseCreation
from chartpost.kernel.db.sqlcipher.features import DatabaseFeatures

_KEPT, _LONG = 2_000, 2_000
"""Statements whose translation is kept; the characters of one that is not: it was put together for its values."""
_converted: dict[str, str] = {}
KEY_PROVIDER = "chartpost.kernel.keys.database_key"


def _text(parse: Callable[[str], Any]) -> Callable[[bytes], Any]:
    return lambda stored: parse(stored.decode())


Database.register_converter("bool", lambda stored: stored == b"1")
Database.register_converter("date", _text(parse_date))
Database.register_converter("time", _text(parse_time))
Database.register_converter("datetime", _text(parse_datetime))
Database.register_converter("timestamp", _text(parse_datetime))
Database.register_adapter(decimal.Decimal, str)
Database.register_adapter(datetime.date, lambda value: value.isoformat())
Database.register_adapter(datetime.datetime, lambda value: value.isoformat(" "))


class Cursor(Database.Cursor):  # type: ignore[misc]  # the driver has no types
    """A cursor that speaks Django's parameter style; the translation is Django's own, done once for a statement."""

    _convert = sqlite3.SQLiteCursorWrapper.convert_query

    def convert_query(self, query: str, *, param_names: list[str] | None = None) -> str:
        """The statement with the driver's own marks."""
        if param_names is not None or len(query) > _LONG:
            return str(self._convert(query, param_names=param_names))
        known = _converted.get(query)
        if known is None:
            known = str(self._convert(query))
            if len(_converted) < _KEPT:
                _converted[query] = known
        return known

    def execute(self, query: str, params: Any = None) -> Any:
        """Run one statement with `%s` or `%(name)s` parameters."""
        if params is None:
            return super().execute(query)
        names = list(params) if hasattr(params, "keys") else None
        return super().execute(self.convert_query(query, param_names=names), params)

    def executemany(self, query: str, param_list: Any) -> Any:
        """Run one statement for each set of parameters."""
        rows = list(param_list)
        names = list(rows[0]) if rows and hasattr(rows[0], "keys") else None
        return super().executemany(self.convert_query(query, param_names=names), rows)


class DatabaseWrapper(sqlite3.DatabaseWrapper):
    """Django's SQLite wrapper with encrypted connections."""

    display_name = "SQLCipher"
    Database = Database
    creation_class = DatabaseCreation
    features_class = DatabaseFeatures
    transaction_mode: str | None
    init_commands: list[str]

    def get_connection_params(self) -> dict[str, Any]:
        """Arguments for `get_new_connection`, from NAME and OPTIONS."""
        params: dict[str, Any] = super().get_connection_params()
        self.transaction_mode = self.transaction_mode or "IMMEDIATE"
        params["detect_types"] = Database.PARSE_DECLTYPES | Database.PARSE_COLNAMES
        params.setdefault("cache_mb", CACHE_MB)
        params.setdefault("key_provider", KEY_PROVIDER)
        return params

    @async_unsafe
    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Open a keyed connection with Django's SQL functions on it."""
        params = dict(conn_params)
        provide: Callable[[], bytes] = import_string(params.pop("key_provider"))
        connection = connect(params.pop("database"), provide(), **params)
        register_functions(connection)
        connection.execute("PRAGMA legacy_alter_table = OFF")
        for command in filter(None, (part.strip() for part in self.init_commands)):
            connection.execute(command)
        return connection

    def create_cursor(self, name: str | None = None) -> Any:  # noqa: ARG002 - Django's signature
        """A new cursor; SQLite has no named ones."""
        return self.connection.cursor(Cursor)

    def get_database_version(self) -> tuple[int, ...]:
        """The SQLite version inside SQLCipher."""
        return tuple(Database.sqlite_version_info)
