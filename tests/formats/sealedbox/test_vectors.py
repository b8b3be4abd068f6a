"""The published vectors hold for the Python implementation, the tampered ones are refused."""

import hmac
import json
from hashlib import sha256
from typing import Any

import pytest
from cryptography.hazmat.bindings._rust import openssl
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, derive_private_key
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from tests.formats.sealedbox import vectors
from tests.formats.sealedbox.vectors import CHUNK, pattern

from chartpost.formats import sealedbox as box
from chartpost.formats.sealedbox.drop import _SUITES

V: dict[str, Any] = json.loads(vectors.FILE.read_text("ascii"))


def test_the_published_file_is_what_the_program_does() -> None:
    assert vectors.FILE.read_text("ascii") == vectors.text(), "run python -m tests.formats.sealedbox.vectors"


def test_keys_follow_the_specification_spelled_out_with_hmac() -> None:
    r = V["recipients"][0]
    secret, salt = box.unb64u(r["secret"]), box.unb64u(r["salt"])
    password_key = __import__("hashlib").pbkdf2_hmac("sha256", r["password"].encode(), salt, 600_000)
    root = hmac.digest(salt, secret + password_key, "sha256")
    for label in ("auth", "wrap", "receipt"):
        info = f"chartpost/share/v1/{label}/{r['recipient']}".encode()
        assert box.b64u(hmac.digest(root, info + b"\x01", "sha256")) == r[label]
    manifest = box.pad(r["manifest"].encode())
    opened = hmac.digest(box.unb64u(r["receipt"]), b"opened" + sha256(manifest).digest(), "sha256")
    assert (box.b64u(opened), box.b64u(sha256(opened).digest())) == (r["opened"], r["receipt_check"])
    assert r["verifier"] == box.b64u(sha256(box.unb64u(r["auth"])).digest())


@pytest.mark.parametrize("case", V["links"], ids=lambda c: c["text"][45:55])
def test_links(case: dict[str, Any]) -> None:
    link = box.parse_link(case["text"])
    assert (link.recipient, box.b64u(link.secret), link.mangled) == (case["recipient"], case["secret"], case["mangled"])


@pytest.mark.parametrize("text", V["links_refused"])
def test_refused_links(text: str) -> None:
    with pytest.raises(box.LinkError):
        box.parse_link(text)


@pytest.mark.parametrize("case", V["kdf"], ids=lambda c: c["params"])
def test_password_keys(case: dict[str, str]) -> None:
    params = box.parse_params(case["params"])
    assert box.b64u(box.derive(case["password"], box.unb64u(case["salt"]), params)) == case["key"]


@pytest.mark.parametrize("case", V["kdf_refused"], ids=lambda c: f"{c['params']}-{len(c['salt'])}")
def test_refused_parameters(case: dict[str, str]) -> None:
    with pytest.raises(box.ParamsError):
        box.derive("x" * 12, box.unb64u(case["salt"]), box.parse_params(case["params"]))


@pytest.mark.parametrize("case", V["recipients"], ids=lambda c: c["params"])
def test_recipients(case: dict[str, str]) -> None:
    params = box.parse_params(case["params"])
    secret, salt = box.unb64u(case["secret"]), box.unb64u(case["salt"])
    keys = box.keys_for(secret, case["password"], salt, params, case["recipient"])
    assert box.b64u(box.unwrap_share_key(keys, box.unb64u(case["wrapped"]), params)) == case["share_key"]
    manifest = box.pad(case["manifest"].encode())
    assert box.b64u(box.receipt_mac(keys, case["grant"], manifest)) == case["mac"]


@pytest.mark.parametrize("case", V["wraps_refused"], ids=lambda c: c["why"])
def test_refused_wraps(case: dict[str, str]) -> None:
    r = V["recipients"][0]
    keys = box.Keys(case["recipient"], *(box.unb64u(r[name]) for name in ("auth", "wrap", "receipt")))
    with pytest.raises(box.WrongKeyError):
        box.unwrap_share_key(keys, box.unb64u(case["wrapped"]), box.parse_params(case["params"]))


def sealed(case: dict[str, Any]) -> bytes:
    place = (box.unb64u(case["share_key"]), case["share"], case["index"], case["object"])
    return b"".join(box.seal_stream([pattern(case["size"])], *place, salt=box.unb64u(case["salt"])))


def opened(data: bytes, case: dict[str, Any]) -> bytes:
    place = (box.unb64u(case["share_key"]), case["share"], case["index"], case["object"])
    return b"".join(box.open_stream([data], *place))


@pytest.mark.parametrize("case", V["objects"], ids=lambda c: str(c["size"]))
def test_objects(case: dict[str, Any]) -> None:
    data = sealed(case)
    assert (len(data), box.b64u(sha256(data).digest())) == (case["sealed_size"], case["sealed_sha256"])
    assert opened(data, case) == pattern(case["size"])


@pytest.mark.parametrize("edit", V["tampered"]["cases"], ids=lambda c: c["why"])
def test_tampered_objects(edit: dict[str, Any]) -> None:
    good = sealed(V["tampered"]["object"])
    data = bytearray(b"".join(good[start:end] for start, end in edit["take"]))
    if "xor" in edit:
        data[edit["xor"][0]] ^= edit["xor"][1]
    with pytest.raises(box.BoxError) as caught:
        opened(bytes(data), V["tampered"]["object"] | edit)
    assert "chunk" not in str(caught.value), "the error must not tell one way of tampering from another"


def test_sizes_and_hashes() -> None:
    assert [[size, box.part_size(size)] for size, _ in V["parts"]] == V["parts"]
    assert [[size, box.file_hash([pattern(size)])] for size, _ in V["file_hashes"]] == V["file_hashes"]


@pytest.mark.parametrize("text", V["manifests"])
def test_manifests(text: str) -> None:
    assert box.parse_manifest(box.pad(text.encode())).render() == box.pad(text.encode())


@pytest.mark.parametrize("text", V["manifests_refused"], ids=lambda t: sha256(t.encode()).hexdigest()[:8])
def test_refused_manifests(text: str) -> None:
    with pytest.raises(box.ManifestError):
        box.parse_manifest(box.pad(text.encode()))


def test_names() -> None:
    assert [name for name in V["names"] if not box.is_safe_name(name)] == []
    assert [name for name in V["names_refused"] if box.is_safe_name(name)] == []


@pytest.mark.parametrize("case", V["hpke"], ids=lambda c: str(c["suite"]))
def test_hpke_opens_what_rfc_9180_sealed(case: dict[str, Any]) -> None:
    raw = bytes.fromhex(case["private"])
    p256 = derive_private_key(int.from_bytes(raw, "big"), SECP256R1())
    key = p256 if case["suite"] == box.P256 else X25519PrivateKey.from_private_bytes(raw)
    sealed, info, aad = (bytes.fromhex(case[n]) for n in ("sealed", "info", "aad"))
    message = bytes.fromhex(case["enc"]) + sealed
    plain = openssl.hpke._decrypt_with_aad(_SUITES[case["suite"]], message, key, info, aad)
    assert plain == bytes.fromhex(case["plain"])


@pytest.mark.parametrize("case", V["drops"], ids=lambda c: str(c["suite"]))
def test_drops(case: dict[str, Any]) -> None:
    salt, public, drop = box.unb64u(case["salt"]), box.unb64u(case["public"]), case["drop"]
    params = box.parse_params(case["params"])
    root = box.derive(case["passphrase"], salt, params)
    private = box.unwrap_private_key(box.unb64u(case["wrapped"]), root, salt, params, drop)
    recovered = box.unwrap_private_key(
        box.unb64u(case["wrapped_for_sheet"]), box.unb64u(case["sheet"]), salt, None, drop
    )
    assert private == recovered == box.unb64u(case["private"])
    assert box.b64u(box.open_from_drop(box.unb64u(case["sealed_key"]), private, drop)) == case["share_key"]
    box.check_fingerprint(public, box.unb64u(case["fingerprint"]))
    again = box.seal_for_drop(box.unb64u(case["share_key"]), public, case["suite"], drop)
    assert box.b64u(box.open_from_drop(again, private, drop)) == case["share_key"]


@pytest.mark.parametrize("case", V["drops"], ids=lambda c: str(c["suite"]))
def test_drops_refuse_others(case: dict[str, Any]) -> None:
    sealed_key, private = box.unb64u(case["sealed_key"]), box.unb64u(case["private"])
    other = box.new_drop_keys(case["suite"])
    flipped = sealed_key[:-1] + bytes([sealed_key[-1] ^ 1])
    for data, key, drop in [
        (flipped, private, case["drop"]),
        (sealed_key, other.private, case["drop"]),
        (sealed_key, private, box.new_id()),
        (sealed_key[:40], private, case["drop"]),
        (sealed_key, b"no key", case["drop"]),
    ]:
        with pytest.raises(box.WrongKeyError):
            box.open_from_drop(data, key, drop)
    with pytest.raises(box.WrongKeyError):
        box.check_fingerprint(other.public, box.unb64u(case["fingerprint"]))
    with pytest.raises(box.WrongKeyError):
        box.seal_for_drop(box.new_share_key(), bytes(len(other.public)), case["suite"], case["drop"])


def test_sheets() -> None:
    for case in V["sheets"]:
        typed = "\n".join(case["lines"]).lower().replace("0", "o").replace("-", " ")
        bare = "\n".join(line[2:] for line in case["lines"])
        assert box.b64u(box.read_sheet(typed)) == box.b64u(box.read_sheet(bare)) == case["secret"]
    for text in V["sheets_refused"]:
        with pytest.raises(box.WordsError):
            box.read_sheet(text)


def test_a_slip_on_a_sheet_is_named_by_its_line() -> None:
    with pytest.raises(box.WordsError, match="slip in line 4"):
        box.read_sheet(V["sheets_refused"][1])


def test_patterns_are_what_the_document_says() -> None:
    assert pattern(CHUNK)[250:253] == bytes([250, 0, 1])
