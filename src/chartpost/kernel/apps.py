"""Start-up of the kernel under Django: its ticks and its own doctor checks."""

from django.apps import AppConfig


class KernelConfig(AppConfig):
    """The kernel as a Django app."""

    name = "chartpost.kernel"
    label = "kernel"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the hourly sweep of unnamed encrypted files, and the nightly backup."""
        from chartpost.kernel import blobs, jobs
        from chartpost.kernel.backup import nightly

        jobs.every(60, "backup.nightly", nightly.run)
        jobs.every(3600, "blobs.sweep", blobs.sweep)
