"""Section 1.5: what scopes give, whole types, v1 and v2, and finer kinds under which every search is replayed."""

from collections.abc import Callable

from tests.interop.checklist.matching import matches
from tests.interop.checklist.office import Json, Office, Session
from tests.interop.checklist.rows import requires
from tests.interop.checklist.searches import combinations, pick
from tests.support.launching import Form

SECTION = "1.5 Scopes"
BASIC = "launch/patient openid fhirUser offline_access"
COMPARTMENT = (
    "AllergyIntolerance", "CarePlan", "CareTeam", "Condition", "DiagnosticReport", "DocumentReference", "Goal",
    "Immunization", "MedicationRequest", "Observation", "Patient", "Procedure", "Provenance", "ServiceRequest",
    "Coverage", "MedicationDispense", "Specimen",
)  # fmt: skip
OTHERS = ("Device", "Encounter", "Location", "Medication", "Organization", "Practitioner", "PractitionerRole",
          "RelatedPerson", "QuestionnaireResponse")  # fmt: skip

_CONDITION = "http://terminology.hl7.org/CodeSystem/condition-category"
_CORE_CONDITION = "http://hl7.org/fhir/us/core/CodeSystem/condition-category"
_OBSERVATION = "http://terminology.hl7.org/CodeSystem/observation-category"
_CORE = "http://hl7.org/fhir/us/core/CodeSystem/us-core-category"
GRANULAR: tuple[dict[str, tuple[str, ...]], ...] = (
    {
        "Condition": (f"{_CONDITION}|encounter-diagnosis", f"{_CORE_CONDITION}|health-concern"),
        "Observation": (f"{_OBSERVATION}|laboratory", f"{_OBSERVATION}|social-history"),
    },
    {
        "Condition": (f"{_CONDITION}|problem-list-item",),
        "Observation": (f"{_OBSERVATION}|vital-signs", f"{_OBSERVATION}|survey", f"{_CORE}|sdoh"),
    },
)
"""The finer scopes of the two launches of the certification test."""


def scope_for(kinds: dict[str, tuple[str, ...]], level: str = "patient") -> str:
    """Finer scopes as text (SMART 2.2 'Finer-grained resource constraints')."""
    parts = [f"{level}/{name}.rs?category={one}" for name, codes in kinds.items() for one in codes]
    return " ".join([BASIC, f"{level}/Patient.rs", *parts])


def resource_scopes(granted: Json) -> set[str]:
    """The scopes of a token response that name resources."""
    return {scope for scope in granted["scope"].split() if "/" in scope and not scope.startswith("launch")}


@requires("ALL-TYPES-V2", SECTION, "v2 scopes of every type are granted, and each type can be searched")
def _all_v2(office: Office) -> None:
    asked = " ".join(f"patient/{name}.rs" for name in (*COMPARTMENT, *OTHERS))
    session = office.session("grace", f"{BASIC} {asked}")
    assert resource_scopes(session.granted) >= {f"patient/{name}.rs" for name in COMPARTMENT}
    for name in COMPARTMENT:
        query = {"_id": session.patient} if name == "Patient" else {"patient": session.patient}
        assert session.get(name, **query).status == 200, name


@requires("ALL-TYPES-V1", SECTION, "v1 scopes are taken, and give reading and searching")
def _all_v1(office: Office) -> None:
    session = office.session("grace", f"{BASIC} " + " ".join(f"patient/{name}.read" for name in COMPARTMENT))
    granted = resource_scopes(session.granted)
    for name in COMPARTMENT:
        assert granted & {f"patient/{name}.read", f"patient/{name}.rs"}, name
    assert session.search("Condition", patient=session.patient)
    assert session.get(f"Patient/{session.patient}").status == 200


@requires("READ-OR-SEARCH", SECTION, "Reading and searching can be granted apart")
def _apart(office: Office) -> None:
    full = office.session("grace")
    one = full.all("Condition")[0]["id"]
    reads = office.session("grace", f"{BASIC} patient/Patient.rs patient/Condition.r")
    assert reads.get(f"Condition/{one}").status == 200
    assert reads.get("Condition", patient=full.patient).status in {401, 403}
    searches = office.session("grace", f"{BASIC} patient/Patient.rs patient/Condition.s")
    assert searches.get("Condition", patient=full.patient).status == 200
    assert searches.get(f"Condition/{one}").status in {401, 403}


def untick(*keys: str) -> Callable[[Form], None]:
    """Take ticks from the consent page: those of these lines, and of their finer parts."""

    def change(form: Form) -> None:
        form["see"] = [v for v in form["see"] if not any(v == key or v.startswith(f"{key}?") for key in keys)]

    return change


@requires("LIMITED", SECTION, "Only the types a person leaves ticked can be searched; others are refused")
def _limited(office: Office) -> None:
    kept = ("Patient", "Condition", "Observation")
    dropped = [name for name in (*COMPARTMENT, "Encounter") if name not in kept]

    def change(form: Form) -> None:
        form["see"] = [v for v in form["see"] if v == "offline_access" or any(name in v for name in kept)]

    asked = " ".join(f"patient/{name}.rs" for name in (*COMPARTMENT, "Encounter"))
    session = office.session("grace", f"{BASIC} {asked}", change)
    for name in kept[1:]:
        assert session.get(name, patient=session.patient).status == 200
    for name in dropped:
        assert session.get(name, patient=session.patient).status in {401, 403}, name


@requires(
    "GRANULAR-CHOICE", SECTION, "Asked for whole types, a person grants finer kinds; the response holds only those"
)
def _choice(office: Office) -> None:
    def change(form: Form) -> None:
        finer = [v for v in form["see"] if v.startswith(("Condition", "Observation"))]
        assert len(finer) >= 4, form["see"]
        gone = {next(v for v in finer if v.startswith(name)) for name in ("Condition", "Observation")}
        form["see"] = [v for v in form["see"] if v not in gone]

    asked = " ".join(f"patient/{name}.rs" for name in ("Condition", "Observation", "Patient"))
    granted = resource_scopes(office.session("grace", f"{BASIC} {asked}", change).granted)
    assert "patient/Patient.rs" in granted
    for name in ("Condition", "Observation"):
        of_type = {scope for scope in granted if scope.startswith(f"patient/{name}.")}
        assert of_type
        assert all("?category=" in scope for scope in of_type), of_type


def _replay(office: Office, kinds: dict[str, tuple[str, ...]]) -> None:
    """Every search and read of Condition and Observation: what the finer scopes give, whole, and nothing else."""
    for who in ("grace", "gordon"):
        full = office.session(who)
        narrow = office.session(who, scope_for(kinds))
        granted = {scope.partition("?")[2] for scope in resource_scopes(narrow.granted)} - {""}
        assert granted == {f"category={one}" for codes in kinds.values() for one in codes}
        for name, codes in kinds.items():
            entries = full.all(name)
            within = {one["id"] for one in entries if any(matches(one, "category", code) for code in codes)}
            assert within
            _searches_again(full, narrow, name, entries, within)
            _reads_again(narrow, name, entries, within)


def _searches_again(full: Session, narrow: Session, name: str, entries: list[Json], within: set[str]) -> None:
    for resource_type, names, _strength in combinations():
        picked = pick(full, entries, names) if resource_type == name else None
        if picked is None:
            continue
        wide = {one["id"] for one in full.search(name, **picked[1])}
        answer = narrow.get(name, **picked[1])
        if answer.status in {401, 403}:
            assert not wide & within, (picked[1], "refused although something is in scope")
            continue
        assert {one["id"] for one in narrow.search(name, **picked[1])} == wide & within, picked[1]


def _reads_again(narrow: Session, name: str, entries: list[Json], within: set[str]) -> None:
    inside = [one["id"] for one in entries if one["id"] in within]
    outside = [one["id"] for one in entries if one["id"] not in within]
    assert outside
    for fhir_id in inside[:20]:
        assert narrow.get(f"{name}/{fhir_id}").status == 200
    for fhir_id in outside[:20]:
        answer = narrow.get(f"{name}/{fhir_id}")
        assert answer.status != 200
        assert answer.json["resourceType"] == "OperationOutcome"


@requires(
    "GRANULAR-1", SECTION, "Finer scopes, launch 1: encounter-diagnosis, health-concern; laboratory, social-history"
)
def _granular_one(office: Office) -> None:
    _replay(office, GRANULAR[0])


@requires("GRANULAR-2", SECTION, "Finer scopes, launch 2: problem-list-item; vital-signs, survey, sdoh")
def _granular_two(office: Office) -> None:
    _replay(office, GRANULAR[1])


@requires("USER-SCOPES", SECTION, "Staff grant user/ scopes, which reach the people staff may see")
def _user(office: Office) -> None:
    asked = "openid fhirUser offline_access user/Patient.rs user/Observation.rs"
    granted = office.client("symmetric").launch(office.browser("clerk"), asked)
    assert resource_scopes(granted) == {"user/Patient.rs", "user/Observation.rs"}
    session = Session(office.live, granted["access_token"], "", granted)
    assert len(session.search("Patient", family="Bennett")) == 3
    patient = office.session("gordon").patient
    assert session.search("Observation", patient=patient, category="laboratory")


@requires("OTHER-PATIENT", SECTION, "A token for one patient shows nothing of another")
def _other(office: Office) -> None:
    session, other = office.session("grace"), office.session("gordon")
    assert session.get(f"Patient/{other.patient}").status in {403, 404}
    answer = session.get("Observation", patient=other.patient)
    assert answer.status in {403, 404} or not answer.json.get("entry")
    one = other.all("Observation")[0]["id"]
    assert session.get(f"Observation/{one}").status in {403, 404}
