"""batch and transaction: many interactions in one Bundle (https://hl7.org/fhir/R4/http.html#transaction).

A transaction is one transaction of the database, all or nothing; a batch is its entries one by one.
"""

import logging
from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import uuid4

from chartpost.gateways.fhir import app, checking, transaction
from chartpost.gateways.fhir.entries import Entry, Room, answered, entry_of, part
from chartpost.gateways.fhir.http import FhirError, Request, Response, failure, json
from chartpost.identity.types import Access

ENTRIES_AT_MOST = 10_000
BATCH_AT_MOST = 1_000
log = logging.getLogger(__name__)
Json = dict[str, Any]


def bundle(request: Request, access: Access) -> Response:
    """POST of a Bundle to the base."""
    given = checking.body_of(request, "Bundle")
    kind = given.get("type")
    if kind not in ("transaction", "batch"):
        raise FhirError(400, "invalid", "The Bundle is neither a transaction nor a batch.", ["Bundle.type"])
    asked, room = _asked(given, ENTRIES_AT_MOST if kind == "transaction" else BATCH_AT_MOST), Room()
    if kind == "transaction":
        entries = [entry_of(number, one, request.base_url, room) for number, one in enumerate(asked)]
        answers = transaction.made_of(request, access, entries)
    else:
        answers = [
            _alone(request, access, partial(entry_of, number, one, request.base_url, room))
            for number, one in enumerate(asked)
        ]
    value = {"resourceType": "Bundle", "id": str(uuid4()), "type": f"{kind}-response", "entry": answers}
    return json(200, value if answers else {name: each for name, each in value.items() if name != "entry"})


def _asked(given: Json, most: int) -> list[Any]:
    """The entries as they were sent, nothing of them checked."""
    found = given.get("entry", [])
    if not isinstance(found, list):
        raise FhirError(400, "structure", "Bundle.entry is no list.", ["Bundle.entry"])
    if len(found) > most:
        words = f"The Bundle has more than {most:,} entries. Send it in smaller parts."
        raise FhirError(413, "too-costly", words)
    return found


def _alone(request: Request, access: Access, given: Callable[[], Entry]) -> Json:
    """One entry of a batch, as if it had come alone: what is wrong with it is its own answer.

    https://hl7.org/fhir/R4/http.html#brules
    """
    try:
        entry = given()
        return answered(entry, app.answer(part(request, entry), access))
    except FhirError as error:
        return {"response": {"status": str(error.status), "outcome": error.outcome()}}
    except Exception as error:  # noqa: BLE001 - the entries before it are stored: their answers must reach the sender
        log.error("entry of a batch failed: %s", type(error).__name__)  # noqa: TRY400 - values are PHI
        told = failure(error)
        return {"response": {"status": str(told.status), "outcome": told.outcome()}}
