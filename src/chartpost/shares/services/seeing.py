"""A link whose secret part reached the server, because a mail gateway put it into the path."""

from django.db import transaction

from chartpost.kernel import clock
from chartpost.shares import models, telling


def link_seen(recipient_id: str, where: str = "") -> None:
    """Note, once, that the server or a gateway could have seen a link whole; of a link that never was, nothing.

    The password still stands between them and the files; the sender is shown that it alone does.
    """
    with transaction.atomic():
        if not models.Recipient.objects.filter(pk=recipient_id, seen_at=None).update(seen_at=clock.now()):
            return
        link = models.Recipient.objects.select_related("share").get(pk=recipient_id)
        telling.note("share.link_seen", link.share, telling.holder(link), where)
