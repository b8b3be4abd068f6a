"""What decides whether content may be seen that need not be the current one of its row: an earlier version, a deletion.

Section and date are its own, where the type says the section and not the content it is that of the row, which may be
one the row was given; labels are those it carries and those of the row today. A Binary has section, labels and
date of what its securityContext names (https://hl7.org/fhir/R4/binary.html#security), of which nobody knows what it was
then: it goes by what that is today.
"""

from typing import TYPE_CHECKING, Any

from chartpost.formats.fhirjson import index
from chartpost.formats.fhirjson.canonical import parse
from chartpost.formats.fhirjson.classify import SECTION_BY_CONTENT
from chartpost.formats.fhirjson.references import context_of
from chartpost.kernel.db import raw
from chartpost.records.types import kind_of

if TYPE_CHECKING:
    from chartpost.records.search.reach import Facts

_CONTEXT = (
    "SELECT person_id, category, labels, date_ms FROM records_resource WHERE kind = ? AND fhir_id = ? AND deleted = ?"
)


def facts_of(resource: dict[str, Any], row: "Facts", db: raw.Db) -> "Facts | None":
    """The facts of content a row has or had; what says no date of its own has the row's. None: it is for nobody."""
    carried = row._replace(labels=row.labels | int(index.labels(resource)))
    if resource.get("resourceType") == "Binary":
        return _of_binary(resource, carried, db)
    date_ms = index.own_date(resource)
    by_content = resource.get("resourceType") in SECTION_BY_CONTENT
    return carried._replace(
        category=int(index.category(resource)) if by_content else row.category,
        date_ms=row.date_ms if date_ms is None else date_ms,
    )


def _of_binary(binary: dict[str, Any], row: "Facts", db: raw.Db) -> "Facts | None":
    """The facts of the row while it names the same; else those of what it named, if that is there, or nobody's."""
    named, now = context_of(binary), db.one("SELECT body FROM records_resource WHERE rid = ?", [row.rid])
    if now is not None and context_of(parse(bytes(now[0]))) == named:
        return row
    own = row._replace(person_id=0, category=int(index.category(binary)), date_ms=index.clinical_date(binary))
    if not named:
        return own
    kind, _, name = named.rpartition("/")
    there = db.one(_CONTEXT, [kind_of(kind), name, False])
    if there is None:
        return None
    person_id, category, labels, date_ms = there
    if kind == "Patient":
        return own._replace(person_id=person_id)
    return own._replace(person_id=person_id, category=category, labels=row.labels | labels, date_ms=date_ms)
