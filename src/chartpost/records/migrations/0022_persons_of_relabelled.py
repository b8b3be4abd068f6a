"""What becomes a person's with what it names is told to exports since then."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("records", "0021_events_told_again")]
    operations = [migrations.AddField("relabelled", "person_id", models.BigIntegerField(null=True))]
