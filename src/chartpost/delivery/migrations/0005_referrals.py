from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('delivery', '0004_media_boxes'),
    ]

    operations = [
        migrations.AddField(
            model_name='package',
            name='referral',
            field=models.JSONField(default=dict),
        ),
    ]
