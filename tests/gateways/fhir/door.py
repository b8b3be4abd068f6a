"""Talking to the FHIR door in this process, with whatever access a test wants."""

import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch
from urllib.parse import quote, unquote

import orjson

from chartpost.gateways.fhir.app import application
from chartpost.identity import scopes as scope_words
from chartpost.identity.types import Access, Actor, RowFilter
from chartpost.kernel.db import raw


@dataclass
class Answer:
    """What the door answered."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return orjson.loads(self.body)

    @property
    def ids(self) -> list[str]:
        """Type/id of the entries of a bundle, in order."""
        found = [entry["resource"] for entry in self.json.get("entry", ()) if "resource" in entry]
        return [f"{r['resourceType']}/{r['id']}" for r in found if r["resourceType"] != "OperationOutcome"]

    def link(self, relation: str) -> str | None:
        return next((one["url"] for one in self.json.get("link", ()) if one["relation"] == relation), None)


@dataclass
class Door:
    """A client of the door; `access` is what its token may do."""

    access: Access | None
    headers: dict[str, str] = field(default_factory=dict)

    def get(self, address: str, **headers: str) -> Answer:
        return self.send("GET", address, b"", headers)

    def post(self, address: str, body: Any = b"", **headers: str) -> Answer:
        return self.send("POST", address, body, headers)

    def send(self, method: str, address: str, body: Any = b"", headers: Mapping[str, str] | None = None) -> Answer:
        path, _, query = address.removeprefix("https://localhost:8443").removeprefix("/fhir/").partition("?")
        data = body if isinstance(body, bytes) else orjson.dumps(body)
        environ: dict[str, Any] = {
            "REQUEST_METHOD": method,
            "PATH_INFO": unquote("/fhir/" + path.lstrip("/"), "latin-1"),
            "QUERY_STRING": query,
            "wsgi.input": io.BytesIO(data),
            "CONTENT_LENGTH": str(len(data)),
            "HTTP_AUTHORIZATION": "Bearer test",
        }
        for name, value in {**self.headers, **(headers or {})}.items():
            key = name.upper().replace("-", "_")
            environ[key if key == "CONTENT_TYPE" else f"HTTP_{key}"] = value
        got: dict[str, Any] = {}

        def start(status: str, pairs: list[tuple[str, str]]) -> None:
            got["status"], got["headers"] = int(status[:3]), dict(pairs)

        with patch("chartpost.identity.tokens.access", lambda _token, _db: self.access), raw.reading(raw.django()):
            body = b"".join(application(environ, start))
        return Answer(got["status"], got["headers"], body)


def access(
    scopes: str,
    person_id: int | None = None,
    patient_id: str = "",
    persons: Mapping[int, RowFilter] | None = None,
    everyone: RowFilter | None = None,
    **more: Any,
) -> Access:
    """An access of these scopes; a person in context is reached whole unless `persons` says otherwise."""
    reached = persons if persons is not None else {person_id: RowFilter()} if person_id else {}
    actor = more.pop("actor", None) or Actor(
        "person" if person_id else "app", ref="tester", name="Tester", own_persons=frozenset(reached)
    )
    return Access(
        grant_ref="g1",
        client_id="client",
        client_name="Test app",
        actor=actor,
        scopes=scope_words.resources(scopes.split()),
        persons=reached,
        everyone=everyone,
        person_id=person_id,
        patient_id=patient_id,
        expires_at=4e9,
        **more,
    )


@contextmanager
def everyone(scopes: str = "system/*.cruds") -> Iterator[Door]:
    """A backend client."""
    yield Door(access(scopes, everyone=RowFilter()))


def asked(**parameters: str) -> str:
    """Parameters as a query string."""
    return "&".join(f"{quote(name)}={quote(value)}" for name, value in parameters.items())
