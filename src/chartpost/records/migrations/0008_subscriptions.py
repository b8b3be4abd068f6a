"""What apps want to be told of."""

from django.db import migrations, models

import chartpost.kernel.clock
import chartpost.kernel.ids


class Migration(migrations.Migration):
    dependencies = [("records", "0007_bulk")]
    operations = [
        migrations.CreateModel(
            name="Subscription",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "ref",
                    models.CharField(default=chartpost.kernel.ids.new_id, editable=False, max_length=26, unique=True),
                ),
                ("grant_ref", models.CharField(db_index=True, max_length=26)),
                ("type", models.CharField(max_length=40)),
                ("criteria", models.TextField()),
                ("asked", models.JSONField()),
                ("topic", models.BooleanField()),
                ("endpoint", models.TextField()),
                ("headers", models.JSONField(default=list)),
                ("content", models.CharField(max_length=13)),
                ("reason", models.TextField(blank=True)),
                ("ends_at", models.DateTimeField(null=True)),
                ("state", models.CharField(default="requested", max_length=10)),
                ("error", models.CharField(blank=True, max_length=100)),
                ("events", models.BigIntegerField(default=0)),
                ("at", models.DateTimeField(default=chartpost.kernel.clock.now)),
            ],
            options={"indexes": [models.Index(fields=["type", "state"], name="subscription_type")]},
        ),
    ]
