"""Asking as programs of others do."""

import json
from typing import Any
from urllib.parse import urlsplit

from django.http.response import HttpResponseBase
from django.test import Client

from chartpost.formats.shlink import Payload, decrypt

JSON = "application/json"


def path_of(url: str) -> str:
    """The path of an address on our host."""
    return urlsplit(url).path


def ask(api: Client, link: Payload, **body: Any) -> Any:
    """POST for a manifest."""
    told = {"recipient": "Dr. Green", **body}
    return api.post(path_of(link.url), json.dumps(told), content_type=JSON, secure=True)


def get(api: Client, url: str, **query: str) -> Any:
    """GET an address with its query."""
    return api.get(path_of(url), query, secure=True)


def body_of(answer: HttpResponseBase) -> bytes:
    """All bytes of an answer."""
    streamed = answer.streaming
    return b"".join(answer.streaming_content) if streamed else answer.content  # type: ignore[attr-defined]


def bundle_of(api: Client, link: Payload, **body: Any) -> dict[str, Any]:
    """The Bundle behind a link, by manifest."""
    answer = ask(api, link, **body)
    assert answer.status_code == 200, answer.content
    file = answer.json()["files"][0]
    text = file["embedded"] if "embedded" in file else body_of(get(api, file["location"])).decode()
    data, kind = decrypt(text, link.key)
    assert kind == "application/fhir+json"
    found: dict[str, Any] = json.loads(data)
    return found
