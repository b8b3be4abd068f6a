"""A sender outside the browser: seals files by the Python side of the format and puts them on a running server."""

import base64
import json
import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from hashlib import sha256
from http.client import HTTPSConnection
from pathlib import Path
from typing import Any

from chartpost.formats import sealedbox as box
from tests.support.inside import Inside
from tests.support.live import Answer, Live

PARAMS = box.Params(1, 600_000)
"""The least a reader takes: tests open often."""
CREATED = "2026-11-20T16:00:00Z"
MTIME = 1_770_000_000_000
PIECE = 8 * 1024 * 1024
RECEIPT_SECONDS = 30
_TOKEN = """
from chartpost.identity import queries
from chartpost.identity.models import Account
from chartpost.shares import services
account = Account.objects.filter(is_staff_account=True, is_active=True).order_by("pk").first()
print(services.make_token(queries.actor_of(account)))
"""


@dataclass(frozen=True)
class Link:
    """What one recipient is given."""

    recipient: str
    secret: str
    password: str

    @property
    def path(self) -> str:
        return f"/s/{self.recipient}#1.{self.secret}"


@dataclass
class Sent:
    """A share on the server, and what its sender knows of it."""

    share: str
    token: str
    links: tuple[Link, ...]
    hashes: dict[str, str] = field(default_factory=dict)

    @property
    def link(self) -> Link:
        return self.links[0]


def shell_token(home: Inside) -> str:
    """A shell token of somebody at the demo office."""
    return home.run(_TOKEN).split()[-1]


@dataclass
class Sender:
    """Sends in the name of an account of a live server."""

    live: Live
    token: str

    def ask(
        self, method: str, path: str, body: Any = None, token: str = "", line: HTTPSConnection | None = None
    ) -> Answer:
        """A request of the sender's API."""
        data = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
        bearer = {"Authorization": f"Bearer {token or self.token}"}
        return self.live.send(method, f"/s/api/{path}", data, bearer, line)

    def send(
        self,
        files: Mapping[str, bytes | Path],
        *,
        passwords: Sequence[str] = ("anvil-bacon-candle-dimple-eagle",),
        title: str = "",
        note: str = "",
        types: Mapping[str, str] | None = None,
        spoil: Mapping[int, int] | None = None,
        params: box.Params = PARAMS,
        **more: Any,
    ) -> Sent:
        """Seal and send; `spoil` changes the byte of an object's ciphertext at an offset, by index."""
        share, key = box.new_id(), box.new_share_key()
        links = tuple(Link(box.new_id(), box.b64u(secrets.token_bytes(32)), word) for word in passwords)
        entries = tuple(_entry(n, name, data, types or {}) for n, (name, data) in enumerate(files.items(), 1))
        kdf = {link.recipient: params for link in links}
        manifest = box.Manifest(title, note, CREATED, kdf, entries).render()
        asked = {"share": share, "recipients": [_recipient(link, key, manifest, params, more) for link in links]}
        made = self.ask("POST", "shares", asked | {k: v for k, v in more.items() if k == "expires_at"})
        assert made.status == 201, made.text
        sent = Sent(share, made.json["upload_token"], links, {e.name: _hash(files[e.name]) for e in entries})
        listing = box.new_id()
        objects = [(0, listing, manifest), *((e.index, e.object, files[e.name]) for e in entries)]
        with closing(self.live.connect()) as line:
            for index, name, data in objects:
                self._put(line, sent, key, index, name, data, (spoil or {}).get(index))
        done = self.ask("POST", f"shares/{share}/complete", {}, sent.token)
        assert done.status == 200, done.text
        return sent

    def state(self, sent: Sent, received: int = 0) -> Any:
        """What the server tells the sender, as soon as the first recipient gave `received` receipts."""
        until = time.monotonic() + RECEIPT_SECONDS
        while True:
            found = self.ask("GET", f"shares/{sent.share}", token=sent.token).json
            if not received or len(found["recipients"][0]["received"]) >= received or time.monotonic() > until:
                return found
            time.sleep(0.05)

    def revoke(self, sent: Sent) -> None:
        """Take a share back."""
        assert self.ask("DELETE", f"shares/{sent.share}", token=sent.token).status in {200, 204}

    def _put(
        self,
        line: HTTPSConnection,
        sent: Sent,
        key: bytes,
        index: int,
        name: str,
        data: bytes | Path,
        spoiled: int | None,
    ) -> None:
        size = box.sealed_size(len(data) if isinstance(data, bytes) else data.stat().st_size)
        path = f"shares/{sent.share}/objects"
        asked = {"object": name, "index": index, "size": size}
        assert self.ask("POST", path, asked, sent.token, line).status in {200, 201}
        sealed = box.seal_stream(_pieces(data), key, sent.share, index, name)
        for number, part in enumerate(_cut(sealed)):
            at = -1 if spoiled is None else spoiled - number * box.PART
            if 0 <= at < len(part):
                part[at] ^= 1
            answer = self.live.send(
                "PUT", f"/s/api/{path}/{name}/parts/{number}", bytes(part), _headers(part, sent.token), line
            )
            assert answer.status == 204, answer.text


def _headers(part: bytes | bytearray, token: str) -> dict[str, str]:
    digest = base64.b64encode(sha256(part).digest()).decode()
    return {"Authorization": f"Bearer {token}", "Content-Digest": f"sha-256=:{digest}:"}


def _entry(index: int, name: str, data: bytes | Path, types: Mapping[str, str]) -> box.FileEntry:
    size = len(data) if isinstance(data, bytes) else data.stat().st_size
    kind = types.get(name, "application/octet-stream")
    found = box.file_hash(_pieces(data))
    return box.FileEntry(index, box.new_id(), name, kind, size, MTIME, found, box.sealed_size(size))


def _recipient(link: Link, key: bytes, manifest: bytes, params: box.Params, more: Mapping[str, Any]) -> dict[str, Any]:
    salt = secrets.token_bytes(16)
    keys = box.keys_for(box.unb64u(link.secret, 32), link.password, salt, params, link.recipient)
    return {
        "recipient": link.recipient,
        "params": params.render(),
        "salt": box.b64u(salt),
        "verifier": box.b64u(keys.verifier),
        "wrapped": box.b64u(box.wrap_share_key(keys, key, params)),
        "receipt_check": box.b64u(box.receipt_check(keys, manifest)),
        "label": "1",
    } | {k: v for k, v in more.items() if k == "max_opens"}


def _pieces(data: bytes | Path) -> Iterator[bytes]:
    if isinstance(data, bytes):
        yield data
        return
    with data.open("rb") as file:
        while piece := file.read(PIECE):
            yield piece


def _hash(data: bytes | Path) -> str:
    digest = sha256()
    for piece in _pieces(data):
        digest.update(piece)
    return digest.hexdigest()


def _cut(sealed: Iterator[bytes]) -> Iterator[bytearray]:
    held = bytearray()
    for piece in sealed:
        held += piece
        while len(held) >= box.PART:
            yield held[: box.PART]
            del held[: box.PART]
    if held:
        yield held
