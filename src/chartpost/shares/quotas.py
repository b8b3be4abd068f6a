"""How much may be kept: per share, per account, per home, and what the disk has room for."""

from django.db.models import QuerySet, Sum

from chartpost.kernel import parts
from chartpost.kernel.config import config
from chartpost.shares import models
from chartpost.shares.errors import Full, SharesError, TooLarge
from chartpost.shares.types import ENDED

GB = 10**9


def take(share: models.Share, size: int) -> None:
    """Let an object of `size` bytes be added, inside the caller's transaction; raises TooLarge, Full.

    Objects count with their whole size from the moment they are announced. One row is locked until the transaction
    ends, so that two objects at the same moment do not both get the last room.
    """
    models.Gate.objects.get_or_create(pk=1)
    models.Gate.objects.select_for_update().get(pk=1)
    live = models.Object.objects.exclude(share__state__in=ENDED)
    settings = config()
    _within(live.filter(share=share), size, settings.share_gb, TooLarge, "in one share", "Send the rest as another.")
    mine = live.filter(share__account_id=share.account_id)
    _within(mine, size, settings.share_account_gb, Full, "kept by one account", "End shares that are done with first.")
    _within(live, size, settings.share_home_gb, Full, "kept here", "Ask the office to make room, then go on.")
    parts.check_room(size if not settings.blob_url else parts.PART)


def used(account_id: int) -> int:
    """Bytes an account keeps here now."""
    live = models.Object.objects.exclude(share__state__in=ENDED).filter(share__account_id=account_id)
    return live.aggregate(sum=Sum("size"))["sum"] or 0


def _within(rows: QuerySet[models.Object], size: int, most: int, kind: type[SharesError], what: str, todo: str) -> None:
    kept = rows.aggregate(sum=Sum("size"))["sum"] or 0
    if kept + size > most * GB:
        raise kind(
            seen=f"{size:,} more bytes where {kept:,} are {what}", expected=f"at most {most * GB:,} bytes", todo=todo
        )
