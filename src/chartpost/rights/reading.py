"""What people have read of a request's letters."""

from chartpost.kernel import clock
from chartpost.rights.models import Letter


def read_letter(ref: str) -> None:
    """Keep when a letter was first opened by the person it is for."""
    Letter.objects.filter(ref=ref, read_at=None).update(read_at=clock.now())
