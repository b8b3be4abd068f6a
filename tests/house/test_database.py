"""The suite works on the database it is given: SQLite, or the server an address names (see test_postgres.py)."""

import os

import pytest
from django.db import connection


@pytest.mark.django_db
def test_the_suite_works_on_the_database_it_is_given() -> None:
    if not os.environ.get("CHARTPOST_TEST_DATABASE_URL"):
        assert connection.vendor == "sqlite"
        return
    assert connection.vendor == "postgresql"
    assert getattr(connection, "pg_version", 0) >= 130000
