"""The header: the Patient of US Core, people and organizations, the visit, provenance."""

import base64
import hashlib
from typing import Any

import pytest
from tests.formats.ccda_intake.papers import PERSON, PROBLEMS, paper, problem, section

from chartpost.formats.ccda.intake import Converted, convert
from chartpost.formats.ccda.intake.provenance import PATH

AUTHOR = (
    '<author><time value="20240105101400-0500"/><assignedAuthor>'
    '<id root="2.16.840.1.113883.4.6" extension="1245319599"/>'
    '<code code="207R00000X" codeSystem="2.16.840.1.113883.6.101" displayName="Internal Medicine"/>'
    "<assignedPerson><name><given>Lee</given><family>Park</family></name></assignedPerson>"
    '<representedOrganization><id root="2.16.840.1.113883.19.5.9" extension="1"/><name>Salem Clinic</name>'
    '<telecom value="tel:555-0101" use="HP"/></representedOrganization></assignedAuthor></author>'
)
CUSTODIAN = (
    "<custodian><assignedCustodian><representedCustodianOrganization>"
    '<id root="2.16.840.1.113883.19.5.9" extension="1"/><name>Salem Clinic</name>'
    "</representedCustodianOrganization></assignedCustodian></custodian>"
)
VISIT = (
    '<componentOf><encompassingEncounter><id root="2.16.840.1.113883.19.6" extension="v1"/>'
    '<code code="AMB" codeSystem="2.16.840.1.113883.5.4"/>'
    '<effectiveTime><low value="20240105"/><high value="20240105"/></effectiveTime>'
    "</encompassingEncounter></componentOf>"
)


def run(text: str) -> Converted:
    return convert(text.encode())


def of(found: Converted, kind: str) -> list[dict[str, Any]]:
    return [r for r in found.resources if r["resourceType"] == kind]


def patient(change: str, to: str) -> dict[str, Any]:
    return of(run(paper(person=PERSON.replace(change, to, 1))), "Patient")[0]


def test_the_patient_comes_first_and_keeps_us_core() -> None:
    found = run(paper(section(PROBLEMS, problem())))
    made = found.resources[0]
    assert made["meta"]["profile"] == ["http://hl7.org/fhir/us/core/StructureDefinition/us-core-patient"]
    assert (made["gender"], made["birthDate"], made["name"][0]["family"]) == ("female", "1970-05-01", "Reyes")
    assert made["telecom"] == [{"system": "phone", "value": "+1-555-0100", "use": "home"}]


def test_race_and_ethnicity_are_extensions_with_their_words() -> None:
    race = (
        '<raceCode code="2106-3" codeSystem="2.16.840.1.113883.6.238" displayName="White"/>'
        '<sdtc:raceCode code="2108-9" codeSystem="2.16.840.1.113883.6.238" displayName="European"/>'
        '<ethnicGroupCode nullFlavor="ASKU"/>'
    )
    made = patient('<birthTime value="19700501"/>', f'<birthTime value="19700501"/>{race}')
    parts = {e["url"].rpartition("-")[2]: [p["url"] for p in e["extension"]] for e in made["extension"]}
    assert parts == {"race": ["ombCategory", "detailed", "text"], "ethnicity": ["ombCategory", "text"]}


@pytest.mark.parametrize(("order", "there"), [("2", True), ("²", False), ("9" * 5000, False), ("2.5", False)])
def test_an_order_of_birth_that_is_no_number_is_left_out(order: str, there: bool) -> None:
    made = patient("</patient>", f'<multipleBirthOrderNumber value="{order}"/></patient>')
    assert made.get("multipleBirthInteger") == (2 if there else None)


def test_a_patient_without_a_name_is_a_patient_still() -> None:
    made = patient("<name><given>Ada</given><family>Reyes</family></name>", "")
    assert made["name"][0]["extension"][0]["valueCode"] == "unknown"


def test_people_are_made_once_and_act_for_their_organization() -> None:
    found = run(paper(section(PROBLEMS, problem(more=AUTHOR)), head=AUTHOR + CUSTODIAN))
    (practitioner,) = of(found, "Practitioner")
    (role,) = of(found, "PractitionerRole")
    (company,) = of(found, "Organization")
    assert role["practitioner"]["reference"] == f"Practitioner/{practitioner['id']}"
    assert role["organization"]["reference"] == f"Organization/{company['id']}"
    assert company["telecom"][0].get("use") is None
    assert of(found, "Condition")[0]["recorder"]["reference"] == f"Practitioner/{practitioner['id']}"


def test_the_patient_as_author_is_the_patient() -> None:
    own = (
        '<author><time value="20240105"/><assignedAuthor><id root="2.16.840.1.113883.19.5" extension="998"/>'
        "<assignedPerson><name><given>Ada</given><family>Reyes</family></name></assignedPerson></assignedAuthor></author>"
    )
    found = run(paper(section(PROBLEMS, problem(more=own))))
    assert of(found, "Condition")[0]["recorder"]["reference"].startswith("Patient/")
    assert of(found, "Practitioner") == []


def test_next_of_kin_is_a_related_person() -> None:
    kin = (
        '<participant typeCode="IND"><associatedEntity classCode="NOK">'
        '<code code="MTH" codeSystem="2.16.840.1.113883.5.111" displayName="Mother"/>'
        "<associatedPerson><name><given>Eva</given><family>Reyes</family></name></associatedPerson>"
        "</associatedEntity></participant>"
    )
    (made,) = of(run(paper(head=kin)), "RelatedPerson")
    assert (made["relationship"][0]["text"], made["name"][0]["given"]) == ("Mother", ["Eva"])


def test_the_visit_of_header_and_section_is_one() -> None:
    entry = (
        '<encounter classCode="ENC" moodCode="EVN"><templateId root="2.16.840.1.113883.10.20.22.4.49"/>'
        '<id root="2.16.840.1.113883.19.6" extension="v1"/><code code="99213" codeSystem="2.16.840.1.113883.6.12" '
        'displayName="Office visit"/><effectiveTime value="20240105"/></encounter>'
    )
    found = run(paper(section("46240-8", entry), head=VISIT))
    (made,) = of(found, "Encounter")
    assert (made["class"]["code"], made["status"]) == ("AMB", "finished")
    assert made["type"][0]["text"] == "Office visit"
    assert found.sections[0].understood == 1


def test_provenance_names_author_original_and_element() -> None:
    text = paper(section(PROBLEMS, problem(more=AUTHOR)), head=CUSTODIAN)
    found = run(text)
    (condition,) = of(found, "Condition")
    key = f"Condition/{condition['id']}"
    told = [p for p in of(found, "Provenance") if any(t["reference"] == key for t in p["target"])]
    assert len(told) == 1
    (target,) = [t for t in told[0]["target"] if t["reference"] == key]
    digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
    assert told[0]["entity"][0]["what"]["identifier"]["value"] == f"ni:///sha-256;{digest}"
    assert target["extension"] == [{"url": PATH, "valueString": found.sources[key].path}]
    kinds = [a["type"]["coding"][0]["code"] for a in told[0]["agent"]]
    assert kinds == ["author", "transmitter"]
    assert told[0]["recorded"].startswith("2024-01-05T10:1")


def test_every_resource_has_a_source_that_leads_to_its_element() -> None:
    from lxml import etree

    text = paper(section(PROBLEMS, problem(more=AUTHOR)), head=AUTHOR + CUSTODIAN + VISIT)
    found = run(text)
    root = etree.fromstring(text.encode()).getroottree()
    names = {"v3": "urn:hl7-org:v3", "sdtc": "urn:hl7-org:sdtc"}
    for one in found.resources:
        if one["resourceType"] != "Provenance":
            source = found.sources[f"{one['resourceType']}/{one['id']}"]
            led_to = root.xpath(source.path, namespaces=names)
            assert isinstance(led_to, list)
            assert len(led_to) == 1, source.path


def test_ids_are_the_same_each_time_and_differ_between_documents() -> None:
    text = paper(section(PROBLEMS, problem()), head=AUTHOR)
    first, again = run(text), run(text)
    other = run(text.replace('99999.1" extension="1"', '99999.1" extension="2"'))
    ids = [{r["id"] for r in found.resources} for found in (first, again, other)]
    assert ids[0] == ids[1]
    assert not ids[0] & ids[2]


def test_two_people_under_one_office_number_stay_two() -> None:
    other = AUTHOR.replace("Lee", "Kim").replace("2.16.840.1.113883.4.6", "2.16.840.1.113883.19.5.77")
    first = AUTHOR.replace("2.16.840.1.113883.4.6", "2.16.840.1.113883.19.5.77")
    found = run(paper(section(PROBLEMS, problem(more=other)), head=first))
    assert sorted(p["name"][0]["given"][0] for p in of(found, "Practitioner")) == ["Kim", "Lee"]


def test_one_registered_number_is_one_person_however_written() -> None:
    found = run(paper(section(PROBLEMS, problem(more=AUTHOR.replace("Lee", "L."))), head=AUTHOR))
    assert len(of(found, "Practitioner")) == 1


def test_the_word_some_programs_write_for_no_name_is_no_name() -> None:
    named = PERSON.replace("<given>Ada</given>", "<given>Ada</given><given>null</given>")
    found = convert(paper(person=named.replace("01970<", "01970-<")).encode())
    assert found.resources[0]["name"][0]["text"] == "Ada Reyes"
    assert str(found.header.name) == "Ada Reyes"
    assert found.resources[0]["address"][0]["postalCode"] == "01970"
    only = convert(paper(person=PERSON.replace("Ada", "null")).encode())
    assert only.resources[0]["name"][0]["given"] == ["null"]
