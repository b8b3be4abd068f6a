"""Where references lead, as far as their text tells (https://hl7.org/fhir/R4/references.html)."""

from chartpost.formats.fhirjson.tables import Json, resource_types


def target(reference: Json, contained: dict[str, Json]) -> str:
    """The resource type a Reference leads to, by its text; empty when the text does not tell."""
    text = reference.get("reference")
    named = reference.get("type")
    kind = named if type(named) is str and named in resource_types() else ""
    if type(text) is not str:
        return kind
    if text[:1] == "#":
        inner = contained.get(text[1:], {}).get("resourceType")
        return inner if type(inner) is str and inner in resource_types() else kind
    parts = text.partition("/_history/")[0].rsplit("/", 2)
    if len(parts) > 1 and parts[-2] in resource_types():
        return parts[-2]
    return kind
