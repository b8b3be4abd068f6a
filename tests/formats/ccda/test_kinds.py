"""Referral notes, discharge and transfer summaries, privacy labels, files inside, and papers as documents."""

from base64 import b64decode, b64encode
from typing import Any

import pytest
from lxml import etree
from tests.formats.ccda.builders import (
    CREATED,
    DOCUMENT_ID,
    LOINC,
    OFFICE,
    V3,
    cells,
    concept,
    document,
    lab,
    one,
    person,
    resource,
    section,
)
from tests.formats.ccda.test_properties import FULL

from chartpost.formats.ccda import (
    CannotWriteError,
    Recipient,
    UnsoundDocumentError,
    check_document,
    convert,
    header_of,
    parse,
    selfcheck,
    write_unstructured,
)
from chartpost.formats.ccda.privacy import PART2_NOTICE

CATEGORY = "http://terminology.hl7.org/CodeSystem/condition-category"
PART2 = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActUSPrivacyLaw", "code": "42CFRPart2"}
SCAN = b"%PDF-1.7 " + bytes(range(256))


def made(kind: str, *resources: dict[str, Any], **options: Any) -> etree._Element:
    data = document(kind, *resources, **options)
    assert check_document(data) == []
    return etree.fromstring(data)


def titles(root: etree._Element) -> list[str]:
    return [str(t.text) for t in root.iterfind("v3:component/v3:structuredBody/v3:component/v3:section/v3:title", V3)]


def note(text: str, code: str, number: int = 1, kind: str = "text/plain") -> dict[str, Any]:
    attachment = {"contentType": kind, "data": b64encode(text.encode()).decode()}
    return resource(
        "DocumentReference", number, type=concept(code, "Note", LOINC), content=[{"attachment": attachment}]
    )


def test_a_referral_note_says_why_to_whom_and_who_asked() -> None:
    order = resource(
        "ServiceRequest", status="active", intent="order", code=concept("306206005", "Referral to orthopedics"),
        reasonCode=[concept("57676002", "Joint pain")], authoredOn="2026-02-01",
    )  # fmt: skip
    to = Recipient("Ada", "Stern", "Harbor Orthopedics", npi="1234567893", phone="+1 555 0101")
    root = made("referral", order, note("Knee swollen", "51848-0"), recipient=to, reason="Knee pain since May")
    assert titles(root)[:3] == ["Reason for Referral", "Assessment", "Plan of Treatment"]
    reason = section(root, "42349-1")
    assert [p.text for p in reason.iterfind("v3:text/v3:paragraph", V3)] == [
        "Knee pain since May",
        "Referral to orthopedics: Joint pain (February 1, 2026)",
    ]
    assert one(reason, "v3:entry/v3:act[@classCode='PCPR']/v3:code/@code") == "306206005"
    assert section(root, "18776-5").get("nullFlavor") == "NI"
    assert one(section(root, "51848-0"), "v3:text/v3:paragraph").text == "Knee swollen"
    assert one(root, "v3:informationRecipient//v3:informationRecipient/v3:name/v3:family").text == "Stern"
    assert one(root, "v3:informationRecipient//v3:receivedOrganization/v3:name").text == "Harbor Orthopedics"


def stay(number: int, end: str, **more: Any) -> dict[str, Any]:
    kind = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "IMP", "display": "inpatient"}
    period = {"start": "2025-03-01T08:00:00Z", "end": end}
    return resource("Encounter", number, status="finished", **{"class": kind, "period": period, **more})


def test_a_discharge_summary_is_about_the_stay_that_ended_last() -> None:
    left = concept("home", "Home", "urn:oid:2.16.840.1.113883.6.301.5")
    condition = resource(
        "Condition", code=concept("233604007", "Pneumonia"), encounter={"reference": "Encounter/encounter-2"},
        category=[concept("encounter-diagnosis", "Diagnosis", CATEGORY)],
    )  # fmt: skip
    other = resource("Condition", 2, code=concept("44054006", "Diabetes"))
    drug = resource(
        "MedicationRequest", status="active", intent="order", medicationCodeableConcept={"text": "Amoxicillin"},
        category=[concept("discharge", "Discharge")],
    )  # fmt: skip
    stays = stay(1, "2025-03-03"), stay(2, "2025-03-09", hospitalization={"dischargeDisposition": left})
    root = made("discharge", *stays, condition, other, drug, note("Came in with fever.", "8648-8"))
    assert one(root, "v3:componentOf//v3:effectiveTime/v3:high/@value") == "20250309"
    assert one(root, "v3:componentOf//v3:dischargeDispositionCode/@code") == "home"
    assert cells(section(root, "11535-2"))[0][0] == "Pneumonia"
    assert [row[0] for row in cells(section(root, "11450-4"))] == ["Diabetes"]
    assert cells(section(root, "10183-2"))[0][0] == "Amoxicillin"
    assert not root.xpath("//v3:section[v3:code/@code='10160-0']//v3:tbody", namespaces=V3)
    assert one(section(root, "8648-8"), "v3:text/v3:paragraph").text == "Came in with fever."


def test_a_transfer_summary_names_who_gave_the_care() -> None:
    doctor = resource("Practitioner", name=[{"family": "Reyes", "given": ["Lu"]}])
    who = person(generalPractitioner=[{"reference": "Practitioner/practitioner-1"}])
    assert one(made("transfer", doctor, who=who), "v3:documentationOf//v3:performer//v3:name").text == "Lu Reyes"
    alone = made("transfer")
    assert one(alone, "v3:documentationOf//v3:performer//v3:representedOrganization/v3:name").text == "Harbor Clinic"


def test_referrals_stand_in_the_plan_of_a_document_that_refers_nobody() -> None:
    order = resource("ServiceRequest", status="active", intent="order", code=concept("306206005", "Referral"))
    assert cells(section(made("ccd", order), "18776-5"))[0][0] == "Referral"
    assert "Reason for Referral" not in titles(made("ccd", order))


def observed(code: str, text: str, category: str, **more: Any) -> dict[str, Any]:
    given = {"category": [{"coding": [{"code": category}]}], "code": concept(code, text, LOINC), **more}
    return {**{k: v for k, v in lab().items() if k != "valueQuantity"}, "id": code, **given}


def test_status_nutrition_directives_and_concerns_have_sections_of_their_own() -> None:
    able = {"valueCodeableConcept": concept("371153006", "Independent")}
    diet = {"valueCodeableConcept": concept("248325000", "Well nourished")}
    root = made(
        "ccd",
        observed("54522-8", "Walking", "functional-status", **able),
        observed("72172-0", "Memory test", "cognitive-status", valueInteger=27),
        observed("75305-3", "Nutrition", "exam", **diet),
        resource("Consent", status="active", category=[concept("42348-3", "Advance directive", LOINC)],
                 scope=concept("adr", "Advance care directive"), dateTime="2024-02-03",
                 provision={"code": [concept("304251008", "Resuscitation")]}),
        resource("Condition", code=concept("160903007", "Lives alone"),
                 category=[concept("health-concern", "Health concern", CATEGORY)]),
        note("Do not resuscitate.", "42348-3"),
    )  # fmt: skip
    assert cells(section(root, "47420-5"))[0][:2] == ["Walking", "Independent"]
    assert cells(section(root, "10190-7"))[0][:2] == ["Memory test", "27"]
    assert cells(section(root, "61144-2"))[0][:2] == ["Nutrition", "Well nourished"]
    assert sorted(row[3] for row in cells(section(root, "42348-3"))) == ["Do not resuscitate.", "Resuscitation"]
    assert cells(section(root, "75310-3"))[0][0] == "Lives alone"
    assert section(root, "11450-4").get("nullFlavor") == "NI"


def test_part_2_records_are_marked_on_section_and_document_with_the_notice_of_the_law() -> None:
    secret = resource("Condition", code=concept("66590003", "Alcohol dependence"), meta={"security": [PART2]})
    root = made("ccd", secret, lab())
    assert one(root, "v3:confidentialityCode/@code") == "R"
    assert one(root, "v3:templateId[@root='2.16.840.1.113883.3.3251.1.1']") is not None
    assert one(root, "v3:author/v3:templateId/@root") == "2.16.840.1.113883.3.3251.1.2"
    assert one(section(root, "11450-4"), "v3:confidentialityCode/@code") == "R"
    assert section(root, "30954-2").find("v3:confidentialityCode", V3) is None
    notice = section(root, "57017-6")
    assert titles(root)[0] == "Privacy"
    assert PART2_NOTICE in "".join(notice.find("v3:text", V3).itertext())
    codes = notice.xpath(".//v3:observation/v3:value/@code", namespaces=V3)
    assert codes == ["R", "NORDSCLCD"]


def test_a_restricted_record_is_marked_without_the_notice_and_an_ordinary_one_not_at_all() -> None:
    system = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
    root = made("ccd", lab(meta={"security": [{"system": system, "code": "V"}]}))
    assert one(root, "v3:confidentialityCode/@code") == "V"
    assert PART2_NOTICE not in "".join(section(root, "57017-6").itertext())
    assert "Privacy" not in titles(made("ccd", lab()))


def test_a_file_goes_inside_when_asked_for_and_is_shown_in_its_line() -> None:
    attachment = {"contentType": "application/pdf", "title": "Knee", "data": b64encode(SCAN).decode()}
    paper = resource(
        "DocumentReference", type=concept("11526-1", "Report", LOINC), content=[{"attachment": attachment}]
    )
    root = made("ccd", paper, embed=True)
    media = one(root, "//v3:observationMedia")
    assert one(root, "//v3:renderMultiMedia/@referencedObject") == media.get("ID")
    assert b64decode(one(media, "v3:value").text) == SCAN
    assert "inside this document" in cells(section(root, "34109-9"))[0][3]
    assert [e.data for e in convert(etree.tostring(root)).originals] == [SCAN]
    bare = made("ccd", paper)
    assert "not part of this document" in cells(section(bare, "34109-9"))[0][3]
    assert not bare.xpath("//v3:observationMedia", namespaces=V3)


def test_a_paper_becomes_a_document_of_its_own() -> None:
    options: dict[str, Any] = {"custodian": OFFICE, "created": CREATED, "document_id": DOCUMENT_ID, "title": "Knee"}
    data = write_unstructured(person(), SCAN, "application/pdf", **options)
    root = parse(data)
    text = one(root, "v3:component/v3:nonXMLBody/v3:text")
    assert (text.get("mediaType"), b64decode(text.text)) == ("application/pdf", SCAN)
    assert header_of(root).title == "Knee"
    for wrong in ({"media_type": "application/zip", "data": b"x"}, {"media_type": "application/pdf", "data": b""}):
        with pytest.raises(CannotWriteError, match=r"seen: .*bytes of"):
            write_unstructured(person(), **wrong, **options)


@pytest.mark.parametrize(
    ("given", "family"),
    [
        (["Ana", "María"], "Núñez & <Sons>"),
        (["محمد"], "الأحمد"),
        (["太郎"], "山田"),
        (["Zoë\u0301"], "O’Neil-Łukasz"),
        (["अनिता"], "शर्मा"),
        (["\U0001f600"], "Кузнецова"),
        (["Bell\x07"], "Nul\x00l"),
    ],
)
def test_names_of_any_language_come_through(given: list[str], family: str) -> None:
    root = made("ccd", who=person(name=[{"given": given, "family": family}]))
    clean = str.maketrans({"\x07": "\ufffd", "\x00": "\ufffd"})
    name = header_of(parse(etree.tostring(root))).name
    assert (list(name.given), name.family) == ([g.translate(clean) for g in given], family.translate(clean))


def test_a_document_with_a_fault_does_not_leave(monkeypatch: pytest.MonkeyPatch) -> None:
    fault = selfcheck.Fault("rule", "component", "an id")
    monkeypatch.setattr(selfcheck, "check_document", lambda _: [fault])
    with pytest.raises(UnsoundDocumentError, match=r"1 fault.*at component.*expected: an id.*todo: report it"):
        document("ccd")
    assert document("ccd", check=False)


@pytest.mark.parametrize("kind", ["ccd", "referral", "discharge", "transfer"])
def test_every_entry_points_to_words_that_are_there(kind: str) -> None:
    root = made(kind, *FULL)
    for reference in root.iter("{urn:hl7-org:v3}reference"):
        name = str(reference.get("value")).removeprefix("#")
        assert "".join(one(root, f"//*[@ID='{name}']").itertext()).strip(), name
