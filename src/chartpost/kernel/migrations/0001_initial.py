from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.CreateModel(
            name="OwnerKey",
            fields=[
                ("owner", models.CharField(max_length=80, primary_key=True, serialize=False)),
                ("wrapped", models.BinaryField()),
                ("created", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Blob",
            fields=[
                ("id", models.CharField(max_length=26, primary_key=True, serialize=False)),
                ("owner", models.CharField(db_index=True, max_length=80)),
                ("wrapped", models.BinaryField()),
                ("sha256", models.CharField(max_length=64)),
                ("size", models.BigIntegerField()),
                ("media_type", models.CharField(max_length=120)),
                ("created", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Setting",
            fields=[
                ("name", models.CharField(max_length=80, primary_key=True, serialize=False)),
                ("value", models.TextField()),
                ("changed", models.DateTimeField()),
            ],
        ),
    ]
