"""Sessions that are over: rows nobody can use any more go."""

from django.utils import timezone


def forget_expired() -> int:
    """Delete sessions whose time is over, those of strangers among them; returns how many rows went."""
    from django.contrib.sessions.models import Session

    return int(Session.objects.filter(expire_date__lt=timezone.now()).delete()[0])
