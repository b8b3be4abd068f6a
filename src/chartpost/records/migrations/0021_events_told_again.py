"""A change is told again where apps go on to know its person by it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("records", "0020_error_text")]
    operations = [
        migrations.RemoveConstraint("subscriptionevent", "event_once"),
        migrations.AddIndex("subscriptionevent", models.Index(fields=["subscription", "rid"], name="event_of_row")),
    ]
