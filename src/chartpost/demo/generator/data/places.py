"""The office with its two facilities, the other hospital, the health plans and the clinicians."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Facility:
    """A place of care, with the town its patients live around."""

    key: str
    organization: str
    name: str
    line: str
    city: str
    state: str
    zip: str
    phone: str
    zone: ZoneInfo


@dataclass(frozen=True, slots=True)
class Clinician:
    """A member of staff who signs entries."""

    key: str
    given: str
    family: str
    suffix: str
    speciality: str
    facility: str = "tx"


PACIFIC, CENTRAL = ZoneInfo("America/Los_Angeles"), ZoneInfo("America/Chicago")

ORGANIZATIONS = {
    "lakeside": "Lakeside Family Health",
    "recovery": "Lakeside Recovery Program",
    "northside": "Northside Hospital",
    "golden": "Golden Meadow Health Plan",
    "lonestar": "Prairie Star Health Plan",
    "senior": "Evergreen Senior Plan",
}

FACILITIES = {
    one.key: one
    for one in (
        Facility("ca", "lakeside", "Lakeside Family Health, Oakland", "1200 Example Lake Avenue", "Oakland",
                 "CA", "94612", "510-555-0100", PACIFIC),
        Facility("tx", "lakeside", "Lakeside Family Health, Austin", "400 Sample Creek Road", "Austin",
                 "TX", "78704", "512-555-0100", CENTRAL),
        Facility("recovery", "recovery", "Lakeside Recovery Program, Austin", "402 Sample Creek Road", "Austin",
                 "TX", "78704", "512-555-0130", CENTRAL),
        Facility("north-ca", "northside", "Northside Hospital, Oakland", "75 Placeholder Way", "Oakland",
                 "CA", "94609", "510-555-0170", PACIFIC),
        Facility("north-tx", "northside", "Northside Hospital, Austin", "900 Placeholder Street", "Austin",
                 "TX", "78705", "512-555-0170", CENTRAL),
    )
}  # fmt: skip

CLINICIANS = {
    one.key: one
    for one in (
        Clinician("ca", "Amara", "Whitfield", "MD", "Family medicine", "ca"),
        Clinician("tx", "Joel", "Santangelo", "MD", "Family medicine"),
        Clinician("nurse", "Bridget", "Osei", "FNP-C", "Family nurse practitioner"),
        Clinician("recovery", "Leland", "Vance", "DO", "Addiction medicine"),
        Clinician("therapist", "Miriam", "Castle", "PhD", "Clinical psychology"),
        Clinician("surgeon", "Henrik", "Aldous", "MD", "Orthopaedic surgery"),
        Clinician("oncologist", "Farah", "Lindgren", "MD", "Medical oncology"),
        Clinician("obstetrician", "Celeste", "Moreau", "MD", "Obstetrics and gynaecology"),
        Clinician("radiologist", "Tobias", "Renner", "MD", "Diagnostic radiology"),
        Clinician("hospitalist", "Noor", "Haddad", "MD", "Internal medicine"),
        Clinician("nephrologist", "Ravi", "Thornton", "MD", "Nephrology"),
        Clinician("pathologist", "Odette", "Quarles", "MD", "Anatomic pathology", "north-tx"),
        Clinician("pharmacist", "Emil", "Vasquez", "PharmD", "Pharmacy"),
    )
}

NEARBY = {"ca": "north-ca", "tx": "north-tx"}
"""The hospital each facility of the office sends people to."""
