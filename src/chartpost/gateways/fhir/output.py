"""What every answer goes through: format (JSON or XML), pretty printing, and the shape of errors."""

from functools import lru_cache

from chartpost.formats.fhirjson.canonical import dump, parse
from chartpost.gateways.fhir.http import FHIR_JSON, FhirError, Request, Response

FHIR_XML = "application/fhir+xml"
_JSON = {"json", "application/json", FHIR_JSON, "text/json", "*/*", "application/*", ""}
_XML = {"xml", "application/xml", FHIR_XML, "text/xml"}
_OTHER = {"application/fhir+ndjson", "application/ndjson", "ndjson", "text/html", "application/json-patch+json"}


def rendered(request: Request, response: Response) -> Response:
    """The answer in the format asked for; 406 when it is neither JSON nor XML."""
    accept = request.environ.get("HTTP_ACCEPT", "")
    said = request.query_string
    if "_format" not in said and "_pretty" not in said and not request.form and _plain(accept):
        return response
    if not _is_resource(response):
        return response
    wanted = wants(request)
    assert isinstance(response.body, bytes)
    if wanted == "xml":
        from chartpost.formats.fhirjson.xml import to_xml

        return _with(response, to_xml(parse(response.body)), FHIR_XML)
    if any(name == "_pretty" and value == "true" for name, value in request.asked):
        return _with(response, dump(parse(response.body), pretty=True), FHIR_JSON)
    return response


def failed(request: Request, error: FhirError) -> Response:
    """The answer to a request that cannot be done."""
    answer = Response(error.status, [("Content-Type", FHIR_JSON), *error.headers], dump(error.outcome()))
    try:
        return rendered(request, answer)
    except (FhirError, ImportError):
        return answer


def wants(request: Request) -> str:
    """`json` or `xml`: the _format parameter, else the Accept header; 406 for anything else."""
    asked = next((value for name, value in request.asked if name == "_format"), None)
    if asked is None:
        return of_accept(str(request.environ.get("HTTP_ACCEPT", "")))
    plain = asked.partition(";")[0].strip().lower().replace(" ", "+")
    if plain in _JSON | _OTHER:
        return "json"
    if plain in _XML:
        return "xml"
    raise _not_acceptable()


@lru_cache(maxsize=256)
def of_accept(accept: str) -> str:
    """The format an Accept header asks for (RFC 9110 12.5.1)."""
    choices = []
    for place, part in enumerate(accept.lower().split(",")):
        kind, *parameters = (piece.strip() for piece in part.split(";"))
        weight = next((p[2:] for p in parameters if p.startswith("q=")), "1")
        try:
            choices.append((-float(weight), place, kind))
        except ValueError:
            choices.append((0.0, place, kind))
    for unwanted, _, kind in sorted(choices):
        if unwanted == 0 and len(choices) > 1:
            continue
        if kind in _JSON | _OTHER:
            return "json"
        if kind in _XML:
            return "xml"
    raise _not_acceptable()


@lru_cache(maxsize=256)
def _plain(accept: str) -> bool:
    """Whether an Accept header is content with the JSON we have."""
    try:
        return of_accept(accept) == "json"
    except FhirError:
        return False


def _is_resource(response: Response) -> bool:
    kind = next((value for name, value in response.headers if name == "Content-Type"), "")
    return isinstance(response.body, bytes) and bool(response.body) and kind.startswith(FHIR_JSON)


def _with(response: Response, body: bytes, kind: str) -> Response:
    headers = [(name, value) for name, value in response.headers if name != "Content-Type"]
    return Response(response.status, [("Content-Type", kind), *headers], body)


def _not_acceptable() -> FhirError:
    return FhirError(406, "not-supported", f"This door answers in {FHIR_JSON} or {FHIR_XML}. Ask for one of them.")
