"""Who an app's user is, kept among the resources, so that the app can read the `fhirUser` it was told (SMART 2.2)."""

from typing import Any

from chartpost.identity.types import SYSTEM
from chartpost.records import services
from chartpost.records.types import Incoming

SOURCE = "office:accounts"


def keep(resource: dict[str, Any], person_id: int | None) -> None:
    """Keep a Practitioner (nobody's) or RelatedPerson (of the person); unchanged ones make no new version."""
    incoming = Incoming(resource, str(resource["id"]), person_id or 0)
    services.save([incoming], services.source_id(SOURCE, "Accounts of this office"), SYSTEM, why="operations")
