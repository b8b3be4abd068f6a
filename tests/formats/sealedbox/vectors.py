"""Builds docs/sealed-format-vectors.json: `python -m tests.formats.sealedbox.vectors` writes it anew."""

import json
import unicodedata
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, derive_private_key
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from tests.formats.sealedbox import hpke_vectors

from chartpost.formats import sealedbox as box
from chartpost.formats.sealedbox.objects import sealed_size

FILE = Path(__file__).resolve().parents[3] / "docs" / "sealed-format-vectors.json"
CHUNK, SEALED, HEADER = 16_384, 16_400, 56
ORIGIN = "https://records.example.org"
FLOOR = box.Params(1, 600_000)
MIB8 = 8 * 1024 * 1024


def fixed(name: str, size: int) -> bytes:
    """Bytes that look random and never change."""
    return b"".join(sha256(f"{name}/{n}".encode()).digest() for n in range(size // 32 + 1))[:size]


def ident(name: str) -> str:
    return box.b64u(fixed(name, 16))


def pattern(size: int) -> bytes:
    """Byte i is i modulo 251."""
    return (bytes(range(251)) * (size // 251 + 1))[:size]


SECRET, SALT, SHARE_KEY = fixed("link", 32), fixed("salt", 16), fixed("share key", 32)
SHARE, OBJECT, RECIPIENT, DROP = ident("share"), ident("object"), ident("recipient"), ident("drop")
PASSWORD = "headache-feline-litter-morphine-deviator"
ACCENTED = "Crème brûlée à Zürich"
OWN = [
    *("", "short1!", "eleven-char", "password1234", "P@ssw0rd12345", "Summer2026!!", "aaaaaaaaaaaaaaaaaaaa"),
    *(
        "abcabcabcabcabc",
        "kT9#vmkT9#vm",
        "qwertyuiop1234",
        "1qaz2wsx3edc4rfv",
        "michaelmichael",
        "04/28/1986 04/28/1986",
    ),
    *("anvil bacon candle", "anvil-bacon-candle-dimple", "purple elephants dance badly", PASSWORD, ACCENTED),
    *(
        "kT9#vmQ2xLz!",
        "w3x8k2p0q9zt",
        "病歴を送るための合言葉です",
        "\U0001d54f\U0001d54f" * 6,
        "İstanbul ŞİŞLİ ısı",
        "Gro\u0308\u00dfe" * 3,
    ),
    "x" * 130 + "kT9#vmQ2xLz!",
]


def build() -> dict[str, Any]:
    """Every vector, in the order of docs/sealed-format.md."""
    return {
        "format": "CPS1",
        "links": links(),
        "links_refused": links_refused(),
        "kdf": [kdf(PASSWORD, FLOOR), kdf(ACCENTED, FLOOR), *accented(), kdf(PASSWORD, box.Params(2, 19_456, 2, 1))],
        "kdf_refused": kdf_refused(),
        "recipients": [recipient(FLOOR), recipient(box.Params(2, 19_456, 2, 1))],
        "wraps_refused": wraps_refused(),
        "objects": [an_object(size) for size in (0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK + 777)],
        "tampered": tampered(),
        "parts": [[sealed_size(n), box.part_size(sealed_size(n))] for n in (0, box.BLOCK, 80 << 30, 100 << 30)],
        "file_hashes": [[size, box.file_hash([pattern(size)])] for size in (0, 5, MIB8, MIB8 + 1, 2 * MIB8)],
        "manifests": [manifest_text(), manifest_text(title="", note="", kdf={}, files=[])],
        "manifests_refused": manifests_refused(),
        "passwords": passwords(),
        "names": [
            "a.txt",
            "Scans/2024/CT 1.dcm",
            "<img src=x onerror=alert(1)>.html",
            "Ärzte & Söhne.pdf",
            ".hidden",
            "x" * 200,
        ],
        "names_refused": names_refused(),
        "hpke": hpke_vectors.RFC_9180,
        "drops": [drop(box.P256), drop(box.X25519)],
        "sheets": [sheet()],
        "sheets_refused": sheets_refused(),
    }


def links() -> list[dict[str, Any]]:
    whole = box.Link(ORIGIN, RECIPIENT, SECRET).render()
    marks = ("#", "%23", "%2523")
    return [
        {"text": whole.replace("#", mark), "recipient": RECIPIENT, "secret": box.b64u(SECRET), "mangled": mark != "#"}
        for mark in marks
    ]


def links_refused() -> list[str]:
    whole = box.Link(ORIGIN, RECIPIENT, SECRET).render()
    return [whole[:-1], whole.partition("#")[0], whole.replace(RECIPIENT, RECIPIENT[:-2]), whole.replace("/s/", "/x/")]


def kdf(password: str, params: box.Params) -> dict[str, str]:
    key = box.derive(password, SALT, params)
    return {"password": password, "params": params.render(), "salt": box.b64u(SALT), "key": box.b64u(key)}


def accented() -> list[dict[str, str]]:
    """The same password as somebody else's keyboard spells it: the key must be the same."""
    return [kdf(ACCENTED, FLOOR) | {"password": unicodedata.normalize("NFD", ACCENTED)}]


def kdf_refused() -> list[dict[str, str]]:
    params = "1.599999 1.10000001 1.0600000 1.600000.1 2.19455.2.1 2.65536.1.1 2.1048577.3.1 2.65536.17.1 2.65536.3.9"
    found = [{"params": each, "salt": box.b64u(SALT)} for each in (*params.split(), "3.1", "", "1.6e5", "2.65536.3")]
    return [*found, {"params": "1.600000", "salt": box.b64u(SALT[:-1])}, {"params": "1.600000", "salt": ""}]


def recipient(params: box.Params) -> dict[str, str]:
    keys = box.keys_for(SECRET, PASSWORD, SALT, params, RECIPIENT)
    manifest, grant = box.pad(manifest_text().encode()), ident("grant")
    parts = {
        "secret": SECRET,
        "salt": SALT,
        "auth": keys.auth,
        "verifier": keys.verifier,
        "wrap": keys.wrap,
        "receipt": keys.receipt,
        "share_key": SHARE_KEY,
        "nonce": fixed("nonce", 12),
        "wrapped": box.wrap_share_key(keys, SHARE_KEY, params, nonce=fixed("nonce", 12)),
        "opened": box.opened_proof(keys, manifest),
        "receipt_check": box.receipt_check(keys, manifest),
        "mac": box.receipt_mac(keys, grant, manifest),
    }
    words = {"recipient": RECIPIENT, "password": PASSWORD, "params": params.render(), "grant": grant}
    return words | {name: box.b64u(data) for name, data in parts.items()} | {"manifest": manifest_text()}


def wraps_refused() -> list[dict[str, str]]:
    """Changes to the first recipient's wrapped key, each of which must keep it shut."""
    good = box.unb64u(recipient(FLOOR)["wrapped"])
    plain = {"wrapped": box.b64u(good), "params": "1.600000", "recipient": RECIPIENT}
    return [
        plain | {"why": "downgraded parameters", "params": "1.600001"},
        plain | {"why": "another recipient", "recipient": ident("somebody else")},
        plain | {"why": "a flipped bit", "wrapped": box.b64u(good[:-1] + bytes([good[-1] ^ 1]))},
        plain | {"why": "cut by one byte", "wrapped": box.b64u(good[:-1])},
        plain | {"why": "nothing", "wrapped": ""},
    ]


def an_object(size: int) -> dict[str, Any]:
    salt = fixed("object salt", 24)
    sealed = b"".join(box.seal_stream([pattern(size)], SHARE_KEY, SHARE, 1, OBJECT, salt=salt))
    place = {"share": SHARE, "index": 1, "object": OBJECT, "share_key": box.b64u(SHARE_KEY), "salt": box.b64u(salt)}
    return place | {"size": size, "sealed_size": len(sealed), "sealed_sha256": box.b64u(sha256(sealed).digest())}


def tampered() -> dict[str, Any]:
    """Edits of the object of 2 chunks and 777 bytes: `take` pieces of it, then `xor` one byte; or open it elsewhere."""
    end = HEADER + 2 * SEALED + 777 + 16
    first, second, last = HEADER, HEADER + SEALED, HEADER + 2 * SEALED
    whole = [[0, end]]
    cases: list[dict[str, Any]] = [
        {"why": "cut by one byte", "take": [[0, end - 1]]},
        {"why": "last chunk dropped", "take": [[0, last]]},
        {"why": "cut at the border before the last full chunk", "take": [[0, second]]},
        {"why": "header alone", "take": [[0, HEADER]]},
        {"why": "cut inside the header", "take": [[0, 30]]},
        {"why": "nothing", "take": []},
        {"why": "tag of the last chunk alone cut", "take": [[0, end - 16]]},
        {"why": "chunks swapped", "take": [[0, first], [second, last], [first, second], [last, end]]},
        {"why": "chunk repeated", "take": [[0, second], [first, end]]},
        {"why": "a byte added", "take": [[0, end], [0, 1]]},
        {"why": "bit flipped in a chunk", "take": whole, "xor": [second + 5, 1]},
        {"why": "bit flipped in the last tag", "take": whole, "xor": [end - 1, 128]},
        {"why": "salt changed", "take": whole, "xor": [0, 1]},
        {"why": "commitment changed", "take": whole, "xor": [40, 1]},
        {"why": "another index", "take": whole, "index": 2},
        {"why": "another object id", "take": whole, "object": ident("another object")},
        {"why": "another share id", "take": whole, "share": ident("another share")},
        {"why": "another share key", "take": whole, "share_key": box.b64u(fixed("another key", 32))},
    ]
    return {"object": an_object(2 * CHUNK + 777), "cases": cases}


def entry(**changes: Any) -> dict[str, Any]:
    plain = {
        "index": 1,
        "object": OBJECT,
        "name": "Scans/CT 1.dcm",
        "type": "application/dicom",
        "size": 5,
        "mtime": 1_790_000_000_000,
        "hash": box.file_hash([b"hello"]),
        "sealed_size": sealed_size(5),
    }
    return plain | changes


def manifest_text(**changes: Any) -> str:
    value = {
        "v": 1,
        "title": "Your scans",
        "note": "Ask “us” anything.\nThe front desk",
        "created": "2026-11-21T10:00:00Z",
        "kdf": {RECIPIENT: "1.1000000"},
        "files": [entry(), entry(index=2, object=ident("object 2"), name="Größe.txt", type="text/plain", mtime=None)],
    }
    return json.dumps(value | changes, ensure_ascii=False, separators=(",", ":"))


def manifests_refused() -> list[str]:
    entries: list[dict[str, Any]] = [
        *({"name": name} for name in names_refused()[:4]),
        *({"index": index} for index in (0, -1, 2**32, 1.5, "1", True, None)),
        *({"size": size} for size in (-1, 6, 2**53)),
        *({"hash": text} for text in ("", box.b64u(b"short"), 7)),
        {"object": "short"},
        {"type": "no type"},
        {"mtime": "yesterday"},
        {"sealed_size": 76},
    ]
    wholes: list[dict[str, Any]] = [
        {"v": 2},
        {"v": True},
        {"title": None},
        {"title": "x" * 801},
        {"note": 1},
        {"created": "2026-11-21"},
        {"kdf": []},
        {"kdf": {RECIPIENT: "1.1000"}},
        {"kdf": {"short": "1.1000000"}},
        {"files": {}},
        {"files": [entry(), entry()]},
        {"files": [entry(), entry(index=2)]},
        {"files": [entry(), entry(index=2, object=ident("object 2"), name="scans/ct 1.DCM")]},
    ]
    found = [manifest_text(files=[entry(**change)]) for change in entries] + [manifest_text(**each) for each in wholes]
    doubled = [
        manifest_text().replace('"v":1', '"v":1,"\\u0076":1', 1),
        manifest_text().replace('"size"', '"type":"a/b","size"', 1),
    ]
    return [*found, *doubled, "", "[]", "null", "{", manifest_text() + "x", manifest_text(files=[{}]), "NaN"]


def passwords() -> list[dict[str, Any]]:
    """Own passwords with what a guesser knows beside them: how many bits they are, and whether they are taken."""
    near = ["Records of José Ñandú", "Dr. Lee"]
    found = [(text, []) for text in OWN] + [
        (text, near) for text in ("jose nandu 1986", "J0SÉ records, dr lee", PASSWORD)
    ]
    return [
        {"password": text, "near": words, "bits": round(box.bits(text, words), 6), "taken": _taken(text, words)}
        for text, words in found
    ]


def _taken(password: str, near: list[str]) -> bool:
    try:
        box.check_password(password, near)
    except box.WeakPasswordError:
        return False
    return True


def names_refused() -> list[str]:
    odd = [
        "../up.txt",
        "/etc/passwd",
        "a//b",
        "a/./b",
        "a\\b",
        "",
        ".",
        "a/",
        "new\nline",
        "nul\x00",
        "gnp\u202efdp.exe",
    ]
    return [*odd, unicodedata.normalize("NFD", "é.txt"), "x" * 1025, "/".join(["abcdefgh"] * 500)]


def drop(suite: int) -> dict[str, Any]:
    """A private key, its two wraps, and a share key sealed to it once."""
    raw = fixed(f"drop {suite}", 32)
    key = (
        derive_private_key(int.from_bytes(raw, "big"), SECP256R1())
        if suite == box.P256
        else X25519PrivateKey.from_private_bytes(raw)
    )
    private = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    root, sheet_key, nonce = box.derive(PASSWORD, SALT, FLOOR), fixed("sheet", 32), fixed("nonce", 12)
    public = hpke_vectors.DROP_PUBLIC[suite]
    return {
        "suite": suite,
        "drop": DROP,
        "public": public,
        "fingerprint": box.b64u(box.fingerprint(box.unb64u(public))),
        "private": box.b64u(private),
        "salt": box.b64u(SALT),
        "passphrase": PASSWORD,
        "params": FLOOR.render(),
        "wrapped": box.b64u(box.wrap_private_key(private, root, SALT, FLOOR, DROP, nonce=nonce)),
        "sheet": box.b64u(sheet_key),
        "wrapped_for_sheet": box.b64u(box.wrap_private_key(private, sheet_key, SALT, None, DROP, nonce=nonce)),
        "share_key": box.b64u(SHARE_KEY),
        "sealed_key": hpke_vectors.DROP_SEALED[suite],
    }


def sheet() -> dict[str, Any]:
    return {"secret": box.b64u(fixed("sheet", 32)), "lines": box.sheet_lines(fixed("sheet", 32))}


def sheets_refused() -> list[str]:
    lines = box.sheet_lines(fixed("sheet", 32))
    slip = [*lines[:3], lines[3][:-1] + ("A" if lines[3][-1] != "A" else "B"), *lines[4:]]
    swapped = [lines[1].replace("2 ", "1 "), lines[0].replace("1 ", "2 "), *lines[2:]]
    return ["\n".join(each) for each in (lines[:7], slip, swapped, [*lines[:7], "8 ABCU-EFGH"])]


def text() -> str:
    """The file's content."""
    return json.dumps(build(), ensure_ascii=True, indent=1) + "\n"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="ascii")
