"""Proofs a person can take away: that an entry is in the ledger, and that the ledger only grew.

An inclusion proof is a c2sp.org/tlog-proof text: the entry's canonical bytes in its `extra` line, the index, the
audit path, and the signed checkpoint. `check` needs that text and the ledger's verifier key, nothing else.
"""

from django.db import connection

from chartpost.ledger import letters
from chartpost.ledger.errors import NoSuchEntryError, ProofRefusedError
from chartpost.ledger.merkle import Full, check_consistency, check_inclusion, leaf_hash
from chartpost.ledger.models import Checkpoint, Entry, Leaf
from chartpost.ledger.note import Verifier, signer

HEADER = "c2sp.org/tlog-proof@v1"
GROWTH = "chartpost/ledger-growth@v1"


def inclusion(ref: str) -> str:
    """The proof of one entry under the newest checkpoint; raises NoSuchEntryError."""
    found = Entry.objects.filter(ref=ref).first()
    leaf = Leaf.objects.filter(entry_id=found.pk).first() if found else None
    newest = _newest()
    size = newest.size if newest else 0
    if found is None or leaf is None or newest is None or leaf.seq >= size:
        raise NoSuchEntryError(
            seen="no entry of that reference under a checkpoint",
            expected="the reference of an entry more than some seconds old",
            todo="Check the reference, wait half a minute, try again.",
        )
    path = Full(_leaves(size)).inclusion(leaf.seq, size)
    lines = [HEADER, "extra " + letters.encode(bytes(found.body)), f"index {leaf.seq}", *map(letters.encode, path)]
    return "\n".join(lines) + "\n\n" + newest.note


def consistency(old_size: int) -> str:
    """The proof that the newest checkpoint's tree begins with that of an older one; raises NoSuchEntryError.

    The text is a header, the path one hash a line, an empty line, the older checkpoint, an empty line, the newest.
    """
    old = Checkpoint.objects.filter(size=old_size).first()
    newest = _newest()
    if old is None or newest is None:
        raise NoSuchEntryError(
            seen=f"no checkpoint of {old_size} leaves",
            expected="the size on the second line of a checkpoint",
            todo="See HOME/ledger/checkpoints for the sizes there are.",
        )
    path = Full(_leaves(newest.size)).consistency(old.size, newest.size)
    return "\n".join([GROWTH, *map(letters.encode, path)]) + "\n\n" + old.note + "\n" + newest.note


def check_growth(text: str, verifier: Verifier) -> tuple[int, int]:
    """Check a consistency proof; returns the old and new size. Raises ProofRefusedError or NoteRefusedError."""
    parts = text.split("\n\n")
    lines = parts[0].split("\n")
    if len(parts) != 5 or lines[0] != GROWTH:
        raise _refused("a text that is not a proof of growth")
    old = verifier.open(parts[1] + "\n\n" + parts[2] + "\n")
    new = verifier.open(parts[3] + "\n\n" + parts[4])
    check_consistency(old.size, new.size, old.root, new.root, [_decode(line) for line in lines[1:]])
    return old.size, new.size


def check(text: str, verifier: Verifier) -> bytes:
    """Check an inclusion proof; returns the entry's canonical bytes. Raises ProofRefusedError or NoteRefusedError."""
    head, separator, note = text.partition("\n\n")
    lines = head.split("\n")
    shaped = len(lines) >= 3 and lines[0] == HEADER and lines[1][:6] == "extra " and lines[2][:6] == "index "
    if not separator or not shaped:
        raise _refused("a text that is not a proof of an entry")
    body = _decode(lines[1][6:])
    stated = verifier.open(note)
    path = [_decode(line) for line in lines[3:]]
    check_inclusion(leaf_hash(body), _index(lines[2][6:]), stated.size, path, stated.root)
    return body


def own_verifier() -> Verifier:
    """The verifier of this home's ledger."""
    return signer().verifier


def _newest() -> Checkpoint | None:
    return Checkpoint.objects.order_by("-size").first()


def _leaves(size: int) -> list[bytes]:
    """The first `size` leaf hashes (32 bytes of memory each, and as much again for the tree above)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT hash FROM ledger_leaf WHERE seq < %s ORDER BY seq", [size])
        return [bytes(row[0]) for row in cursor.fetchall()]


def _decode(text: str) -> bytes:
    try:
        return letters.decode(text)
    except ValueError:
        raise _refused("a line that is not base64 as this ledger writes it") from None


def _index(text: str) -> int:
    try:
        return letters.number(text)
    except ValueError:
        raise _refused("an index that is no number") from None


def _refused(seen: str) -> ProofRefusedError:
    return ProofRefusedError(seen=seen, expected=f"{HEADER} or {GROWTH}", todo="Ask for the proof again.")
