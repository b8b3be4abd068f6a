"""Documents the tests set."""

from datetime import date

from chartpost.formats.pdf.types import (
    ActionBox,
    AddressSheet,
    Bill,
    Definitions,
    FeeTable,
    Heading,
    Insurance,
    ItemList,
    LabGroup,
    LabResult,
    LetterDocument,
    Note,
    Office,
    Paragraph,
    Person,
    ReceiptDocument,
    RecordDocument,
    Section,
    Signature,
    Source,
    SummaryList,
)

OFFICE = Office("Lakeside Family Health", "210 Harbor Street\nDuluth, MN 55802", "(218) 555-0142", "lakeside.example")
PERSON = Person(
    "María Núñez-O’Brien",
    "March 3, 1970",
    "Female",
    "48 Elm Street, Apt 2\nDuluth, MN 55805",
    (("Medical record number", "LFH-0048213"),),
)
GLUCOSE = LabResult("Glucose", "131", "mg/dL", "70 to 99", "high")
SUMMARY = (
    SummaryList("Health problems", ("Type 2 diabetes (since 2015)", "High blood pressure", "Asthma")),
    SummaryList("Medicines you take", ("Metformin 500 mg, twice a day", "Lisinopril 10 mg, once a day")),
    SummaryList("Allergies", ("Penicillin: hives, trouble breathing",)),
    SummaryList("Vaccines", (), "No vaccines are recorded here."),
    SummaryList("Latest results", ("Hemoglobin A1c 7.4 % (June 2, 2026) ▲ High", "LDL cholesterol 96 mg/dL")),
    SummaryList("Care team", ("Dr. Ana Ruiz, primary care",), more="3 more people are listed on later pages"),
)


def lab_group(results: int = 3) -> LabGroup:
    """One panel, with one high result and then plain ones."""
    plain = tuple(LabResult(f"Sodium, sample {n}", "139", "mmol/L", "135 to 145", "normal") for n in range(1, results))
    return LabGroup("Basic metabolic panel", (GLUCOSE, *plain), "June 2, 2026", "North Shore Laboratory")


def medicines(rows: int) -> Section:
    """A table section of the given length."""
    return Section(
        "Medicines",
        intro="Medicines in your record, newest first.",
        columns=("Medicine", "How to take it", "Started", "Status"),
        widths=(2, 2.4, 1.1, 1),
        rows=tuple(
            (
                f"Metformin 500 mg tablet, no. {n}",
                "Take 1 tablet by mouth twice a day",
                "May 4, 2019",
                "Active",
            )
            for n in range(1, rows + 1)
        ),
    )


def record(rows: int = 4, results: int = 3, lang: str = "en", person: Person = PERSON) -> RecordDocument:
    """A record with every kind of part."""
    return RecordDocument(
        person=person,
        office=OFFICE,
        prepared_at="November 21, 2026, 10:22 AM",
        lang="es" if lang == "es" else "en",
        demo=True,
        covers="January 1, 2015 to November 21, 2026",
        withheld_notice="One note was left out. The letter with this record says why and what you can do.",
        legal_notice="A law says who may have these records.",
        summary=SUMMARY,
        sections=(
            medicines(rows),
            Section("Allergies", "list", rows=(("Penicillin", "hives", "severe"), ("Latex", "", "mild"))),
            Section("Test results", "labs", labs=(lab_group(results), lab_group(2))),
            Section("Vaccines", columns=("Vaccine", "Date"), empty="No vaccines are recorded here."),
            Section(
                "Notes",
                "note",
                notes=(
                    Note(
                        "Office visit",
                        ("You came in for your diabetes.", "Blood pressure 128/82.\nPulse 72."),
                        "Dr. Ana Ruiz",
                        "June 2, 2026",
                    ),
                ),
            ),
        ),
        insurance=(
            Insurance("Great Lakes Mutual", "Silver 3000", "GLM 4471 02", "88120", "since Jan 1, 2024", "Active"),
        ),
        bills=(
            Bill("Jun 2, 2026", "Office visit", "Dr. Ana Ruiz", "$182.00", "$142.00", "$40.00", "Paid"),
            Bill(
                "Jun 2, 2026",
                "Blood test panel",
                "North Shore Laboratory",
                "$64.00",
                "$64.00",
                "$0.00",
                "Closed",
            ),
        ),
        sources=(
            Source("Lakeside Family Health", "Our own records", "–", "Visits, medicines, tests, bills"),
            Source("St. Brendan Hospital", "C-CDA document", "Feb 11, 2026", "Hospital stay of February 2026"),
        ),
    )


ADDRESS = ("María Núñez-O’Brien", "48 Elm Street, Apt 2", "Duluth, MN 55805")

LETTER = LetterDocument(
    office=OFFICE,
    address=ADDRESS,
    date=date(2026, 11, 21),
    reference="REQ-2026-00417",
    subject="Part of your record is not in the copy we sent",
    greeting="Dear María Núñez-O’Brien,",
    demo=True,
    body=(
        Paragraph(
            "You asked for a copy of your health record on November 2, 2026. We have sent you most of it. "
            "This letter tells you what we left out, why, and what you can do about it."
        ),
        Heading("What we left out"),
        Definitions(
            (
                ("Kind of record", "One counseling note"),
                ("Dates", "March 4, 2025"),
                (
                    "Why",
                    "The note was kept apart.\nThe law lets us keep it: 45 CFR 164.524(a)(1)(i).",
                ),
            )
        ),
        Heading("What it costs"),
        FeeTable((("Copying, 42 pages at $0.05", "$2.10"), ("Postage", "$4.40")), "$6.50"),
        ActionBox(
            (
                Paragraph("You have these choices:"),
                ItemList(("Ask us to look again.", "Complain to us or to the U.S. government.")),
            )
        ),
        ItemList(("Call us.", "Tell us the reference number above.", "We answer within 5 days."), numbered=True),
    ),
    signature=Signature("Dana Whitfield", "Privacy Officer", "(218) 555-0150"),
    enclosures=("Your health record, 31 pages", "How to complain"),
    copies=("File",),
)

RECEIPT = ReceiptDocument(
    office=OFFICE,
    title="We have your request",
    number="REQ-2026-00417",
    date=date(2026, 11, 21),
    rows=(
        ("From", "María Núñez-O’Brien"),
        ("You asked for", "All of your record"),
        ("How you want it", "On the web"),
    ),
    statement="We must answer by December 21, 2026.",
    next_steps=("We check that it is you.", "We gather your record.", "We tell you when it is ready."),
    sign_here=("Signature of the person picking up", "Signature of staff"),
)

SHEET = AddressSheet(OFFICE, ADDRESS, "REQ-2026-00417", ("A letter, 2 pages", "A record, 31 pages"))
