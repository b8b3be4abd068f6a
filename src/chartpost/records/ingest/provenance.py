"""Where entries came from: one FHIR Provenance for each imported file and person (US Core 6.1 Provenance)."""

import base64
from collections.abc import Iterator, Sequence
from typing import Any

from chartpost.formats.fhirjson.canonical import instant
from chartpost.identity import queries as identity
from chartpost.records import models
from chartpost.records.ingest.ids import derived
from chartpost.records.types import Incoming

TARGETS_EACH = 1000
_TYPES = "http://terminology.hl7.org/CodeSystem/provenance-participant-type"


def of_import(file: models.ImportFile, person_id: int, targets: Sequence[str]) -> Iterator[Incoming]:
    """Provenance of targets (Type/id) that the file itself says nothing about; the same each time it is made.

    The original is named by its SHA-256 as an ni URI (RFC 6920 3).
    """
    digest = base64.urlsafe_b64encode(bytes.fromhex(file.sha256)).rstrip(b"=").decode()
    office = identity.office()
    for start in range(0, len(targets), TARGETS_EACH):
        identity_ = derived(0, f"Provenance/{file.sha256}", person_id * 100_000 + start // TARGETS_EACH)
        resource: dict[str, Any] = {
            "resourceType": "Provenance",
            "id": identity_,
            "target": [{"reference": target} for target in targets[start : start + TARGETS_EACH]],
            "recorded": instant(file.at),
            "agent": [
                {
                    "type": {"coding": [{"system": _TYPES, "code": "transmitter", "display": "Transmitter"}]},
                    "who": {"display": office.name if office else "This office"},
                }
            ],
            "entity": [
                {
                    "role": "source",
                    "what": {"identifier": {"system": "urn:ietf:rfc:3986", "value": f"ni:///sha-256;{digest}"}},
                }
            ],
        }
        yield Incoming(resource, identity_, person_id)
