"""The posting index and the text index: tables Django has no model for."""

from django.db import migrations

SQLITE = (
    "CREATE TABLE records_posting (person_id integer NOT NULL, h integer NOT NULL, d integer NOT NULL,"
    " rid integer NOT NULL, PRIMARY KEY (person_id, h, d, rid)) WITHOUT ROWID",
    "CREATE INDEX records_posting_rid ON records_posting (rid)",
    "CREATE VIRTUAL TABLE records_text USING fts5(words, tokenize = \"unicode61 remove_diacritics 2\")",
)
POSTGRES = (
    "CREATE TABLE records_posting (person_id bigint NOT NULL, h bigint NOT NULL, d bigint NOT NULL,"
    " rid bigint NOT NULL, PRIMARY KEY (person_id, h, d, rid))",
    "CREATE INDEX records_posting_rid ON records_posting (rid)",
    "CREATE TABLE records_text (rid bigint PRIMARY KEY, words tsvector NOT NULL)",
    "CREATE INDEX records_text_words ON records_text USING gin (words)",
)


def make(apps, editor):
    """Create both, in the dialect of the database."""
    for statement in POSTGRES if editor.connection.vendor == "postgresql" else SQLITE:
        editor.execute(statement)


def drop(apps, editor):
    """Drop both."""
    for name in ("records_posting", "records_text"):
        editor.execute(f"DROP TABLE {name}")


class Migration(migrations.Migration):
    dependencies = [("records", "0001_initial")]
    operations = [migrations.RunPython(make, drop)]
