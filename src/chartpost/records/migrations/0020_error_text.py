"""What is wrong with a subscription is said in as many words as it takes."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("records", "0019_days_and_contexts")]
    operations = [migrations.AlterField("subscription", "error", models.TextField(blank=True))]
