"""A chart being written: hands out stable ids, labels entries and keeps them in filing order."""

from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from chartpost.demo.generator.claims import claim
from chartpost.demo.generator.coding import OFFICE, Code, reference
from chartpost.demo.generator.data.places import FACILITIES, Facility
from chartpost.demo.generator.profile import Profile
from chartpost.demo.generator.shared import linked, shared_resource
from chartpost.demo.generator.values import Document, Resource, SyntheticPerson

DAYS_A_YEAR = 365.25


class Chart:
    """The record of one person while it grows. Everything drawn at random comes from ``rng``."""

    def __init__(self, profile: Profile, seed: int, today: date) -> None:
        self.profile = profile
        self.today = today
        self.rng = Random(f"{seed}/{profile.key}")  # noqa: S311 - repeatable fiction, not a secret
        self.seed = seed
        self.last_day = today - timedelta(days=profile.deceased_days_ago or 4)
        self.birth = self._birth_date()
        self.documents: list[Document] = []
        self._entries: dict[str, Resource] = {}
        self._counts: dict[str, int] = {}
        self._labels: tuple[Code, ...] = ()
        self.patient: Resource = {"resourceType": "Patient", "id": self.new_id("Patient")}
        self._entries["Patient"] = self.patient
        self.coverage: Resource | None = None

    def _birth_date(self) -> date:
        """A birthday at the profile's age today; people born alike share the draw."""
        draw = Random(f"{self.seed}/birth/{self.profile.born_like or self.profile.key}")  # noqa: S311 - as above
        within_the_year = 0 if self.profile.age < 1 else draw.randint(20, 340)
        return self.today - timedelta(days=round(self.profile.age * DAYS_A_YEAR) + within_the_year)

    def new_id(self, resource_type: str) -> str:
        """The next id for a type: the same for the same seed, person and filing order."""
        number = self._counts.get(resource_type, 0)
        self._counts[resource_type] = number + 1
        return str(uuid5(NAMESPACE_URL, f"{OFFICE}{self.seed}/{self.profile.key}/{resource_type}/{number}"))

    def add(self, resource_type: str, **fields: Any) -> Resource:
        """File a resource under the labels now in force; a trailing underscore in a name is dropped."""
        resource: Resource = {"resourceType": resource_type, "id": self.new_id(resource_type)}
        if self._labels:
            resource["meta"] = {"security": [label.coding() for label in self._labels]}
        resource.update({name.rstrip("_"): value for name, value in fields.items() if value is not None})
        self._entries[f"{resource_type}/{resource['id']}"] = resource
        return resource

    @contextmanager
    def labelled(self, labels: tuple[Code, ...]) -> Iterator[None]:
        """Everything filed inside the block carries these security labels."""
        before, self._labels = self._labels, labels
        try:
            yield
        finally:
            self._labels = before

    def shared(self, resource_type: str, key: str) -> dict[str, Any]:
        """A reference to an organisation, location or clinician, which joins the bundle."""
        resource = shared_resource(resource_type, key)
        name = f"{resource_type}/{resource['id']}"
        if name not in self._entries:
            self._entries[name] = deepcopy(resource)
            for kind, other in linked(resource_type, key):
                self.shared(kind, other)
        return reference(resource, _shared_name(resource))

    @property
    def subject(self) -> dict[str, Any]:
        """A reference to the person."""
        return reference(self.patient, self.profile.full_name)

    @property
    def facility(self) -> Facility:
        """The facility the person belongs to."""
        return FACILITIES[self.profile.facility]

    def entries_of(self, *resource_types: str) -> list[Resource]:
        """What has been filed so far of these types, in order."""
        return [one for one in self._entries.values() if one["resourceType"] in resource_types]

    def age_on(self, day: date) -> float:
        """Years lived on a day."""
        return (day - self.birth).days / DAYS_A_YEAR

    def years_ago(self, years: float) -> date:
        """The day this long before the record's last day, never before birth."""
        return max(self.birth, self.last_day - timedelta(days=round(years * DAYS_A_YEAR)))

    def weekday_near(self, day: date) -> date:
        """A working day within a week or so, never past the record's last day."""
        moved = min(day + timedelta(days=self.rng.randint(-6, 6)), self.last_day)
        return moved - timedelta(days=max(0, moved.weekday() - 4))

    def at(self, day: date, facility: Facility | None = None) -> datetime:
        """A time within office hours on that day, in the facility's own time zone."""
        minutes = self.rng.randrange(8 * 60, 16 * 60 + 30, 10)
        zone = (facility or self.facility).zone
        return datetime.combine(day, time(minutes // 60, minutes % 60), zone)

    def finish(self) -> SyntheticPerson:
        """Close the chart and hand the person out."""
        entries = [
            {"fullUrl": f"{OFFICE}fhir/{one['resourceType']}/{one['id']}", "resource": claim(one)}
            for one in self._entries.values()
        ]
        made = datetime.combine(self.today, time(6), self.facility.zone).isoformat()
        bundle = {"resourceType": "Bundle", "id": self.new_id("Bundle"), "type": "collection"}
        who = self.profile
        return SyntheticPerson(
            key=who.key,
            story=who.story,
            bundle=bundle | {"timestamp": made, "entry": entries},
            documents=self.documents,
            traits=who.traits,
            family=who.household,
            relations=list(who.relations),
        )


def _shared_name(resource: Resource) -> str:
    name = resource["name"] if "name" in resource else resource["practitioner"]["display"]
    return name if isinstance(name, str) else name[0]["text"]
