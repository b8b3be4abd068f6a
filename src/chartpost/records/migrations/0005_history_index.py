from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("records", "0004_timeline_index")]
    operations = [
        migrations.AddIndex(
            model_name="version",
            index=models.Index(fields=["updated_ms", "rid"], name="version_updated"),
        ),
    ]
