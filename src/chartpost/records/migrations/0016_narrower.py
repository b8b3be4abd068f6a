"""Two indexes less at every write: rows are not looked for by their source alone, and row numbers need no index."""

from django.db import migrations, models

import chartpost.records.models


def unindex(apps, editor):
    """Drop the index of a resource's source; Django's own way would write the table anew."""
    table = "records_resource"
    with editor.connection.cursor() as cursor:
        known = editor.connection.introspection.get_constraints(cursor, table)
    for name, each in known.items():
        if each["columns"] == ["source_id"] and each["index"] and not each["unique"]:
            editor.execute(f"DROP INDEX {editor.quote_name(name)}")


def index(apps, editor):
    """Make it again."""
    editor.execute("CREATE INDEX records_resource_source_id_447b9e98 ON records_resource (source_id)")


class Migration(migrations.Migration):
    dependencies = [("records", "0015_terms")]
    operations = [
        migrations.SeparateDatabaseAndState(
            [migrations.RunPython(unindex, index)],
            [
                migrations.AlterField(
                    "resource",
                    "source",
                    models.ForeignKey("records.source", models.PROTECT, db_index=False),
                )
            ],
        ),
        migrations.AlterField(
            "wordless", "rid", chartpost.records.models.RowNumber(primary_key=True, serialize=False)
        ),
    ]
