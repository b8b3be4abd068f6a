"""Small C-CDA documents written by hand, for tests of what a converter makes of them."""

V3 = "urn:hl7-org:v3"
OPEN = (
    '<ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:sdtc="urn:hl7-org:sdtc" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
)
LOINC = "2.16.840.1.113883.6.1"
SNOMED = "2.16.840.1.113883.6.96"
RXNORM = "2.16.840.1.113883.6.88"
OLDEST = "2.16.840.1.113883.10.20.22.4."
PROBLEMS, ALLERGIES, MEDICATIONS, RESULTS = "11450-4", "48765-2", "10160-0", "30954-2"
DOCUMENT_ID = "2.16.840.1.113883.19.5.99999.1"
PERSON = (
    "<recordTarget><patientRole>"
    '<id root="2.16.840.1.113883.19.5" extension="998"/>'
    "<addr><streetAddressLine>1 Elm St</streetAddressLine><city>Salem</city><state>MA</state>"
    "<postalCode>01970</postalCode></addr>"
    '<telecom value="tel:+1-555-0100" use="HP"/>'
    "<patient><name><given>Ada</given><family>Reyes</family></name>"
    '<administrativeGenderCode code="F" codeSystem="2.16.840.1.113883.5.1"/><birthTime value="19700501"/>'
    "</patient></patientRole></recordTarget>"
)


def template(root: str, extension: str = "") -> str:
    """A templateId; a bare number means one of the C-CDA entry templates."""
    full = OLDEST + root if "." not in root else root
    return f'<templateId root="{full}"' + (f' extension="{extension}"/>' if extension else "/>")


def code(value: str, system: str = SNOMED, display: str = "", tag: str = "code", inner: str = "") -> str:
    """A coded element."""
    kind = ' xsi:type="CD"' if tag == "value" else ""
    shown = f' displayName="{display}"' if display else ""
    return f'<{tag}{kind} code="{value}" codeSystem="{system}"{shown}>{inner}</{tag}>'


def section(loinc: str, *entries: str, text: str = "<paragraph>Words.</paragraph>", more: str = "") -> str:
    """A component with a section; each entry is the XML of its one statement."""
    inside = "".join(f"<entry>{entry}</entry>" for entry in entries)
    head = f'<code code="{loinc}" codeSystem="{LOINC}"/><title>Section {loinc}</title>'
    return f"<component><section{more}>{head}<text>{text}</text>{inside}</section></component>"


def paper(*sections: str, person: str = PERSON, head: str = "", kind: str = "34133-9") -> str:
    """A document of the given components."""
    return (
        f'{OPEN}<realmCode code="US"/><typeId root="2.16.840.1.113883.1.3" extension="POCD_HD000040"/>'
        '<templateId root="2.16.840.1.113883.10.20.22.1.1" extension="2015-08-01"/>'
        f'<id root="{DOCUMENT_ID}" extension="1"/><code code="{kind}" codeSystem="{LOINC}"/>'
        '<title>Summary</title><effectiveTime value="20240105101500-0500"/>'
        '<confidentialityCode code="N" codeSystem="2.16.840.1.113883.5.25"/><languageCode code="en-US"/>'
        f"{person}{head}<component><structuredBody>{''.join(sections)}</structuredBody></component></ClinicalDocument>"
    )


def problem(name: str = "44054006", more: str = "", attributes: str = "", status: str = "active") -> str:
    """A problem concern act that holds one problem observation."""
    return (
        f'<act classCode="ACT" moodCode="EVN">{template("3")}<id root="1.2.840.3" extension="act-{name}"/>'
        f'<code code="CONC" codeSystem="2.16.840.1.113883.5.6"/><statusCode code="{status}"/>'
        '<entryRelationship typeCode="SUBJ">'
        f'<observation classCode="OBS" moodCode="EVN"{attributes}>{template("4")}'
        f'<id root="1.2.840.3" extension="{name}"/>'
        f'{code("55607006", display="Problem")}<statusCode code="completed"/>'
        f'<effectiveTime><low value="20200102"/></effectiveTime>{code(name, display="Name", tag="value")}{more}'
        "</observation></entryRelationship></act>"
    )


def result(
    value: str = '<value xsi:type="PQ" value="5.4" unit="mmol/L"/>', test: str = "2345-7", more: str = ""
) -> str:
    """A result organizer with one result."""
    return (
        f'<organizer classCode="BATTERY" moodCode="EVN">{template("1")}<id root="1.2.840.4" extension="panel"/>'
        f'{code("24323-8", LOINC, "Panel")}<statusCode code="completed"/><component>'
        f'<observation classCode="OBS" moodCode="EVN">{template("2")}<id root="1.2.840.4" extension="{test}"/>'
        f'{code(test, LOINC, "Test")}<statusCode code="completed"/><effectiveTime value="20230304"/>{value}{more}'
        "</observation></component></organizer>"
    )


def medicine(name: str = "197361", more: str = "", attributes: str = ' moodCode="EVN"') -> str:
    """A medication activity."""
    return (
        f'<substanceAdministration classCode="SBADM"{attributes}>{template("16")}'
        f'<id root="1.2.840.5" extension="{name}"/>'
        '<statusCode code="active"/><effectiveTime xsi:type="IVL_TS"><low value="20210601"/></effectiveTime>'
        '<consumable><manufacturedProduct classCode="MANU"><manufacturedMaterial>'
        f"{code(name, RXNORM, 'Amlodipine 5 MG')}</manufacturedMaterial></manufacturedProduct></consumable>{more}"
        "</substanceAdministration>"
    )
