"""Facts an administrator recorded about this installation; `doctor` reads them."""

from datetime import datetime

from chartpost.kernel.clock import now

VOLUME_ENCRYPTION = "volume-encryption-confirmed"
RECOVERY_PRINTED = "recovery-key-printed"
MAIL_TESTED = "mail-tested"


def record(name: str, value: str) -> None:
    """Record a fact, with the present moment."""
    from chartpost.kernel.models import Setting

    Setting.objects.update_or_create(name=name, defaults={"value": value, "changed": now()})


def recorded(name: str) -> tuple[str, datetime] | None:
    """A recorded fact and when it was recorded; None when nobody did."""
    from chartpost.kernel.models import Setting

    row = Setting.objects.filter(name=name).first()
    return (row.value, row.changed) if row else None


def forget(name: str) -> None:
    """Take a fact back."""
    from chartpost.kernel.models import Setting

    Setting.objects.filter(name=name).delete()
