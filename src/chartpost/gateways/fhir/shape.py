"""A resource cut to what was asked for: _summary and _elements (https://hl7.org/fhir/R4/search.html#summary)."""

from collections.abc import Callable, Sequence
from typing import Any

from chartpost.formats.fhirjson.canonical import dump, parse
from chartpost.formats.fhirjson.search import data_only, select_elements, summary, text_only
from chartpost.gateways.fhir.http import FhirError

Cut = Callable[[dict[str, Any]], dict[str, Any]]
_SUMMARIES: dict[str, Cut] = {"true": summary, "text": text_only, "data": data_only}
_RESULT = {"_summary", "_elements", "_format", "_pretty"}


def shaped(body: bytes, query: Sequence[tuple[str, str]]) -> bytes:
    """The body with what the parameters ask for; 400 for parameters a read does not have."""
    for name, _ in query:
        if name not in _RESULT:
            raise FhirError(400, "invalid", "A read takes _summary, _elements, _format and _pretty only.")
    summaries = [value for name, value in query if name == "_summary"]
    if len(summaries) > 1:
        raise FhirError(400, "invalid", "_summary is there more than once. Send it once.")
    cut = cutter("".join(summaries), ",".join(value for name, value in query if name == "_elements"))
    return dump(cut(parse(body))) if cut else body


def cutter(summary_: str, elements: str | Sequence[str]) -> Cut | None:
    """What cuts a resource as asked; None when it is wanted whole."""
    names = elements.split(",") if isinstance(elements, str) else list(elements)
    names = [name.strip() for name in names if name.strip()]
    if summary_ in ("", "false", "count"):
        return (lambda resource: select_elements(resource, names)) if names else None
    cut = _SUMMARIES.get(summary_)
    if cut is None or names:
        raise FhirError(400, "invalid", "_summary is true, text, data, count or false, and not used with _elements.")
    return cut
