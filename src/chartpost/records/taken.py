"""What was taken from a C-CDA document into the record, and what was not, for those who look after the record."""

from dataclasses import dataclass

from chartpost.identity.types import RowFilter
from chartpost.records import models, queries


@dataclass(frozen=True)
class Section:
    """One section of the document: how many entries it has, and how many of them were kept as words alone."""

    title: str
    code: str
    entries: int
    as_words: int
    text_only: bool


@dataclass(frozen=True)
class Remark:
    """Something not taken as written; `weight` is error, warning or note, `seen` may quote the document."""

    weight: str
    section: str
    seen: str
    did: str
    count: int


@dataclass(frozen=True)
class Taken:
    """The whole of it; `made` counts the entries of the record, `replaced` says that a newer version is there."""

    sections: tuple[Section, ...]
    remarks: tuple[Remark, ...]
    made: int
    replaced: bool

    @property
    def serious(self) -> int:
        """How many remarks are more than notes."""
        return sum(remark.count for remark in self.remarks if remark.weight != "note")


def taken(person_id: int, rid: int, rows: RowFilter) -> Taken | None:
    """What was taken from the original of an entry; None when it is no C-CDA document. Raises NotStored."""
    queries.stored(person_id, rid, rows)
    row = models.ClinicalDocument.objects.filter(rid=rid).order_by("-pk").first()
    if row is None:
        return None
    found = row.report.get("sections", ())
    titles = {section["code"]: section["title"] for section in found}
    sections = tuple(
        Section(s["title"] or s["code"], s["code"], s["entries"], s["kept_as_text"], s["text_only"]) for s in found
    )
    told: dict[tuple[str, str, str, str], int] = {}
    for issue in row.report.get("issues", ()):
        where = titles.get(issue["section"], issue["section"])
        key = (issue["severity"], where, issue["seen"], issue["did"])
        told[key] = told.get(key, 0) + 1
    remarks = [Remark(*key, count) for key, count in told.items()]
    order = {"error": 0, "warning": 1, "note": 2}
    remarks.sort(key=lambda remark: (order.get(remark.weight, 3), remark.section))
    return Taken(sections, tuple(remarks), len(row.made), row.replaced)
