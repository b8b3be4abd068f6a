"""After a restore: shares whose ciphertext did not come along are ended, and their senders told."""

from django.db import transaction

from chartpost.identity.types import SYSTEM
from chartpost.kernel import clock, parts
from chartpost.shares import ids, models, telling
from chartpost.shares.types import ENDED


def settle() -> None:
    """Look for the bytes of every share that is not over; unfinished uploads go on with what is there."""
    for share in models.Share.objects.exclude(state__in=ENDED).prefetch_related("objects_of"):
        rows = list(share.objects_of.all())
        there = {row.id: row.complete and parts.adopt(ids.object_name(row.id), row.size) for row in rows}
        if share.state == "uploading":
            for row in rows:
                if not there[row.id]:
                    _go_on(row)
        elif not all(there.values()):
            _lost(share)
    parts.tidy()


def _go_on(row: models.Object) -> None:
    """Have the parts of an object sent again that are not here."""
    name, store = ids.object_name(row.id), parts.store()
    if store.goes_on(name, row.upload):
        lost = store.lost(name, parts.part_count(row.size))
    else:
        row.upload = store.begin(name)
        lost = list(range(parts.part_count(row.size)))
    row.complete = False
    row.save(update_fields=["upload", "complete"])
    models.Part.objects.filter(object=row, number__in=lost).update(stored=False)


def _lost(share: models.Share) -> None:
    with transaction.atomic():
        models.Share.objects.filter(pk=share.pk).update(state="lost", ended_at=clock.now(), sealed_key=b"")
        objects = list(models.Object.objects.filter(share=share).values_list("pk", "upload"))
        models.Object.objects.filter(share=share).delete()
        models.Recipient.objects.filter(share=share).update(wrapped=b"")
        telling.note("share.lose", share, SYSTEM)
        telling.tell("lost", share_id=share.id)
    for object_id, upload in objects:
        parts.store().delete(ids.object_name(object_id), upload)
