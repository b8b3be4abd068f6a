"""What a person reads about a resource: one plain view for pages, PDF and shared documents."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from chartpost.formats.fhirjson.dates import FhirDate, parse_date
from chartpost.formats.fhirjson.layouts import LAYOUTS, OTHER, Layout
from chartpost.formats.fhirjson.measured import measured
from chartpost.formats.fhirjson.tables import Json
from chartpost.formats.fhirjson.text import plain
from chartpost.formats.fhirjson.values import code_of, concept, dosage, get, money, name, show, words


class ItemView(NamedTuple):
    """A resource in plain words.

    `when` keeps its precision; `value` and `unit` are text, `number` the same as a float for charts; `flag` is '',
    'low', 'high', 'abnormal' or 'critical'; `details` are (label, value) lines, labels in English.
    """

    title: str
    when: FhirDate | None = None
    status: str = ""
    code: tuple[str, str] | None = None
    value: str = ""
    unit: str = ""
    reference_range: str = ""
    flag: str = ""
    details: tuple[tuple[str, str], ...] = ()
    source: str = ""
    notes: tuple[str, ...] = ()
    number: float | None = None


_SHOW: dict[str, Callable[[Any], str]] = {
    "": show,
    "words": words,
    "money": money,
    "dosage": dosage,
    "name": name,
    "concept": concept,
}


def view(resource: Json, names: Mapping[str, str] | None = None) -> ItemView:
    """The plain view of any resource; never raises for a JSON object and never shows JSON.

    Types without a layout of their own get title, date, status and notes. References without a display are named
    by the contained resource they point to, or by `names` (reference text -> name).
    """
    kind = resource.get("resourceType")
    resource = _named(resource, {**(names or {}), **_contained(resource)})
    layout = LAYOUTS.get(kind, OTHER) if isinstance(kind, str) else OTHER
    result = measured(resource)
    details = [*result.details, *_details(resource, layout), *answers(resource)]
    return ItemView(
        title=_first(resource, layout.title, concept_or_name) or words(kind if isinstance(kind, str) else "Entry"),
        when=_when(resource, layout.when),
        status=_status(resource, layout.status),
        code=next((c for p in layout.code for v in get(resource, p) if (c := code_of(v))), None),
        value=result.value,
        unit=result.unit,
        reference_range=result.reference_range,
        flag=result.flag,
        details=tuple(dict.fromkeys(details)),
        source=_first(resource, layout.source, show),
        notes=_notes(resource, layout),
        number=result.number,
    )


def concept_or_name(value: object) -> str:
    """A title: names, concepts and plain text alike."""
    if isinstance(value, dict) and not value.keys() & {"coding", "text"} and "code" in value:
        return concept(value)
    return show(value)


def detail_labels() -> list[str]:
    """Every fixed label that `details` can carry, for translators."""
    return sorted({label for layout in (*LAYOUTS.values(), OTHER) for label, _, _ in layout.details})


def _contained(resource: Json) -> dict[str, str]:
    """`#id` of each contained resource -> its title."""
    found = {}
    for inner in get(resource, "contained"):
        if isinstance(inner, dict) and isinstance(inner.get("id"), str):
            found["#" + inner["id"]] = view({k: v for k, v in inner.items() if k != "contained"}).title
    return found


def _named(resource: Json, names: Mapping[str, str]) -> Json:
    """The resource with displays put on its top-level references, two levels deep."""
    return {k: _name(v, names, 2) for k, v in resource.items()} if names else resource


def _name(value: Any, names: Mapping[str, str], depth: int) -> Any:
    if isinstance(value, list):
        return [_name(item, names, depth) if isinstance(item, dict) else item for item in value]
    if not isinstance(value, dict) or depth == 0:
        return value
    reference = value.get("reference")
    if isinstance(reference, str):
        return {"display": names[reference], **value} if reference in names else value
    return {k: _name(v, names, depth - 1) for k, v in value.items()}


def answers(resource: Json) -> list[tuple[str, str]]:
    """Question and answer of each item of a QuestionnaireResponse, in order; none for other types."""
    if resource.get("resourceType") != "QuestionnaireResponse":
        return []
    lines = []
    waiting = [resource]
    while waiting:
        holder = waiting.pop(0)
        items = [i for key in ("item", "answer") for i in get(holder, key) if isinstance(i, dict)]
        for item in items:
            said = [
                show(v) for a in get(item, "answer") if isinstance(a, dict) for k, v in a.items() if k[:5] == "value"
            ]
            if any(said):
                lines.append((show(item.get("text")) or "Answer", ", ".join(filter(None, said))))
        waiting[:0] = items
    return lines


def _first(resource: Json, paths: tuple[str, ...], say: Callable[[Any], str]) -> str:
    for path in paths:
        texts = list(dict.fromkeys(filter(None, map(say, get(resource, path)))))
        if texts:
            return texts[0]
    return ""


def _status(resource: Json, paths: tuple[str, ...]) -> str:
    values = (value for path in paths for value in get(resource, path))
    texts = (words(value) if isinstance(value, str) else concept(value) for value in values)
    return ", ".join(dict.fromkeys(filter(None, texts)))


def _when(resource: Json, paths: tuple[str, ...]) -> FhirDate | None:
    for path in paths:
        for value in get(resource, path):
            inner = (value.get("start") or value.get("end")) if isinstance(value, dict) else value
            date = parse_date(inner)
            if date:
                return date
    return None


def _details(resource: Json, layout: Layout) -> list[tuple[str, str]]:
    lines = []
    for label, path, how in layout.details:
        texts = dict.fromkeys(filter(None, map(_SHOW[how], get(resource, path))))
        if texts:
            lines.append((label, ", ".join(texts)))
    return lines


def _notes(resource: Json, layout: Layout) -> tuple[str, ...]:
    texts = [show(v) for path in ("note.text", *layout.notes) for v in get(resource, path)]
    if not any(texts) and layout is OTHER:
        texts = [plain(v) for v in get(resource, "text.div") if isinstance(v, str)]
    return tuple(dict.fromkeys(filter(None, texts)))
