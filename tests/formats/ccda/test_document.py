"""The document as a whole: header, order, refusals, sameness."""

from datetime import datetime

import pytest
from lxml import etree
from tests.formats.ccda.builders import OFFICE, V3, ccd, concept, lab, one, person, resource, section, tree

from chartpost.formats.ccda import Author, CannotWriteError, Organization, check_document

REQUIRED = ["48765-2", "10160-0", "11450-4", "30954-2", "8716-3", "29762-2"]


def test_same_input_gives_the_same_bytes_in_any_order_of_resources() -> None:
    items = [lab(1), lab(2, effectiveDateTime="2024"), resource("Condition", code=concept("1", "Cold"))]
    assert ccd(*items) == ccd(*reversed(items))


def test_an_empty_record_has_every_required_section_marked_as_no_information() -> None:
    root = tree()
    for loinc in REQUIRED:
        part = section(root, loinc)
        assert part.get("nullFlavor") == "NI"
        assert "No information" in one(part, "v3:text/v3:paragraph").text
    assert [s.get("code") for s in root.xpath("//v3:section/v3:code", namespaces=V3)] == [
        "48765-2", "10160-0", "11450-4", "30954-2", "8716-3", "29762-2",
    ]  # fmt: skip
    assert check_document(ccd()) == []


def test_header_names_the_person_the_office_and_the_time_with_its_zone() -> None:
    root = tree()
    assert one(root, "v3:effectiveTime/@value") == "20260302093000-0500"
    patient = one(root, "v3:recordTarget/v3:patientRole/v3:patient")
    assert [g.text for g in patient.findall("v3:name/v3:given", V3)] == ["Ana", "María"]
    assert one(patient, "v3:name/v3:family").text == "Núñez & Sons"
    assert one(patient, "v3:administrativeGenderCode/@code") == "F"
    assert one(patient, "v3:birthTime/@value") == "19800229"
    assert one(patient, "v3:raceCode/@code") == "2028-9"
    assert one(patient, "v3:ethnicGroupCode/@nullFlavor") == "UNK"
    assert one(patient, "v3:languageCommunication/v3:languageCode/@code") == "es"
    assert one(root, "//v3:representedCustodianOrganization/v3:name").text == "Harbor Clinic"
    assert one(root, "v3:recordTarget/v3:patientRole/v3:telecom/@value") == "tel:+1(555)0123"


def test_the_social_security_number_stays_in_the_house() -> None:
    assert b"999-12-3456" not in ccd()
    assert b'extension="MRN-7"' in ccd()


def test_a_person_with_almost_nothing_known_still_makes_a_whole_document() -> None:
    data = ccd(who={"resourceType": "Patient", "id": "x"})
    assert check_document(data) == []
    root = etree.fromstring(data)
    assert one(root, "//v3:birthTime/@nullFlavor") == "UNK"
    assert one(root, "//v3:patient/v3:name/v3:family/@nullFlavor") == "NI"


def test_death_is_stated() -> None:
    root = tree(who=person(deceasedDateTime="2025-12-01"))
    assert one(root, "//sdtc:deceasedInd/@value") == "true"
    assert one(root, "//sdtc:deceasedTime/@value") == "20251201"


def test_the_author_is_the_program_unless_a_person_is_named() -> None:
    assert one(tree(), "v3:author//v3:softwareName").text == "Chartpost"
    named = tree(author=Author("Pat", "Clerk", npi="1234567893"))
    assert one(named, "v3:author//v3:assignedPerson/v3:name/v3:family").text == "Clerk"
    assert one(named, "v3:author/v3:assignedAuthor/v3:id/@extension") == "1234567893"
    assert not named.xpath("v3:author//v3:assignedAuthoringDevice", namespaces=V3)


def test_the_selection_is_the_first_thing_a_reader_sees() -> None:
    root = tree(selection="Everything from 2020 on.\nNotes were left out.")
    first = root.xpath("//v3:section", namespaces=V3)[0]
    assert [p.text for p in first.findall("v3:text/v3:paragraph", V3)] == [
        "Everything from 2020 on.",
        "Notes were left out.",
    ]
    assert check_document(ccd(selection="All.")) == []


def test_the_period_runs_from_the_oldest_entry_to_the_day_of_making() -> None:
    root = tree(lab(1, effectiveDateTime="2019-07"), lab(2))
    assert one(root, "v3:documentationOf//v3:low/@value") == "201907"
    assert one(root, "v3:documentationOf//v3:high/@value") == "20260302093000-0500"


def test_entries_made_in_error_are_not_released() -> None:
    wrong = concept("entered-in-error", "Entered in error")
    data = ccd(
        lab(1, status="entered-in-error", code=concept("1", "Wrong test")),
        resource("Condition", code=concept("2", "Wrong problem"), verificationStatus=wrong),
    )
    assert b"Wrong" not in data


def test_the_resource_uuid_is_the_entry_id_and_other_ids_become_stable_uuids() -> None:
    own = "0b4f8a52-6f0e-4f7e-9a3b-2f1d7c9e8a10"
    root = tree({**lab(), "id": own}, lab(2))
    ids = section(root, "30954-2").xpath(".//v3:observation/v3:id/@root", namespaces=V3)
    assert own in ids
    assert len(set(ids)) == 2
    assert ids == section(tree({**lab(), "id": own}, lab(2)), "30954-2").xpath(
        ".//v3:observation/v3:id/@root", namespaces=V3
    )


@pytest.mark.parametrize(
    "options",
    [
        {"created": datetime(2026, 1, 1)},
        {"document_id": "not an id"},
        {"custodian": Organization("", "2.16.840.1.113883.19.5")},
        {"custodian": Organization("Clinic", "clinic")},
        {"who": {"resourceType": "Observation"}},
    ],
)
def test_values_that_cannot_make_a_valid_document_are_refused(options: dict[str, object]) -> None:
    with pytest.raises(CannotWriteError, match=r"seen: .*expected: .*todo: "):
        ccd(**options)


def test_an_office_without_address_or_phone_is_still_valid() -> None:
    assert check_document(ccd(custodian=Organization("Clinic", OFFICE.identifier))) == []


@pytest.mark.parametrize(("labels", "expected"), [([], "N"), (["L"], "N"), (["R", "N"], "R"), (["R", "V"], "V")])
def test_the_document_is_as_confidential_as_its_strictest_part(labels: list[str], expected: str) -> None:
    system = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
    items = [lab(n, meta={"security": [{"system": system, "code": c}]}) for n, c in enumerate(labels)]
    assert one(tree(*items), "v3:confidentialityCode/@code") == expected
