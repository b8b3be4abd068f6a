"""Who keeps a record and answers for a document made of it."""

from collections.abc import Iterator
from typing import NamedTuple

from chartpost.formats.convert.people import Share
from chartpost.formats.convert.types import Json, Wish
from chartpost.formats.fhirjson.values import get

NPI = "http://hl7.org/fhir/sid/us-npi"
NOBODY = "Not stated"


class Keeper(NamedTuple):
    """An organisation as it is named in the file; empty where nothing is said."""

    name: str
    phone: str = ""
    npi: str = ""
    lines: tuple[str, ...] = ()
    city: str = ""
    state: str = ""
    postal_code: str = ""


def keeper(share: Share, wish: Wish) -> Keeper:
    """As wished, else the Patient's managing organisation, else the first one named."""
    managing = _dict(share.patient.get("managingOrganization"))
    found = _organization(share, str(managing.get("reference", "")))
    if wish.custodian or found is None:
        return Keeper(wish.custodian or str(managing.get("display") or NOBODY))
    place = _first(found, "address")
    return Keeper(
        name=str(found.get("name") or managing.get("display") or NOBODY),
        phone=next((str(t.get("value", "")) for t in _dicts(found, "telecom") if t.get("system") == "phone"), ""),
        npi=next((str(i.get("value", "")) for i in _dicts(found, "identifier") if i.get("system") == NPI), ""),
        lines=tuple(line for line in get(place, "line") if isinstance(line, str)),
        city=str(place.get("city") or ""),
        state=str(place.get("state") or ""),
        postal_code=str(place.get("postalCode") or ""),
    )


def _organization(share: Share, wanted: str) -> Json | None:
    organizations = [e for e in share.others if e.type == "Organization"]
    own = [e for e in organizations if wanted and wanted in (e.full_url, e.key, f"urn:uuid:{e.resource.get('id')}")]
    return next((e.resource for e in [*own, *organizations]), None)


def _first(resource: Json, name: str) -> Json:
    return next(_dicts(resource, name), {})


def _dicts(resource: Json, name: str) -> Iterator[Json]:
    return (value for value in get(resource, name) if isinstance(value, dict))


def _dict(value: object) -> Json:
    return value if isinstance(value, dict) else {}
