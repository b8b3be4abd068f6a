"""What the sealed pages are made of, as SHA-256 sums anybody can compare, and a trace of every change in the ledger.

The list is what `sha256sum` writes, so that the pages of a server can be held against those of a release. A server
that was taken over can lie about it; the entry in the ledger, which others hold checkpoints of, says since when pages
differ.
"""

import hashlib
from functools import lru_cache

from django.conf import settings
from django.db import transaction

from chartpost.gateways.sealed import assets, shell
from chartpost.identity.services import event
from chartpost.identity.types import SYSTEM
from chartpost.kernel import facts
from chartpost.ledger import services as ledger

ADDRESS = "/s/-/SHA256SUMS"
FACT = "sealed-pages"
PAGES = ("share", "drop", "help", "missing")


@lru_cache(maxsize=1)
def sums() -> bytes:
    """One line for each page in each language and each file pages load: SHA-256 and name; raises NotBuiltError."""
    found = {f"{name}.{spoken}.html": shell.page(name, spoken) for name in PAGES for spoken, _ in settings.LANGUAGES}
    found |= {path: assets.load(path).body for path in assets.integrity()}
    return "".join(f"{hashlib.sha256(body).hexdigest()}  {name}\n" for name, body in sorted(found.items())).encode()


def note() -> bool:
    """Write into the ledger that the pages changed, once for each change; whether they did."""
    try:
        digest = hashlib.sha256(sums()).hexdigest()
    except assets.NotBuiltError:
        return False
    before = facts.recorded(FACT)
    if before is not None and before[0] == digest:
        return False
    with transaction.atomic():
        facts.record(FACT, digest)
        ledger.append(event(SYSTEM, "share.pages", None, f"sha256:{digest}", "sealed share"))
    return True
