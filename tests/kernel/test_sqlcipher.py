"""The encrypted backend: nothing readable on disk, wrong keys told clearly, writers that queue."""

import contextlib
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, connections, transaction
from django.db.utils import ConnectionHandler
from sqlcipher3 import dbapi2

from chartpost.kernel.db import DatabaseKeyError, connect, raw

KEY = bytes(range(32))
SECRET = "Zebulon Quartermaine"


def right_key() -> bytes:
    return KEY


def wrong_key() -> bytes:
    return bytes(32)


def wrapper(path: Path, provider: str = "right_key", **options: Any) -> Any:
    database = {
        "ENGINE": "chartpost.kernel.db.sqlcipher",
        "NAME": path,
        "OPTIONS": {"key_provider": f"{__name__}.{provider}", **options},
    }
    return ConnectionHandler({"default": database})["default"]


TABLE = "CREATE TABLE person (id integer PRIMARY KEY, name text UNIQUE, born date, due datetime, fee decimal, ok bool)"


@pytest.fixture
def allowed(django_db_blocker: Any) -> Iterator[None]:
    """These tests open databases of their own."""
    with django_db_blocker.unblock():
        yield


@pytest.fixture
def database(tmp_path: Path, allowed: None) -> Iterator[Any]:
    made = wrapper(tmp_path / "x.db")
    with made.cursor() as cursor:
        cursor.execute(TABLE)
    yield made
    made.close()


def test_nothing_on_disk_is_readable(database: Any, tmp_path: Path) -> None:
    with database.cursor() as cursor:
        cursor.execute("INSERT INTO person (name) VALUES (%s)", [SECRET])
    on_disk = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert len(on_disk) > 4096
    for readable in (SECRET.encode(), b"SQLite format 3", b"CREATE TABLE", b"person"):
        assert readable not in on_disk


def test_a_wrong_key_says_so(database: Any, tmp_path: Path) -> None:
    other = wrapper(tmp_path / "x.db", "wrong_key")
    with pytest.raises(DatabaseError, match="does not open with this home's database key"):
        other.cursor()
    with pytest.raises(DatabaseKeyError, match="restore a backup"):
        connect(tmp_path / "x.db", bytes(32))
    with pytest.raises(DatabaseKeyError, match="5 bytes"):
        connect(tmp_path / "y.db", b"short")


def test_a_plain_database_is_not_taken_for_ours(tmp_path: Path) -> None:
    import sqlite3

    plain = sqlite3.connect(tmp_path / "plain.db")
    plain.execute("CREATE TABLE a (b)")
    plain.close()
    with pytest.raises(DatabaseKeyError):
        connect(tmp_path / "plain.db", KEY)


def test_settings_of_every_connection(database: Any) -> None:
    with database.cursor() as cursor:
        wanted = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "temp_store": 2, "busy_timeout": 20000}
        found = {name: cursor.execute(f"PRAGMA {name}").fetchone()[0] for name in wanted}
    assert found == wanted
    assert database.transaction_mode == "IMMEDIATE"


def test_page_cache_follows_the_setting(tmp_path: Path) -> None:
    opened = connect(tmp_path / "x.db", KEY, cache_mb=7)
    assert opened.execute("PRAGMA cache_size").fetchone()[0] == -7 * 1024
    opened.close()


def test_values_come_back_as_they_went(database: Any) -> None:
    due = datetime(2026, 3, 4, 5, 6, 7, 890, tzinfo=UTC).replace(tzinfo=None)
    with database.cursor() as cursor:
        cursor.execute(
            "INSERT INTO person VALUES (%(id)s, %(name)s, %(born)s, %(due)s, %(fee)s, %(ok)s)",
            {"id": 1, "name": "100% %s", "born": date(1990, 2, 28), "due": due, "fee": Decimal("6.50"), "ok": True},
        )
        cursor.executemany("INSERT INTO person (name) VALUES (%s)", (["a"], ["b"]))
        row = cursor.execute("SELECT name, born, due, ok FROM person WHERE id = %s", [1]).fetchone()
        assert row == ("100% %s", date(1990, 2, 28), due, True)
        assert cursor.execute("SELECT count(*) FROM person WHERE name REGEXP '^[ab]$'").fetchone() == (2,)


def test_errors_arrive_as_djangos(database: Any) -> None:
    with database.cursor() as cursor:
        cursor.execute("INSERT INTO person (name) VALUES ('a')")
        with pytest.raises(IntegrityError):
            cursor.execute("INSERT INTO person (name) VALUES ('a')")
        with pytest.raises(DatabaseError):
            cursor.execute("SELECT nothing FROM nowhere")


WRITER = """
    import sys
    from django.conf import settings
    settings.configure(DATABASES={"default": {"ENGINE": "chartpost.kernel.db.sqlcipher", "NAME": sys.argv[1],
        "OPTIONS": {"key_provider": "builtins.KEY_PROVIDER"}}}, USE_TZ=True)
    import builtins
    builtins.KEY_PROVIDER = lambda: bytes(range(32))
    import django
    django.setup()
    from django.db import connection, transaction
    for number in range(40):
        with transaction.atomic(), connection.cursor() as cursor:
            count = cursor.execute("SELECT count(*) FROM person").fetchone()[0]
            cursor.execute("INSERT INTO person (name) VALUES (%s)", [f"{sys.argv[2]}-{number}-{count}"])
"""


def test_six_writing_processes_never_see_a_lock_error(database: Any, tmp_path: Path) -> None:
    script = tmp_path / "writer.py"
    script.write_text(textwrap.dedent(WRITER))
    running = [
        subprocess.Popen(
            [sys.executable, str(script), str(tmp_path / "x.db"), str(n)], stderr=subprocess.PIPE, text=True
        )
        for n in range(6)
    ]
    said = [process.communicate(timeout=120)[1] for process in running]
    assert [process.returncode for process in running] == [0] * 6, said
    with database.cursor() as cursor:
        names = [name for (name,) in cursor.execute("SELECT name FROM person").fetchall()]
    assert len(names) == 240
    assert sorted(int(name.rsplit("-", 1)[1]) for name in names) == list(range(240))


def test_first_openers_of_a_new_file_do_not_collide(tmp_path: Path) -> None:
    failed: list[BaseException] = []

    def first() -> None:
        try:
            connect(tmp_path / "new.db", KEY).close()
        except dbapi2.Error as error:
            failed.append(error)

    threads = [threading.Thread(target=first) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []


@pytest.fixture
def empty_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of its own, on whose database the raw doors of this test read."""
    monkeypatch.setattr("chartpost.kernel.keys.database_key", right_key)
    monkeypatch.setattr(raw, "config", lambda: SimpleNamespace(database_url="", home=tmp_path, sqlite_cache_mb=1))
    monkeypatch.setattr(raw, "_local", raw._Here())
    return tmp_path


@pytest.mark.usefixtures("empty_home")
def test_a_thread_has_one_raw_connection_of_its_own() -> None:
    mine = raw.thread()
    assert raw.thread() is mine
    mine.all("CREATE TABLE a (b)")
    theirs: list[Any] = []
    thread = threading.Thread(target=lambda: theirs.append((raw.thread(), raw.thread().one("SELECT count(*) FROM a"))))
    thread.start()
    thread.join()
    assert theirs[0][0] is not mine
    assert theirs[0][1] == (0,)


def test_the_first_of_many_rows_leaves_no_statement_half_read(empty_home: Path) -> None:
    mine = raw.thread()
    mine.all("CREATE TABLE a (b)")
    mine.all("INSERT INTO a VALUES (1), (2), (3)")
    assert mine.one("SELECT b FROM a ORDER BY b") == (1,)
    with contextlib.closing(connect(empty_home / "chartpost.db", right_key())) as other:
        other.execute("INSERT INTO a VALUES (4)")
        busy, *_ = other.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    assert busy == 0
    assert mine.one("SELECT count(*) FROM a") == (4,)
    assert mine.one("SELECT b FROM a WHERE b > 9") is None


@pytest.mark.django_db
def test_savepoints_undo_only_their_part() -> None:
    from chartpost.kernel.models import Setting

    moment = datetime(2026, 1, 1, tzinfo=UTC)
    with transaction.atomic():
        Setting.objects.create(name="kept", value="1", changed=moment)
        with pytest.raises(IntegrityError), transaction.atomic():
            Setting.objects.create(name="undone", value="1", changed=moment)
            Setting.objects.create(name="kept", value="2", changed=moment)
    assert list(Setting.objects.values_list("name", "value", "changed")) == [("kept", "1", moment)]


@pytest.mark.django_db
def test_migrations_made_the_tables_in_an_encrypted_file() -> None:
    tables = connection.introspection.table_names()
    assert {"kernel_blob", "kernel_ownerkey", "kernel_setting", "django_migrations"} <= set(tables)
    if connection.vendor != "sqlite":
        pytest.skip("the suite runs on PostgreSQL")
    name = Path(connection.settings_dict["NAME"])
    assert b"SQLite format 3" not in name.read_bytes()[:16]


@pytest.mark.django_db(transaction=True)
def test_threads_share_the_test_database() -> None:
    from chartpost.kernel.models import Setting

    failed: list[BaseException] = []

    def write(number: int) -> None:
        try:
            for step in range(10):
                with transaction.atomic():
                    Setting.objects.create(name=f"{number}-{step}", value="", changed=datetime.now(UTC))
        except DatabaseError as error:
            failed.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=write, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert Setting.objects.count() == 40


def test_a_database_in_memory_works_too(allowed: None) -> None:
    memory = ConnectionHandler(
        {"default": {"ENGINE": "chartpost.kernel.db.sqlcipher", "NAME": ":memory:", "OPTIONS": {}}}
    )["default"]
    with memory.cursor() as cursor:
        cursor.execute("CREATE TABLE a (b)")
        assert cursor.execute("SELECT count(*) FROM a").fetchone() == (0,)
    memory.connection.close()
