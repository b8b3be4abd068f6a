"""The selected part of a record, indexed for the section writers."""

import uuid
from collections.abc import Iterable, Iterator

from chartpost.formats.ccda.fhirvalues import Fhir, code_of, span

_NAMESPACE = uuid.UUID("5f0d8a2e-7b0c-5d0f-9a55-0f6a1c1f7c11")
_DATES = (
    "effective", "onset", "performed", "occurrence", "period", "recordedDate", "authoredOn", "recorded",
    "start", "date", "created", "issued", "startDate",
)  # fmt: skip


class Record:
    """One person and the resources to be written; entries marked entered-in-error are left out."""

    def __init__(self, person: Fhir, resources: Iterable[Fhir]) -> None:
        self.person = person
        kept = [r for r in resources if r.get("resourceType") and not _in_error(r)]
        self._all = sorted(kept, key=lambda r: (date_of(r), r["resourceType"], str(r.get("id", ""))), reverse=True)
        self._by_ref = {key: r for r in [person, *self._all] for key in _reference_keys(r)}

    def __iter__(self) -> Iterator[Fhir]:
        return iter(self._all)

    def of(self, *types: str) -> list[Fhir]:
        """Resources of these types, newest first."""
        return [r for r in self._all if r["resourceType"] in types]

    def resolve(self, reference: Fhir | None, owner: Fhir | None = None) -> Fhir | None:
        """What a FHIR Reference points to, contained resources of the owner included; None if not here."""
        target = str((reference or {}).get("reference", ""))
        if target.startswith("#"):
            contained = (owner or {}).get("contained") or ()
            return next((c for c in contained if f"#{c.get('id')}" == target), None)
        found = self._by_ref.get(target)
        return found or self._by_ref.get("/".join(target.split("/")[-2:])) if target else None

    def name_of(self, reference: Fhir | None, owner: Fhir | None = None) -> str:
        """The name of who or what a Reference points to, for a reader."""
        shown = (reference or {}).get("display")
        return str(shown) if shown else resource_name(self.resolve(reference, owner))


def resource_name(resource: Fhir | None) -> str:
    """The name of a Practitioner, Organization, Location, Patient or the like; empty if it has none."""
    name = (resource or {}).get("name")
    if isinstance(name, str):
        return name
    if isinstance(name, list) and name:
        return human_name(name[0])
    if resource and resource.get("practitioner"):
        return str(resource["practitioner"].get("display", ""))
    return ""


def human_name(name: Fhir) -> str:
    """A HumanName in reading order."""
    parts = [*(name.get("prefix") or ()), *(name.get("given") or ()), name.get("family", "")]
    return str(name.get("text") or " ".join(p for p in parts if p))


def date_of(resource: Fhir) -> str:
    """The clinical date used for order: the first one present, as written; empty if none."""
    for name in _DATES:
        start, end = span(resource, name)
        if start or end:
            return str(start or end)
    return ""


def unique_id(resource: Fhir, scope: str, part: str = "") -> str:
    """A stable UUID for an entry: the resource's own where it is one, else name-based (RFC 9562 5.5).

    `scope` is the custodian's identifier, `part` tells apart several entries made of one resource.
    """
    own = str(resource.get("id", ""))
    if not part:
        try:
            return str(uuid.UUID(own))
        except ValueError:
            pass
    return str(uuid.uuid5(_NAMESPACE, "\n".join((scope, str(resource.get("resourceType")), own, part))))


def _in_error(resource: Fhir) -> bool:
    return (
        resource.get("status") == "entered-in-error"
        or code_of(resource.get("verificationStatus")) == "entered-in-error"
    )


def _reference_keys(resource: Fhir) -> Iterator[str]:
    if resource.get("id"):
        yield f"{resource['resourceType']}/{resource['id']}"
        yield f"urn:uuid:{resource['id']}"
    for identifier in resource.get("identifier") or ():
        if isinstance(identifier, dict) and identifier.get("value"):
            system, value = identifier.get("system", ""), identifier["value"]
            yield f"{resource['resourceType']}?identifier={system}|{value}"
