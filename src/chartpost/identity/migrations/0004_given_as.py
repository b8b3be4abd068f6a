"""As what somebody let an app in: as a person, as staff, or as the office itself."""

from typing import Any, ClassVar

from django.db import migrations, models


def tell(apps: Any, _editor: Any) -> None:
    """The user an app was told of says it: a Practitioner where staff let it in, and nowhere else."""
    given = apps.get_model("identity", "AppGrant").objects.exclude(account=None)
    given.filter(fhir_user__startswith="Practitioner/").update(given_as="staff")
    given.exclude(fhir_user__startswith="Practitioner/").update(given_as="person")


class Migration(migrations.Migration):
    dependencies: ClassVar = [("identity", "0003_npi")]

    operations: ClassVar = [
        migrations.AddField("appgrant", "given_as", models.CharField(max_length=6, default="app")),
        migrations.RunPython(tell, migrations.RunPython.noop),
        migrations.AddConstraint(
            "appgrant",
            models.CheckConstraint(
                condition=models.Q(account=None, given_as="app")
                | models.Q(account__isnull=False, given_as__in=("person", "staff")),
                name="app_grant_given_as",
            ),
        ),
    ]
