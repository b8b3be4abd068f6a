from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('delivery', '0005_referrals'),
    ]

    operations = [
        migrations.AddField(
            model_name='delivery',
            name='closed_at',
            field=models.DateTimeField(null=True),
        ),
    ]
