"""Somebody who opens a link outside the browser: the Python side of the format against a running server."""

import hashlib
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPSConnection
from typing import Any

from chartpost.formats import sealedbox as box
from tests.support.live import Answer, Live


@dataclass
class Received:
    """What was in a share: its list of files, and the SHA-256 of each file by name."""

    manifest: box.Manifest
    hashes: dict[str, str]


def post(live: Live, path: str, body: bytes, token: str = "") -> Answer:
    """A request of a reader."""
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    return live.send("POST", f"/s/api/open/{path}", body, headers)


def receive(live: Live, link: str, password: str, receipt: bool = True) -> Received:
    """Open a link, check everything, and send the receipt."""
    found = box.parse_link(link)
    header: Any = post(live, f"{found.recipient}/header", b"{}").json
    params, salt = box.parse_params(header["params"]), box.unb64u(header["salt"])
    keys = box.keys_for(found.secret, password, salt, params, found.recipient)
    answer = post(live, found.recipient, b'{"auth":"%s"}' % box.b64u(keys.auth).encode())
    assert answer.status == 200, answer.text
    grant: Any = answer.json
    share_key = box.unwrap_share_key(keys, box.unb64u(grant["wrapped"]), params)
    at = f"/s/api/open/{found.recipient}/objects/"
    received, plain = read(live, grant, share_key, at)
    received.manifest.check_params(found.recipient, params)
    if receipt:
        proof = box.b64u(box.opened_proof(keys, plain))
        mac = box.b64u(box.receipt_mac(keys, grant["grant_id"], plain))
        told = post(
            live, f"{found.recipient}/receipt", f'{{"opened":"{proof}","mac":"{mac}"}}'.encode(), grant["grant"]
        )
        assert told.status == 204, told.text
    return received


def read(live: Live, grant: Any, share_key: bytes, at: str) -> tuple[Received, bytes]:
    """Every file a grant leads to, checked against the list of files; the list as padded besides."""
    with closing(live.connect()) as line:
        return _read(live, line, grant, share_key, at)


def _read(live: Live, line: HTTPSConnection, grant: Any, share_key: bytes, at: str) -> tuple[Received, bytes]:
    objects = {one["index"]: one for one in grant["objects"]}

    def pieces(index: int) -> Iterator[bytes]:
        bearer = {"Authorization": f"Bearer {grant['grant']}"}
        answer = live.send("GET", at + objects[index]["object"], None, bearer, line)
        assert answer.status == 200, answer.text
        yield answer.body

    def opened(index: int) -> Iterator[bytes]:
        name = objects[index]["object"]
        return box.open_stream(pieces(index), share_key, grant["share"], index, name)

    plain = b"".join(opened(0))
    manifest = box.parse_manifest(plain)
    manifest.check_objects({n: (one["object"], one["size"]) for n, one in objects.items() if n})
    hashes = {}
    for entry in manifest.files:
        data = b"".join(opened(entry.index))
        assert len(data) == entry.size
        assert box.file_hash([data]) == entry.hash
        hashes[entry.name] = hashlib.sha256(data).hexdigest()
    return Received(manifest, hashes), plain
