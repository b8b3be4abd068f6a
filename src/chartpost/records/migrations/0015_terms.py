"""The terms of a resource stand side by side in one row, made of the postings under its person; those across persons stay.

The whole index is there once this is done: what is looked for meanwhile, by an import or a conditional create, is found.
"""

from datetime import UTC, datetime
from itertools import groupby
from struct import pack

from django.db import migrations

STEP = 10_000
"""Rows whose terms are written at once."""
SQLITE = (
    "CREATE TABLE records_posting (h integer NOT NULL, d integer NOT NULL, rid integer NOT NULL,"
    " PRIMARY KEY (h, d, rid)) WITHOUT ROWID",
    "CREATE TABLE records_terms (person_id integer NOT NULL, kind integer NOT NULL, d integer NOT NULL,"
    " rid integer NOT NULL, terms blob NOT NULL, PRIMARY KEY (person_id, kind, d, rid)) WITHOUT ROWID",
)
POSTGRES = (
    "CREATE TABLE records_posting (h bigint NOT NULL, d bigint NOT NULL, rid bigint NOT NULL,"
    " CONSTRAINT records_posting_key PRIMARY KEY (h, d, rid))",
    "CREATE TABLE records_terms (person_id bigint NOT NULL, kind smallint NOT NULL, d bigint NOT NULL,"
    " rid bigint NOT NULL, terms bytea NOT NULL, PRIMARY KEY (person_id, kind, d, rid))",
)
ACROSS = "INSERT INTO records_posting (h, d, rid) SELECT h, d, rid FROM records_posted WHERE person_id = 0"
OWN = (
    "SELECT r.rid, r.person_id, r.kind, r.date_ms, p.h FROM records_resource r LEFT JOIN records_posted p"
    " ON p.rid = r.rid AND p.person_id = r.person_id"
    " WHERE r.rid > %s AND r.rid <= %s AND r.deleted = %s ORDER BY r.rid, p.h"
)
TERMS = "INSERT INTO records_terms (person_id, kind, d, rid, terms) VALUES (%s, %s, %s, %s, %s)"
OLD_SQLITE = (
    "CREATE TABLE records_posting (person_id integer NOT NULL, h integer NOT NULL, d integer NOT NULL,"
    " rid integer NOT NULL, PRIMARY KEY (person_id, h, d, rid)) WITHOUT ROWID"
)
OLD_POSTGRES = (
    "CREATE TABLE records_posting (person_id bigint NOT NULL, h bigint NOT NULL, d bigint NOT NULL,"
    " rid bigint NOT NULL, PRIMARY KEY (person_id, h, d, rid))"
)
BACK = "INSERT INTO records_posting (person_id, h, d, rid) SELECT 0, h, d, rid FROM records_across"


def make(apps, editor):
    """Make both tables out of the one there was."""
    editor.execute("ALTER TABLE records_posting RENAME TO records_posted")
    for statement in POSTGRES if editor.connection.vendor == "postgresql" else SQLITE:
        editor.execute(statement)
    editor.execute(ACROSS + " ORDER BY h, d, rid")
    with editor.connection.cursor() as cursor:
        cursor.execute("SELECT max(rid) FROM records_resource")
        last = cursor.fetchone()[0] or 0
        for after in range(0, last, STEP):
            cursor.execute(OWN, [after, after + STEP, False])
            cursor.executemany(TERMS, sorted(_rows(cursor.fetchall())))
    _drop(editor, "records_posted")
    editor.execute("CREATE INDEX records_posting_rid ON records_posting (rid)")


def _rows(postings):
    for key, group in groupby(postings, key=lambda posting: posting[:4]):
        rid, person, kind, d = key
        hashes = [posting[4] for posting in group if posting[4] is not None]
        yield person, kind, d, rid, pack(f">{len(hashes)}q", *hashes)


def back(apps, editor):
    """The table as it was, with what was posted across persons; the worker makes the rest."""
    editor.execute("ALTER TABLE records_posting RENAME TO records_across")
    editor.execute(OLD_POSTGRES if editor.connection.vendor == "postgresql" else OLD_SQLITE)
    editor.execute(BACK + " ORDER BY h, d, rid")
    _drop(editor, "records_across")
    _drop(editor, "records_terms")
    editor.execute("CREATE INDEX records_posting_rid ON records_posting (rid)")
    if apps.get_model("records", "Resource").objects.exists():
        moment = datetime.now(UTC)
        setting = apps.get_model("kernel", "Setting")
        setting.objects.update_or_create(name="posting-index-at", defaults={"value": "0", "changed": moment})


def _drop(editor, table):
    """Drop a table of hashes, which need not be overwritten page by page: without the home's key they tell nothing."""
    if editor.connection.vendor == "postgresql":
        editor.execute(f"DROP TABLE {table}")
        return
    editor.execute("PRAGMA secure_delete = OFF")
    editor.execute(f"DROP TABLE {table}")
    editor.execute("PRAGMA secure_delete = ON")


class Migration(migrations.Migration):
    dependencies = [("records", "0014_scans"), ("kernel", "0001_initial")]
    operations = [migrations.RunPython(make, back)]
