"""Words of scans: which documents wait to be read, and what was read of their pages."""

from typing import Any, ClassVar

from django.db import migrations, models


def wait(apps: Any, _editor: Any) -> None:
    """Documents filed before wait too: pages that have text of their own are passed over."""
    found = apps.get_model("records", "Document").objects.filter(problem="")
    found.filter(models.Q(media_type__startswith="image/") | ~models.Q(clean_blob="")).update(scan="waiting")


class Migration(migrations.Migration):
    dependencies: ClassVar = [("records", "0013_clinical_documents")]

    operations: ClassVar = [
        migrations.AddField(
            "document",
            "scan",
            models.CharField(max_length=8, blank=True, db_index=True, default=""),
            preserve_default=False,
        ),
        migrations.CreateModel(
            "ScanPage",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("rid", models.BigIntegerField()),
                ("page", models.IntegerField()),
                ("words", models.TextField(blank=True)),
            ],
        ),
        migrations.AddConstraint("scanpage", models.UniqueConstraint(fields=["rid", "page"], name="scan_page_once")),
        migrations.RunPython(wait, migrations.RunPython.noop),
    ]
