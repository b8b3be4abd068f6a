"""Rows whose words wait to be made searchable."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("records", "0008_subscriptions")]
    operations = [
        migrations.CreateModel(
            name="Wordless",
            fields=[("rid", models.BigIntegerField(primary_key=True, serialize=False))],
        ),
    ]
