"""Building packages of synthetic people and reading them back."""

from typing import Any

from chartpost.delivery import packages, queries
from chartpost.delivery.types import PackageView
from chartpost.formats.pdf.sandbox import page_text
from chartpost.identity.types import SYSTEM, RowFilter
from chartpost.kernel import blobs, jobs
from chartpost.records import services as records
from chartpost.records.types import Incoming, Selection
from tests.support import world as worlds


def ask(world: worlds.World, who: str, *formats: str, language: str = "en", request: str = "", **more: Any) -> str:
    """Ask for a package of a person; nothing is built yet."""
    selection, rows = more.get("selection", Selection()), more.get("rows", RowFilter())
    withheld = more.get("withheld", ())
    person = world.people[who]
    return packages.ask(request, person.id, selection, rows, formats, language, withheld, world.actor(who))


def make(world: worlds.World, who: str, *formats: str, **more: Any) -> PackageView:
    """A built package of a person."""
    ref = ask(world, who, *formats, **more)
    jobs.run_waiting()
    return known(ref)


def known(ref: str) -> PackageView:
    """A package that is there."""
    found = queries.package(ref)
    assert found is not None
    return found


def data(package: PackageView, ending: str) -> bytes:
    """The bytes of the one file whose name ends so."""
    (part,) = [p for p in package.parts if p.name.endswith(ending)]
    return blobs.read(queries.part(part.ref)[2])


def words(pdf: bytes) -> str:
    """The text of a PDF in one line, so that line ends do not matter."""
    return " ".join(" ".join(page_text(pdf)).replace("\ufffe", "").replace("\u00ad", "").split())


def put(person_id: int, *resources: dict[str, Any], source: str = "Other Clinic") -> None:
    """Add resources to a person's record."""
    number = records.source_id(source, source)
    records.save([Incoming(r, str(r["id"]), person_id) for r in resources], number, SYSTEM)


def condition(fhir_id: str, patient: str, text: str, **more: Any) -> dict[str, Any]:
    """A small Condition."""
    return {
        "resourceType": "Condition",
        "id": fhir_id,
        "subject": {"reference": f"Patient/{patient}"},
        "code": {"text": text},
        **more,
    }
