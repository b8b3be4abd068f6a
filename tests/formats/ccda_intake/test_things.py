"""Devices, relatives, payers and advance directives, from entries written by hand."""

import pytest
from tests.formats.ccda_intake.papers import LOINC, code, section, template
from tests.formats.ccda_intake.test_care import DOCTOR, only, read

from chartpost.formats.ccda.intake.sections.instances import udi

CARRIER = "(01)00643169007222(11)141231(17)150707(10)A213B1(21)1234"
INSTANCE = (
    f'<participant typeCode="PRD"><participantRole classCode="MANU">{template("37")}'
    f'<id root="2.16.840.1.113883.3.3719" extension="{CARRIER}"/>'
    f"<playingDevice>{code('14106009', display='Cardiac pacemaker')}</playingDevice>"
    "<scopingEntity><desc>Makers Inc.</desc></scopingEntity></participantRole></participant>"
)


def supply(mood: str = "EVN", more: str = INSTANCE, attributes: str = "", root: str = "50") -> str:
    return (
        f'<supply classCode="SPLY" moodCode="{mood}"{attributes}>{template(root)}<id root="1.4" extension="s"/>'
        f'<statusCode code="active"/><effectiveTime value="20150101"/>{more}</supply>'
    )


def test_a_device_has_what_its_udi_says() -> None:
    found = read(section("46264-8", supply()))
    made = only(found, "Device")
    assert made["type"]["text"] == "Cardiac pacemaker"
    assert made["udiCarrier"] == [{"carrierHRF": CARRIER, "deviceIdentifier": "00643169007222"}]
    assert (made["lotNumber"], made["serialNumber"]) == ("A213B1", "1234")
    assert (made["manufactureDate"], made["expirationDate"]) == ("2014-12-31", "2015-07-07")
    assert made["meta"]["profile"] == ["http://hl7.org/fhir/us/core/StructureDefinition/us-core-implantable-device"]
    use = only(found, "DeviceUseStatement")
    assert (use["status"], use["timingDateTime"]) == ("active", "2015-01-01")
    assert use["device"] == {"reference": f"Device/{made['id']}"}


@pytest.mark.parametrize("text", ["", "(", "(01)", "(17)991399", "(17)abcdef", "no parentheses", "(01)1(01)2"])
def test_a_udi_that_is_none_is_harmless(text: str) -> None:
    assert set(udi(text)) <= {"deviceIdentifier", "expirationDate"}


def test_a_supply_that_is_wanted_is_a_request() -> None:
    product = (
        "<product><manufacturedProduct><manufacturedMaterial>"
        f"{code('58938008', display='Wheelchair')}</manufacturedMaterial></manufacturedProduct></product>"
    )
    made = only(read(section("46264-8", supply("RQO", product, root="43"))), "DeviceRequest")
    assert (made["intent"], made["codeCodeableConcept"]["text"]) == ("order", "Wheelchair")


def test_what_was_not_supplied_makes_no_device() -> None:
    found = read(section("46264-8", supply(attributes=' negationInd="true"')))
    assert "Device" not in [one["resourceType"] for one in found.resources]


def test_a_group_of_devices_is_each_of_them() -> None:
    group = (
        f'<organizer classCode="CLUSTER" moodCode="EVN">{template("135")}<component>{supply()}</component></organizer>'
    )
    assert only(read(section("46264-8", group)), "Device")["lotNumber"] == "A213B1"


def test_a_device_put_in_by_a_procedure_is_told_as_any_other() -> None:
    instance = INSTANCE.replace('typeCode="PRD"', 'typeCode="DEV"')
    other = instance.replace(CARRIER, "").replace("14106009", "")
    done = (
        f'<procedure classCode="PROC" moodCode="EVN">{template("14")}<id root="1.5" extension="p"/>'
        f'{code("233174007", display="Pacemaker insertion")}<statusCode code="completed"/>'
        f'<effectiveTime value="20150101"/>{instance}{other}</procedure>'
    )
    found = read(section("47519-4", done))
    one, unnamed = (r for r in found.resources if r["resourceType"] == "Device")
    told = only(read(section("46264-8", supply())), "Device")
    assert {k: v for k, v in one.items() if k != "id"} == {k: v for k, v in told.items() if k != "id"}
    assert unnamed["type"]["text"] == "Cardiac pacemaker"
    focal = only(found, "Procedure")["focalDevice"]
    assert [d["manipulated"]["reference"] for d in focal] == [f"Device/{one['id']}", f"Device/{unnamed['id']}"]


def relative(*members: str, more: str = "") -> str:
    held = "".join(f"<component>{member}</component>" for member in members)
    return (
        f'<organizer classCode="CLUSTER" moodCode="EVN">{template("45")}<id root="1.3" extension="f"/>'
        '<statusCode code="completed"/><subject><relatedSubject classCode="PRS">'
        '<code code="FTH" codeSystem="2.16.840.1.113883.5.111" displayName="Father"/><subject>'
        '<administrativeGenderCode code="M" codeSystem="2.16.840.1.113883.5.1"/><birthTime value="1910"/>'
        f"{more}</subject></relatedSubject></subject>{held}</organizer>"
    )


def illness(name: str = "22298006", inner: str = "", attributes: str = "") -> str:
    return (
        f'<observation classCode="OBS" moodCode="EVN"{attributes}>{template("46")}<id root="1.3" extension="i"/>'
        f'{code("64572001", display="Disease")}<statusCode code="completed"/><effectiveTime value="1967"/>'
        f"{code(name, display='Heart attack', tag='value')}{inner}</observation>"
    )


AGE = (
    f'<entryRelationship typeCode="SUBJ"><observation classCode="OBS" moodCode="EVN">{template("31")}'
    f'{code("445518008", display="Age at onset")}<value xsi:type="PQ" value="57" unit="a"/></observation>'
    "</entryRelationship>"
)
DEATH = (
    f'<entryRelationship typeCode="CAUS"><observation classCode="OBS" moodCode="EVN">{template("47")}'
    f"{code('ASSERTION', '2.16.840.1.113883.5.4')}{code('419099009', display='Dead', tag='value')}</observation>"
    "</entryRelationship>"
)


def test_a_relative_has_what_they_had() -> None:
    made = only(read(section("10157-6", relative(illness(inner=AGE + DEATH)))), "FamilyMemberHistory")
    assert made["relationship"]["text"] == "Father"
    assert made["sex"]["coding"][0]["code"] == "male"
    assert made["bornDate"] == "1910"
    assert made["deceasedBoolean"] is True
    (one,) = made["condition"]
    assert one["code"]["text"] == "Heart attack"
    assert (one["onsetAge"]["value"], one["onsetAge"]["code"]) == (57, "a")
    assert one["contributedToDeath"] is True


def test_a_time_without_age_is_when_it_began() -> None:
    dead = '<sdtc:deceasedTime value="19700101"/>'
    made = only(read(section("10157-6", relative(illness(), more=dead))), "FamilyMemberHistory")
    assert made["condition"][0]["onsetString"] == "1967"
    assert made["deceasedDate"] == "1970-01-01"


def test_what_a_relative_did_not_have_is_only_noted() -> None:
    made = only(read(section("10157-6", relative(illness(attributes=' negationInd="true"')))), "FamilyMemberHistory")
    assert "condition" not in made
    assert made["note"] == [{"text": "Said not to have had: Heart attack"}]


def test_a_condition_without_relative_is_of_somebody() -> None:
    made = only(read(section("10157-6", illness())), "FamilyMemberHistory")
    assert made["relationship"]["coding"][0]["code"] == "FAMMEMB"


def payer(root: str, name: str, role: str) -> str:
    company = f"<representedOrganization><name>{name}</name></representedOrganization>"
    inside = (
        f'<id root="1.2.840.99" extension="{name}"/><code code="{role}" codeSystem="2.16.840.1.113883.5.110"/>{company}'
    )
    return f'<performer typeCode="PRF">{template(root)}<assignedEntity>{inside}</assignedEntity></performer>'


COVERAGE = (
    f'<act classCode="ACT" moodCode="EVN">{template("60")}<id root="1.2.840.7" extension="cov"/>'
    f'{code("48768-6", LOINC, "Payer")}<statusCode code="completed"/><entryRelationship typeCode="COMP">'
    f'<sequenceNumber value="2"/><act classCode="ACT" moodCode="EVN">{template("61")}'
    '<id root="1.2.840.7" extension="GRP-7"/>'
    f'{code("81", "2.16.840.1.113883.3.221.5", "Self-pay")}<statusCode code="completed"/>'
    f"{payer('88', 'Guarantor Ltd', 'GUAR')}{payer('87', 'Good Health Insurance', 'PAYOR')}"
    '<participant typeCode="COV"><time><low value="20110727"/><high value="20111231"/></time><participantRole>'
    '<id root="1.2.840.98" extension="1138345"/><code code="SELF" codeSystem="2.16.840.1.113883.5.111"/>'
    "</participantRole></participant>"
    '<participant typeCode="HLD"><participantRole><id root="1.2.840.98" extension="HOLDER-1"/></participantRole>'
    "</participant>"
    '<entryRelationship typeCode="REFR"><act classCode="ACT" moodCode="DEF"><text>Gold plan</text></act>'
    "</entryRelationship></act></entryRelationship></act>"
)


def test_a_policy_is_a_coverage() -> None:
    made = only(read(section("48768-6", COVERAGE)), "Coverage")
    assert made["payor"][0]["display"] == "Good Health Insurance"
    assert made["subscriberId"] == "HOLDER-1"
    assert made["identifier"][0]["value"] == "1138345"
    assert made["relationship"]["coding"][0]["code"] == "self"
    assert made["period"] == {"start": "2011-07-27", "end": "2011-12-31"}
    assert made["order"] == 2
    assert [c["value"] for c in made["class"]] == ["GRP-7", "Gold plan"]
    assert made["meta"]["profile"] == ["http://hl7.org/fhir/us/core/StructureDefinition/us-core-coverage"]


def directive(attributes: str = "", more: str = "") -> str:
    return (
        f'<observation classCode="OBS" moodCode="EVN"{attributes}>{template("48")}<id root="1.1" extension="d"/>'
        f'{code("304251008", display="Resuscitation")}<statusCode code="completed"/>'
        '<effectiveTime><low value="20110213"/><high nullFlavor="NA"/></effectiveTime>'
        f"{code('304253006', display='Not for resuscitation', tag='value')}{more}</observation>"
    )


def test_a_directive_is_a_consent_that_permits_and_denies_nothing() -> None:
    agent = f'<participant typeCode="CST"><participantRole classCode="AGNT">{DOCTOR}</participantRole></participant>'
    verified = '<participant typeCode="VRF"><time value="20110214"/></participant>'
    made = only(read(section("42348-3", directive(more=verified + agent))), "Consent")
    assert (made["status"], made["scope"]["coding"][0]["code"]) == ("active", "adr")
    assert made["policyRule"]["text"] == "Not for resuscitation"
    assert made["provision"]["code"][0]["text"] == "Resuscitation"
    assert "type" not in made["provision"]
    assert made["verification"][0]["verificationDate"] == "2011-02-14"


def test_a_negated_directive_is_not_active() -> None:
    made = only(read(section("42348-3", directive(' negationInd="true"'))), "Consent")
    assert made["status"] == "inactive"
    assert made["policyRule"]["text"].startswith("No:")


def test_the_paper_of_a_directive_is_named() -> None:
    address = '<text><reference value="will.pdf"/></text>'
    outside = f"<reference><externalDocument>{address}</externalDocument></reference>"
    found = read(section("42348-3", directive(more=outside)))
    paper = only(found, "DocumentReference")
    assert paper["content"][0]["attachment"]["title"] == "will.pdf"
    assert only(found, "Consent")["sourceReference"] == {"reference": f"DocumentReference/{paper['id']}"}
