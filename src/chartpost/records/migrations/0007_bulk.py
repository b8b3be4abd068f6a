"""Bulk exports and their files."""

import django.db.models.deletion
from django.db import migrations, models

import chartpost.kernel.clock
import chartpost.kernel.ids


class Migration(migrations.Migration):
    dependencies = [("records", "0006_post_again")]
    operations = [
        migrations.CreateModel(
            name="BulkExport",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "ref",
                    models.CharField(default=chartpost.kernel.ids.new_id, editable=False, max_length=26, unique=True),
                ),
                ("owner", models.CharField(db_index=True, max_length=300)),
                ("state", models.CharField(default="running", max_length=10)),
                ("asked", models.JSONField()),
                ("moment_ms", models.BigIntegerField()),
                ("place", models.JSONField(default=list)),
                ("percent", models.SmallIntegerField(default=0)),
                ("at", models.DateTimeField(default=chartpost.kernel.clock.now)),
                ("ended_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="BulkFile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.IntegerField()),
                ("type", models.CharField(max_length=40)),
                ("deleted", models.BooleanField(default=False)),
                ("blob", models.CharField(max_length=64)),
                ("count", models.IntegerField()),
                ("size", models.BigIntegerField()),
                ("persons", models.JSONField(default=list)),
                (
                    "export",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="records.bulkexport"),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("export", "number"), name="bulk_file_once")],
            },
        ),
    ]
