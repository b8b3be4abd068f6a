"""Whatever is chosen or hidden: no id and no word of an entry left out is in any file of the package."""

import io
import zipfile
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chartpost.delivery import queries
from chartpost.delivery.types import PackageView
from chartpost.formats.fhirjson.terms import Category, Label
from chartpost.identity.types import SYSTEM, RowFilter
from chartpost.kernel import blobs
from chartpost.records import models as record_models
from chartpost.records import services as records
from chartpost.records.types import Selection
from tests.delivery import support
from tests.support import world as worlds

pytestmark = pytest.mark.django_db

COUNT = 12
HIDDEN = int(Label.PSYCHOTHERAPY | Label.MINOR_CONFIDENTIAL)


def _id(number: int) -> str:
    return f"entry-{number:02d}-id"


def _word(number: int) -> str:
    return f"Marker{number:02d}word"


def _entry(number: int, pointed: list[int]) -> dict[str, Any]:
    """A condition, result, report or visit that names others by id and by word."""
    subject = {"reference": "Patient/leak"}
    to = [{"reference": f"{_kind(n)}/{_id(n)}", "display": _word(n)} for n in pointed]
    kind = _kind(number)
    common: dict[str, Any] = {"resourceType": kind, "id": _id(number), "subject": subject}
    day = f"20{10 + number:02d}-03-04"
    if kind == "Condition":
        return {
            **common,
            "code": {"text": _word(number)},
            "onsetDateTime": day,
            "evidence": [{"detail": to}] if to else [],
        }
    if kind == "Observation":
        return {
            **common,
            "status": "final",
            "code": {"text": _word(number)},
            "effectiveDateTime": day,
            "valueString": "Seen",
            "category": [{"coding": [{"code": "laboratory"}]}],
            "hasMember": to,
        }
    if kind == "DiagnosticReport":
        return {**common, "status": "final", "code": {"text": _word(number)}, "effectiveDateTime": day, "result": to}
    return {
        **common,
        "status": "finished",
        "class": {"code": "AMB"},
        "type": [{"text": _word(number)}],
        "period": {"start": day},
        "diagnosis": [{"condition": one} for one in to],
    }


def _kind(number: int) -> str:
    return ("Condition", "Observation", "DiagnosticReport", "Encounter")[number % 4]


def _clean(resource: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in resource.items() if v != []}


def everything(package: PackageView) -> str:
    """All bytes and all text of a package."""
    found = []
    for part in package.parts:
        data = blobs.read(queries.part(part.ref)[2])
        if part.format == "pdf":
            found.append(support.words(data))
        elif part.media_type == "application/zip":
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                found += [archive.read(name).decode() for name in archive.namelist()]
        else:
            found.append(data.decode())
    return "\n".join(found)


numbers = st.integers(0, COUNT - 1)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    pointers=st.lists(st.lists(numbers, max_size=3, unique=True), min_size=COUNT, max_size=COUNT),
    excluded=st.sets(numbers, max_size=4),
    hidden=st.sets(numbers, max_size=4),
    categories=st.sets(st.sampled_from([Category.PROBLEMS, Category.RESULTS, Category.VISITS])),
)
def test_nothing_left_out_is_in_any_file(
    pointers: list[list[int]], excluded: set[int], hidden: set[int], categories: set[Category]
) -> None:
    record_models.Resource.objects.all().delete()
    world = _world()
    person = world.people["edith-marsh"]
    patient = {"resourceType": "Patient", "id": "leak", "name": [{"family": "Marsh"}], "birthDate": "1942-09-30"}
    entries = [_clean(_entry(n, [p for p in pointers[n] if p != n])) for n in range(COUNT)]
    support.put(person.id, patient, *entries)
    for number in hidden:
        records.label(person.id, _kind(number), _id(number), Label.PSYCHOTHERAPY, SYSTEM)
    selection = Selection(frozenset(categories), exclude=frozenset(f"{_kind(n)}/{_id(n)}" for n in excluded))
    rows = RowFilter(hidden_labels=HIDDEN)
    package = support.make(world, "edith-marsh", "pdf", "ccda", "fhir", selection=selection, rows=rows)
    assert package.state == "ready"
    inside = {n for n in range(COUNT) if n not in excluded | hidden and _chosen(_kind(n), categories)}
    text = everything(package)
    for number in range(COUNT):
        assert (_id(number) in text) == (number in inside), _id(number)
        assert (_word(number) in text) == (number in inside), _word(number)


def _chosen(kind: str, categories: set[Category]) -> bool:
    homes = {
        "Condition": Category.PROBLEMS,
        "Observation": Category.RESULTS,
        "DiagnosticReport": Category.RESULTS,
        "Encounter": Category.VISITS,
    }
    return not categories or homes[kind] in categories


_made: list[worlds.World] = []


def _world() -> worlds.World:
    if not _made:
        _made.append(worlds.build("edith-marsh"))
    return _made[0]
