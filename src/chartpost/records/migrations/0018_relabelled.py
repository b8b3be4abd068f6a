"""When entries got other labels: an export that asks for what changed since a moment tells of those too."""

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [("records", "0017_beside")]

    operations: ClassVar = [
        migrations.CreateModel(
            "Relabelled",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("rid", models.BigIntegerField()),
                ("at_ms", models.BigIntegerField()),
                ("labels", models.BigIntegerField()),
            ],
            options={
                "indexes": [
                    models.Index(fields=["rid", "at_ms"], name="relabelled_row"),
                    models.Index(fields=["at_ms", "rid"], name="relabelled_at"),
                ]
            },
        ),
    ]
