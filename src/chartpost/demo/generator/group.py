"""The list of the people of the demo, for bulk export (https://hl7.org/fhir/R4/group.html)."""

from collections.abc import Iterable
from uuid import NAMESPACE_URL, uuid5

from chartpost.demo.generator.coding import OFFICE
from chartpost.demo.generator.values import Resource, SyntheticPerson

GROUP_ID = str(uuid5(NAMESPACE_URL, f"{OFFICE}shared/Group/everybody"))
"""The id of the Group, the same in every demo."""


def group_of(people: Iterable[SyntheticPerson]) -> Resource:
    """A Group whose members are these people, in their order."""
    members = [{"entity": {"reference": f"Patient/{one.patient['id']}"}} for one in people]
    return {
        "resourceType": "Group",
        "id": GROUP_ID,
        "identifier": [{"system": f"{OFFICE}groups", "value": "everybody"}],
        "active": True,
        "type": "person",
        "actual": True,
        "name": "Everybody of the demo office",
        "quantity": len(members),
        "member": members,
    }
