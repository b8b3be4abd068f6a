"""The ledger as plain values for an export: what another program needs to check it without this one."""

from collections.abc import Iterator

from django.db import connection

from chartpost.ledger.models import Checkpoint
from chartpost.ledger.note import signer

ROWS_PER_READ = 5000


def lines() -> Iterator[dict[str, str | int]]:
    """One line with the verifier key, one per entry in tree order, one per checkpoint.

    `entry` is the entry's canonical text: `leaf` is SHA-256 of a zero byte and its UTF-8 bytes (RFC 6962 2.1).
    """
    yield {"kind": "key", "verifier": signer().verifier.text}
    last = -1
    while True:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT l.seq, l.hash, e.body FROM ledger_leaf l JOIN ledger_entry e ON e.id = l.entry_id"
                " WHERE l.seq > %s ORDER BY l.seq LIMIT %s",
                [last, ROWS_PER_READ],
            )
            some = cursor.fetchall()
        for seq, digest, body in some:
            yield {"kind": "entry", "seq": seq, "leaf": bytes(digest).hex(), "entry": bytes(body).decode()}
        if len(some) < ROWS_PER_READ:
            break
        last = some[-1][0]
    for row in Checkpoint.objects.order_by("size").iterator():
        yield {"kind": "checkpoint", "size": row.size, "note": row.note}
