"""What the encrypted backend can do beyond Django's SQLite backend."""

from django.db.backends.sqlite3.features import DatabaseFeatures as SQLiteFeatures


class DatabaseFeatures(SQLiteFeatures):
    """Test databases are files in WAL mode, so several connections may use one."""

    test_db_allows_multiple_connections = True
