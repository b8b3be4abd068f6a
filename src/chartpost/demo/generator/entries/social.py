"""Life around health: work, pregnancy and plans for it, orientation, screening questions and their answers."""

from datetime import timedelta
from typing import Any

from chartpost.demo.generator.chart import DAYS_A_YEAR
from chartpost.demo.generator.claims import US_CORE
from chartpost.demo.generator.coding import OFFICE, SNOMED, TERMINOLOGY, Code, hl7, loinc, reference
from chartpost.demo.generator.entries.observations import observe
from chartpost.demo.generator.entries.problems import asserted
from chartpost.demo.generator.values import Resource
from chartpost.demo.generator.visits import Visit

OCCUPATION = loinc("11341-5", "History of Occupation")
INDUSTRY = loinc("86188-0", "History of Occupation industry")
PREGNANCY_STATUS = loinc("82810-3", "Pregnancy status")
PREGNANCY_INTENT = loinc("86645-9", "Pregnancy intention in the next year - Reported")
ORIENTATION = loinc("76690-7", "Sexual orientation")
NOT_PREGNANT = Code(SNOMED, "60001007", "Not pregnant (finding)")
NO_WISH_NOW = Code(SNOMED, "454391000124108", "Does not want to become pregnant (finding)")
HETEROSEXUAL = Code(SNOMED, "20430005", "Heterosexual (finding)")
HUNGER = loinc("88121-9", "Hunger Vital Sign [HVS]")
WORRIED = loinc("88122-7", "Food insecurity risk [HVS] - worried food would run out")
DID_NOT_LAST = loinc("88123-5", "Food insecurity risk [HVS] - food bought did not last")
AT_RISK = loinc("88124-3", "Food insecurity risk [HVS]")
SOMETIMES = loinc("LA6729-3", "Sometimes true")
RISK = loinc("LA19952-3", "At risk")
CATEGORY = "http://hl7.org/fhir/us/core/CodeSystem/us-core-category"
SDOH = Code(CATEGORY, "sdoh", "SDOH")
FUNCTION = Code(CATEGORY, "functional-status", "Functional Status")
DISABILITY = Code(CATEGORY, "disability-status", "Disability Status")
COGNITION = Code(CATEGORY, "cognitive-status", "Cognitive Status")


def occupation(visit: Visit, work: tuple[str, str], industry: tuple[str, str], years: float) -> Resource:
    """File what somebody works as, and in which trade, as census codes (US Core Occupation)."""
    since = visit.day - timedelta(days=round(years * DAYS_A_YEAR))
    system = f"{TERMINOLOGY}PHOccupationalDataForHealthODH"
    found = observe(
        visit,
        "social-history",
        OCCUPATION,
        valueCodeableConcept=Code(system, *work).concept(),
        component=[{"code": INDUSTRY.concept(), "valueCodeableConcept": Code(system, *industry).concept()}],
    )
    del found["effectiveDateTime"]
    found["effectivePeriod"] = {"start": since.isoformat(), "end": visit.day.isoformat()}
    return found


def social_fact(visit: Visit, code: Code, answer: Code) -> Resource:
    """File one coded fact of the social history."""
    return observe(visit, "social-history", code, valueCodeableConcept=answer.concept())


def screen(visit: Visit, area: Code, code: Code, **value: Any) -> Resource:
    """File one answer of a screening in an area such as ``SDOH`` (US Core Observation Screening Assessment)."""
    found = observe(visit, "survey", code, **value)
    found["category"].append(area.concept())
    return found


def hunger_screening(visit: Visit) -> Resource:
    """File a whole Hunger Vital Sign: the answered form, each answer, and the panel over them."""
    form = _form(visit)
    source = [reference(form)]
    answers = [
        screen(visit, SDOH, WORRIED, valueCodeableConcept=SOMETIMES.concept(), derivedFrom=source),
        screen(visit, SDOH, DID_NOT_LAST, valueCodeableConcept=SOMETIMES.concept(), derivedFrom=source),
    ]
    answers.append(
        screen(
            visit, SDOH, AT_RISK, valueCodeableConcept=RISK.concept(), derivedFrom=[reference(one) for one in answers]
        )
    )
    members = [reference(one) for one in answers]
    return screen(visit, SDOH, HUNGER, hasMember=members, derivedFrom=source, valueString="At risk of going hungry")


def _form(visit: Visit) -> Resource:
    why = {"linkId": "why", "text": "What made it hard?", "answer": [{"valueString": "Time off work after the birth"}]}
    worried = {"valueCoding": SOMETIMES.coding(), "item": [why]}
    later = {"linkId": DID_NOT_LAST.code, "text": DID_NOT_LAST.display}
    answers = [
        {"linkId": WORRIED.code, "text": WORRIED.display, "answer": [worried]},
        {
            "linkId": "more",
            "text": "More about food at home",
            "item": [later | {"answer": [{"valueCoding": SOMETIMES.coding()}]}],
        },
        {"linkId": "household", "text": "How many people eat at home?", "answer": [{"valueDecimal": 3}]},
        {"linkId": "comment", "text": "Anything else?", "answer": [{"valueString": "My mother helps on weekends."}]},
    ]
    return visit.chart.add(
        "QuestionnaireResponse",
        identifier={"system": f"{OFFICE}forms", "value": visit.chart.new_id("form-number")},
        questionnaire=f"{OFFICE}forms/hunger-vital-sign",
        _questionnaire={
            "extension": [
                {"url": "http://hl7.org/fhir/StructureDefinition/display", "valueString": HUNGER.display},
                {"url": f"{US_CORE}us-core-extension-questionnaire-uri", "valueUri": f"{OFFICE}forms/hunger.html"},
            ]
        },
        status="completed",
        subject=visit.chart.subject,
        encounter=visit.reference,
        authored=visit.later(6),
        author=visit.author,
        item=answers,
    )


def simple_fact(visit: Visit, category: str, code: Code, **value: Any) -> Resource:
    """File a fact no narrower profile describes (US Core Simple Observation)."""
    return observe(visit, category, code, **value)


def concern(visit: Visit, code: Code, diagnosis: Code) -> Resource:
    """File a social need as a health concern; nobody knows since when it has lasted."""
    unknown = {"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "unknown"}
    health_concern = Code(
        "http://hl7.org/fhir/us/core/CodeSystem/condition-category", "health-concern", "Health Concern"
    )
    return visit.chart.add(
        "Condition",
        extension=[asserted(visit)],
        clinicalStatus=hl7("condition-clinical", "active", "Active"),
        verificationStatus=hl7("condition-ver-status", "confirmed", "Confirmed"),
        category=[health_concern.concept(), SDOH.concept()],
        code={"coding": [code.coding(), diagnosis.coding()], "text": code.display},
        subject=visit.chart.subject,
        encounter=visit.reference,
        _onsetDateTime={"extension": [unknown]},
        recordedDate=visit.when,
        recorder=visit.author,
    )
