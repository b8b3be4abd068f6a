"""Talking to the sealed API in this process."""

import io
import json
from dataclasses import dataclass, field
from typing import Any

from chartpost.gateways.sealed.app import application
from chartpost.shares.ids import encode
from tests.shares.sealing import Link, Sealed, digest_header, unseal


@dataclass
class Answer:
    """What the API answered; header names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Door:
    """A client of the API; `token` is its bearer token."""

    token: str = ""
    address: str = "203.0.113.7"
    headers: dict[str, str] = field(default_factory=dict)

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        environ: dict[str, Any] = {
            "REQUEST_METHOD": method,
            "PATH_INFO": "/s/api/" + path,
            "QUERY_STRING": "",
            "REMOTE_ADDR": self.address,
            "wsgi.input": io.BytesIO(data),
            "CONTENT_LENGTH": str(len(data)),
        }
        if self.token:
            environ["HTTP_AUTHORIZATION"] = f"Bearer {self.token}"
        for name, value in {**self.headers, **headers}.items():
            key = name.upper().replace("-", "_")
            environ[key if key == "CONTENT_LENGTH" else f"HTTP_{key}"] = value
        got: dict[str, Any] = {}

        def start(status: str, pairs: list[tuple[str, str]]) -> None:
            got["status"] = int(status[:3])
            got["headers"] = {name.lower(): value for name, value in pairs}

        pieces = application(environ, start)
        try:
            return Answer(got["status"], got["headers"], b"".join(pieces)) if "status" in got else _none()
        finally:
            close = getattr(pieces, "close", None)
            if close:
                close()

    def make(self, sealed: Sealed, *links: Link, **more: Any) -> "Door":
        """Make a share with these links; returns a door with its upload token."""
        asked = {"share": sealed.share, "recipients": [link.asked(sealed) for link in links], **more}
        answer = self.ask("POST", "shares", asked)
        assert answer.status == 201, answer.json
        return Door(answer.json["upload_token"], self.address)

    def announce(self, sealed: Sealed) -> None:
        for index, (name, data) in enumerate(sealed.objects.items()):
            ask = {"object": name, "index": index, "size": len(data)}
            answer = self.ask("POST", f"shares/{sealed.share}/objects", ask)
            assert answer.status in {200, 201}, answer.json

    def put(self, sealed: Sealed, name: str, number: int, part: bytes, **headers: str) -> Answer:
        path = f"shares/{sealed.share}/objects/{name}/parts/{number}"
        return self.ask("PUT", path, part, **{"Content-Digest": digest_header(part), **headers})

    def fill(self, sealed: Sealed) -> None:
        """Announce and send everything."""
        self.announce(sealed)
        for name in sealed.objects:
            for number, part in sealed.parts(name):
                answer = self.put(sealed, name, number, part)
                assert answer.status == 204, answer.json

    def complete(self, sealed: Sealed, body: Any = None) -> Answer:
        return self.ask("POST", f"shares/{sealed.share}/complete", body or {})


def _none() -> Answer:
    raise AssertionError("the API did not begin its answer")


def send(shell: Door, sealed: Sealed, *links: Link, **more: Any) -> Door:
    """Send a whole share; returns the sender's door."""
    door = shell.make(sealed, *links, **more)
    door.fill(sealed)
    assert door.complete(sealed).status == 200
    return door


def open_link(link: Link, address: str = "198.51.100.4") -> Answer:
    """Open a link with its own proof."""
    return Door(address=address).ask("POST", f"open/{link.recipient}", {"auth": link.auth})


def fetch(link: Link, opened: Any) -> dict[int, bytes]:
    """The plaintext of every object, by index, as a recipient gets it."""
    key, found = link.unwrap(opened["wrapped"]), {}
    for one in opened["objects"]:
        answer = Door(opened["grant"]).ask("GET", f"open/{link.recipient}/objects/{one['object']}")
        assert answer.status == 200, answer.body[:500]
        found[one["index"]] = unseal(opened["share"], key, one["index"], one["object"], answer.body)
    return found


def receipt(link: Link, opened: Any, manifest: bytes) -> Answer:
    """Confirm that everything arrived."""
    body = {"opened": encode(link.opened(manifest)), "mac": encode(link.mac(opened["grant_id"], manifest))}
    return Door(opened["grant"]).ask("POST", f"open/{link.recipient}/receipt", body)
