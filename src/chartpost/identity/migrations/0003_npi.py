"""National Provider Identifiers of the office and its places."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("identity", "0002_apps")]
    operations = [
        migrations.AddField("office", "npi", models.CharField(blank=True, max_length=10)),
        migrations.AddField("facility", "npi", models.CharField(blank=True, max_length=10)),
    ]
