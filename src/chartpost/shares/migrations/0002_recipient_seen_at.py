from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shares", "0001_initial")]

    operations = [
        migrations.AddField("recipient", "seen_at", models.DateTimeField(null=True)),
    ]
