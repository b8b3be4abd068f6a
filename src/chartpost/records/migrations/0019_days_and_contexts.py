"""Homes that hold records get their index made anew by the worker.

It says of what type the context of each Binary is, and which entries were written with another day than that in UTC.
"""

from datetime import UTC, datetime

from django.db import migrations


def ask(apps, editor):
    """Say that the index is to be made."""
    if apps.get_model("records", "Resource").objects.exists():
        moment = datetime.now(UTC)
        setting = apps.get_model("kernel", "Setting")
        setting.objects.update_or_create(name="posting-index-at", defaults={"value": "0", "changed": moment})


class Migration(migrations.Migration):
    dependencies = [("records", "0018_relabelled"), ("kernel", "0001_initial")]
    operations = [migrations.RunPython(ask, migrations.RunPython.noop)]
