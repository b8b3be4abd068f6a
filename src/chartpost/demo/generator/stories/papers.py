"""Original files beside the record: scans, legal papers, letters about bills."""

from collections.abc import Callable

from chartpost.demo.generator.chart import Chart
from chartpost.demo.generator.data.phrases import long_date
from chartpost.demo.generator.entries.patient import add_related_person
from chartpost.demo.generator.pages import text_pdf
from chartpost.demo.generator.values import Document

PDF = "application/pdf"


def _file(chart: Chart, title: str, category: str, text: str) -> None:
    chart.documents.append(Document(title, PDF, text_pdf(title, f"{title.upper()}\n\n{text}"), category))


def _long_date(chart: Chart, years: float) -> str:
    return long_date(chart.years_ago(years), "en")


def paper_chart(chart: Chart) -> None:
    """Keep the scanned paper chart of somebody whose record never became electronic."""
    name = chart.profile.full_name
    for title, years, text in _SCANS:
        _file(chart, title, "scanned-chart", f"{name}\n{_long_date(chart, years)}\n\n{text}")
    note = f"{name} asks that letters be sent by post. She does not use e-mail.\n"
    chart.documents.append(Document("Phone message", "text/plain", note.encode(), "letter"))


_SCANS = (
    ("Office chart, visits 1998 to 2006", 20.0,
     "Blood pressure 150/86, weight 148 lb. Sleeps poorly since husband's death. Advised walking, recheck in 3 "
     "months.\n\nBlood pressure 138/80. Feels better, joined the church choir. No medicine needed."),
    ("Office chart, visits 2007 to 2015", 11.0,
     "Cataract right eye, referred. Hearing a little worse, ears clear. Flu vaccine given left arm.\n\n"
     "After cataract operation: reads the newspaper again. Blood pressure 142/78."),
    ("Hospital letter, hip fracture", 6.0,
     "Fell on ice at home. Left hip pinned the same night. Walked with a frame on day two. Sent to rehabilitation "
     "for three weeks, then home with help from a neighbor."),
    ("Laboratory slip", 2.0,
     "Hemoglobin 12.1 g/dL. Creatinine 1.0 mg/dL. Thyroid test normal. Vitamin D low, 18 ng/mL."),
)  # fmt: skip


def agent_papers(chart: Chart) -> None:
    """Keep the power of attorney that names the daughter as health-care agent."""
    add_related_person(chart, "health_care_agent", ("Marisol", "Alvarado"), "female")
    words = (
        f"I, {chart.profile.full_name}, name my daughter Marisol Alvarado as my agent for health care decisions. "
        "She may see and obtain copies of all my health records. This power lasts until I revoke it.\n\n"
        f"Signed {_long_date(chart, 2.0)}, before two witnesses."
    )
    _file(chart, "Power of attorney for health care", "legal", words)


def executor_papers(chart: Chart) -> None:
    """Keep the court paper that names the daughter as executor."""
    add_related_person(chart, "executor", ("Ingrid", "Lindqvist"), "female")
    words = (
        f"In the matter of the estate of {chart.profile.full_name}. Ingrid Lindqvist is appointed executor with "
        "full authority under the Independent Administration of Estates Act.\n\nIssued three weeks after death."
    )
    _file(chart, "Letters testamentary", "legal", words)


def guardian_papers(chart: Chart) -> None:
    """Keep the court order that names the mother as guardian."""
    add_related_person(chart, "guardian", ("Patricia", "Novak"), "female")
    words = (
        f"The court appoints Patricia Novak guardian of the person of {chart.profile.full_name}, with power to "
        f"consent to medical care and to obtain health records.\n\nOrdered {_long_date(chart, 9.0)}."
    )
    _file(chart, "Letters of guardianship", "legal", words)


def dispute_letters(chart: Chart) -> None:
    """Keep the letters about the bill he does not accept."""
    name = chart.profile.full_name
    words = (
        "I went to the emergency department with chest pain because the nurse line told me to go at once. Your "
        "letter says it was not an emergency. I ask you to review the bill and to send me every note and test "
        f"of that day.\n\n{name}"
    )
    _file(chart, "Letter disputing an emergency bill", "billing", words)
    _file(chart, "Itemized statement, emergency visit", "billing",
          "Emergency department visit 890.00\nImaging study and reading 320.00\nBlood tests 128.00\n"
          "Paid by the plan 0.00\nBalance 1,338.00\nAccount on hold while the dispute is open.")  # fmt: skip


def parents(*people: tuple[str, str, str, str]) -> Callable[[Chart], None]:
    """An episode that files the parents of a child: kind, given name, family name, gender."""

    def file_them(chart: Chart) -> None:
        for kind, given, family, gender in people:
            add_related_person(chart, kind, (given, family), gender)

    return file_them


def outside_records(chart: Chart) -> None:
    """Keep a summary that came by fax from the other hospital."""
    words = f"Sent at the request of {chart.profile.full_name}. Emergency visit, sprained ankle, no fracture on x-ray."
    _file(chart, "Summary from Northside Hospital, received by fax", "outside-record", words)
