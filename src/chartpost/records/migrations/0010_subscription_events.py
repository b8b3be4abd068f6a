"""What apps were told of, in numbers; headers of subscriptions wrapped."""

import json
from typing import Any

import django.db.models.deletion
from django.db import migrations, models

import chartpost.kernel.clock


def wrap_headers(apps: Any, _schema: Any) -> None:
    """Wrap the headers of subscriptions that were kept as they came."""
    from chartpost.kernel import keys

    for row in apps.get_model("records", "Subscription").objects.all():
        row.headers = keys.wrap(json.dumps(row.plain).encode(), b"records/subscription-headers")
        row.save(update_fields=["headers"])


class Migration(migrations.Migration):
    dependencies = [("records", "0009_wordless")]
    operations = [
        migrations.RenameField("subscription", "headers", "plain"),
        migrations.AddField("subscription", "headers", models.BinaryField(default=bytes)),
        migrations.RunPython(wrap_headers, migrations.RunPython.noop),
        migrations.RemoveField("subscription", "plain"),
        migrations.AddField("subscription", "heartbeat", models.IntegerField(default=0)),
        migrations.AddField("subscription", "told_at", models.DateTimeField(null=True)),
        migrations.AddField("subscription", "lease_until", models.DateTimeField(null=True)),
        migrations.AddField("subscription", "revision", models.BigIntegerField(default=1)),
        migrations.CreateModel(
            name="SubscriptionEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.BigIntegerField()),
                ("rid", models.BigIntegerField()),
                ("version", models.IntegerField()),
                ("deleted", models.BooleanField(default=False)),
                ("told", models.BooleanField(default=False)),
                ("at", models.DateTimeField(db_index=True, default=chartpost.kernel.clock.now)),
                (
                    "subscription",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="records.subscription"),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=["subscription", "number"], name="event_number_once"),
                    models.UniqueConstraint(fields=["subscription", "rid", "version"], name="event_once"),
                ]
            },
        ),
    ]
