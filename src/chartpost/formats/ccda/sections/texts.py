"""Sections of plain words: assessment, hospital course, history of present illness and the like.

Each is filled from DocumentReferences of its LOINC type that hold text; every text keeps its Note Activity (4.202), so
that its author and date go along.
"""

from collections.abc import Callable, Iterator

from chartpost.formats.ccda.fhirvalues import has_code
from chartpost.formats.ccda.model import Context, Entry, Section
from chartpost.formats.ccda.sections import notes

_IHE = "1.3.6.1.4.1.19376.1.5.3.1"
_HL7 = "2.16.840.1.113883.10.20"
_TABLE = (
    ("assessment", "51848-0", "Assessment", "Evaluation note", f"{_HL7}.22.2.8", ""),
    ("course", "8648-8", "Hospital Course", "Hospital course narrative", f"{_IHE}.3.5", ""),
    ("complaint", "10154-3", "Chief Complaint", "Chief complaint narrative", f"{_IHE}.1.13.2.1", ""),
    ("illness", "10164-2", "History of Present Illness", "History of present illness", f"{_IHE}.3.4", ""),
    ("past", "11348-0", "Past Medical History", "History of past illness", f"{_HL7}.22.2.20", "2015-08-01"),
    ("systems", "10187-3", "Review of Systems", "Review of systems narrative", f"{_IHE}.3.18", ""),
    ("exam", "29545-1", "Physical Exam", "Physical findings narrative", f"{_HL7}.2.10", "2015-08-01"),
    ("general", "10210-3", "General Status", "General status narrative", f"{_HL7}.2.5", ""),
    ("discharge-instructions", "8653-8", "Discharge Instructions", "Hospital discharge instructions",
     f"{_HL7}.22.2.41", ""),
    ("discharge-exam", "10184-0", "Discharge Exam", "Hospital discharge physical findings", f"{_IHE}.3.26", ""),
    ("discharge-studies", "11493-4", "Discharge Studies", "Hospital discharge studies summary",
     f"{_HL7}.22.2.16", ""),
    ("consultations", "18841-7", "Consultations", "Hospital consultations document", f"{_HL7}.22.2.42", ""),
)  # fmt: skip


def written(ctx: Context, loinc: str) -> Iterator[Entry]:
    """The texts of one type, each with its Note Activity."""
    for document in ctx.record.of("DocumentReference"):
        if has_code(document.get("type"), (loinc,)):
            for number, text in enumerate(notes.texts_of(document)):
                row = ctx.row(text)
                yield Entry((row,), notes.activity(ctx, document, number, row))


def _writer(loinc: str) -> Callable[[Context], Iterator[Entry]]:
    return lambda ctx: written(ctx, loinc)


TEXTS = {
    prefix: Section(prefix, title, loinc, display, template, version, (), _writer(loinc))
    for prefix, loinc, title, display, template, version in _TABLE
}
"""Every section of plain words by its prefix."""
