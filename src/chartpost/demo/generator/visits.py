"""Visits: the encounter, who was there, and the provenance of what was written."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from chartpost.demo.generator.chart import Chart
from chartpost.demo.generator.coding import ACT_CODE, Code, hl7, reference, snomed
from chartpost.demo.generator.data.places import FACILITIES, Facility
from chartpost.demo.generator.values import Resource

CHECK_UP = snomed("185349003", "Encounter for check up (procedure)")
GENERAL_EXAM = snomed("162673000", "General examination of patient (procedure)")
PROBLEM_VISIT = snomed("185347001", "Encounter for problem (procedure)")
FOLLOW_UP = snomed("390906007", "Follow-up encounter (procedure)")
WELL_CHILD = snomed("410620009", "Well child visit (procedure)")
PRENATAL = snomed("424619006", "Prenatal visit (regime/therapy)")
EMERGENCY = snomed("50849002", "Emergency room admission (procedure)")
HOSPITAL_STAY = snomed("32485007", "Hospital admission (procedure)")

TRANSMITTER = Code(
    "http://hl7.org/fhir/us/core/CodeSystem/us-core-provenance-participant-type", "transmitter", "Transmitter"
)

CLASSES = {
    "AMB": "ambulatory",
    "EMER": "emergency",
    "IMP": "inpatient encounter",
}


@dataclass
class Visit:
    """One encounter while it is being documented."""

    chart: Chart
    start: datetime
    end: datetime
    clinician: str
    place: Facility
    reason: str
    encounter: Resource = field(default_factory=dict)

    @property
    def day(self) -> date:
        """The calendar day at the place of care."""
        return self.start.date()

    @property
    def when(self) -> str:
        """The start as a FHIR instant with its UTC offset."""
        return self.start.isoformat()

    @property
    def reference(self) -> dict[str, Any]:
        """A reference to the encounter."""
        return reference(self.encounter)

    @property
    def author(self) -> dict[str, Any]:
        """A reference to the clinician in charge."""
        return self.chart.shared("Practitioner", self.clinician)

    @property
    def custodian(self) -> dict[str, Any]:
        """A reference to the organisation that keeps the entries."""
        return self.chart.shared("Organization", self.place.organization)

    def discharge(self, code: str, display: str) -> None:
        """Say where the person went after a hospital stay."""
        self.encounter["hospitalization"] = {"dischargeDisposition": hl7("discharge-disposition", code, display)}

    def later(self, minutes: int) -> str:
        """An instant this many minutes after the start."""
        return (self.start + timedelta(minutes=minutes)).isoformat()


@contextmanager
def visit(
    chart: Chart,
    day: date,
    kind: Code,
    reason: str,
    *,
    clinician: str | None = None,
    place: str | None = None,
    klass: str = "AMB",
    minutes: int = 30,
) -> Iterator[Visit]:
    """Open an encounter on a day; on leaving the block its entries get a Provenance."""
    facility = FACILITIES[place or chart.profile.facility]
    start = chart.at(day, facility)
    seen_by = clinician or chart.profile.facility
    one = Visit(chart, start, start + timedelta(minutes=minutes), seen_by, facility, reason)
    before = {id(entry) for entry in chart.entries_of(*_AUTHORED)}
    one.encounter = _encounter(one, kind, klass)
    if klass == "IMP":
        one.discharge("home", "Home")
    yield one
    written = [entry for entry in chart.entries_of(*_AUTHORED) if id(entry) not in before]
    _provenance(one, written)


_AUTHORED = ("Encounter", "Condition", "Observation", "DiagnosticReport", "DocumentReference", "Procedure",
             "MedicationRequest", "Immunization", "CarePlan", "Goal", "ImagingStudy", "AllergyIntolerance",
             "CareTeam", "Device", "MedicationDispense", "QuestionnaireResponse", "ServiceRequest",
             "Specimen")  # fmt: skip


def _encounter(one: Visit, kind: Code, klass: str) -> Resource:
    return one.chart.add(
        "Encounter",
        identifier=[{"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{one.chart.new_id('visit-number')}"}],
        status="finished",
        class_={"system": ACT_CODE, "code": klass, "display": CLASSES[klass]},
        type=[kind.concept()],
        subject=one.chart.subject,
        participant=[
            {
                "type": [hl7("v3-ParticipationType", "PPRF", "primary performer")],
                "period": {"start": one.when, "end": one.end.isoformat()},
                "individual": one.author,
            }
        ],
        period={"start": one.when, "end": one.end.isoformat()},
        reasonCode=[{"text": one.reason}],
        location=[{"location": one.chart.shared("Location", one.place.key)}],
        serviceProvider=one.custodian,
    )


def _provenance(one: Visit, written: list[Resource]) -> None:
    agents = [
        {
            "type": hl7("provenance-participant-type", "author", "Author"),
            "who": one.author,
            "onBehalfOf": one.custodian,
        },
        {"type": TRANSMITTER.concept(), "who": one.custodian, "onBehalfOf": one.custodian},
    ]
    _file_provenance(one.chart, written, one.end, agents)


def registration(chart: Chart) -> None:
    """Say who wrote down what no visit wrote: the person, their plan and the people beside them."""
    office = chart.shared("Organization", "lakeside")
    clerk = chart.shared("Practitioner", chart.profile.facility)
    agents = [
        {"type": hl7("provenance-participant-type", "author", "Author"), "who": clerk, "onBehalfOf": office},
        {"type": TRANSMITTER.concept(), "who": office, "onBehalfOf": office},
    ]
    since = chart.at(chart.years_ago(chart.profile.years))
    _file_provenance(chart, chart.entries_of("Patient", "Coverage", "RelatedPerson"), since, agents)


def _file_provenance(chart: Chart, written: list[Resource], when: datetime, agents: list[Resource]) -> None:
    chart.add(
        "Provenance",
        target=[reference(entry) for entry in written],
        recorded=when.isoformat(),
        activity=hl7("v3-DataOperation", "CREATE", "create"),
        agent=agents,
    )
