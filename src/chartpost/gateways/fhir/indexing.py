"""Whether answers that go by the index can be given: while it is being made (`records.reindex`) they would be in part.

A search would lack matches, a conditional create would store what is there, a granular scope would hide what it gives.
"""

from chartpost.gateways.fhir.http import FhirError
from chartpost.kernel.db import raw
from chartpost.records import reindex
from chartpost.records.search.reach import Reach


def whole(db: raw.Db) -> None:
    """503 with Retry-After while the index is being made."""
    if not reindex.ready(db):
        again = [("Retry-After", "30")]
        raise FhirError(503, "transient", "The search index is being made. Try again in a minute.", headers=again)


def whole_for(within: Reach | None, db: raw.Db) -> None:
    """The same where the index decides whether a row is within this reach."""
    if within is not None and within.by_terms:
        whole(db)
