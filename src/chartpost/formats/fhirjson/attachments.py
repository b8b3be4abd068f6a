"""Files carried by or pointed to from a resource."""

import base64
import binascii
from typing import Any, NamedTuple

from chartpost.formats.fhirjson.tables import Json
from chartpost.formats.fhirjson.values import get

_PLACES = ("content.attachment", "presentedForm", "content", "photo", "payload.contentAttachment", "image")


class Attachment(NamedTuple):
    """One file: its bytes when carried inside (None when only a URL is given, or the base64 is broken).

    `language` is the language tag its sender gave (BCP 47), else empty.
    """

    content_type: str
    data: bytes | None
    url: str
    title: str
    language: str = ""


def attachments(resource: Json) -> list[Attachment]:
    """Attachments of DocumentReference, DiagnosticReport, Media, Communication, people's photos, and a Binary itself.

    `content_type` falls back to application/octet-stream. Sizes are not limited here.
    """
    if resource.get("resourceType") == "Binary":
        return [_attachment(resource)] if "data" in resource else []
    values = (value for place in _PLACES for value in get(resource, place))
    return [_attachment(v) for v in values if isinstance(v, dict) and v.keys() & {"data", "url"}]


def _attachment(value: dict[str, Any]) -> Attachment:
    return Attachment(
        _text(value.get("contentType")) or "application/octet-stream",
        _bytes(value.get("data")),
        _text(value.get("url")),
        _text(value.get("title")),
        _text(value.get("language")),
    )


def _bytes(value: object) -> bytes | None:
    if not isinstance(value, str):
        return None
    try:
        return base64.b64decode("".join(value.split()), validate=True)
    except (binascii.Error, ValueError):
        return None


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
