"""Files of links: joserfc, a JOSE library of others, reads ours, and we read its; nothing changed gets through."""

import json
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwe as theirs
from joserfc.jwk import OctKey

from chartpost.formats.shlink import JweError, ShlinkError, TooBigError, decrypt, encrypt
from chartpost.formats.shlink.text import b64u, unb64u

KEY = bytes(range(32))
TYPE = "application/fhir+json"
GUIDE_KEY = "rxTgYlOaKJPFtcEd0qcceN8wEU4p94SqAwIWQe6uX7Q"
GUIDE_HEADER = "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIiwiY3R5IjoiYXBwbGljYXRpb24vc21hcnQtaGVhbHRoLWNhcmQifQ"
BUNDLE = json.dumps({"resourceType": "Bundle", "type": "collection", "note": "Salud ☤ " * 500}).encode()


def test_another_library_reads_ours() -> None:
    read = theirs.decrypt_compact(encrypt(BUNDLE, KEY, TYPE), OctKey.import_key(KEY))
    assert read.plaintext == BUNDLE
    assert read.headers() == {"alg": "dir", "enc": "A256GCM", "zip": "DEF", "cty": TYPE}


@pytest.mark.parametrize("more", [{}, {"zip": "DEF"}])
def test_we_read_another_library(more: dict[str, str]) -> None:
    made = theirs.encrypt_compact({"alg": "dir", "enc": "A256GCM", "cty": TYPE, **more}, BUNDLE, OctKey.import_key(KEY))
    assert decrypt(made, KEY) == (BUNDLE, TYPE)


def test_the_header_of_the_guide_is_one_we_read() -> None:
    sealed = encrypt(b"x", unb64u(GUIDE_KEY) or b"", TYPE).split(".")
    with pytest.raises(JweError, match="does not fit the key"):
        decrypt(".".join([GUIDE_HEADER, *sealed[1:]]), unb64u(GUIDE_KEY) or b"")


def test_no_two_files_share_a_nonce() -> None:
    nonces = {encrypt(b"same", KEY, TYPE).split(".")[2] for _ in range(500)}
    assert len(nonces) == 500


def test_every_changed_byte_is_noticed() -> None:
    made = encrypt(b"what a file says", KEY, TYPE)
    for place in range(len(made)):
        other = "A" if made[place] != "A" else "B"
        bent = made[:place] + other + made[place + 1 :]
        if [unb64u(p) for p in bent.split(".")] == [unb64u(p) for p in made.split(".")]:
            continue
        with pytest.raises(JweError):
            decrypt(bent, KEY)


def test_another_key_opens_nothing() -> None:
    with pytest.raises(JweError, match="does not fit the key"):
        decrypt(encrypt(BUNDLE, KEY, TYPE), bytes(32))


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "A256KW", "enc": "A256GCM"},
        {"alg": "dir", "enc": "A128GCM"},
        {"alg": "dir", "enc": "A256GCM", "zip": "BR"},
        {"alg": "dir", "enc": "A256GCM", "crit": ["exp"]},
        ["dir"],
    ],
)
def test_another_kind_of_encryption_is_refused(header: object) -> None:
    sealed = encrypt(b"x", KEY, TYPE).split(".")
    with pytest.raises(JweError, match="another kind"):
        decrypt(".".join([b64u(json.dumps(header).encode()), *sealed[1:]]), KEY)


def test_what_unpacks_to_too_much_is_refused() -> None:
    bomb = encrypt(bytes(5_000_000), KEY, TYPE)
    assert len(bomb) < 20_000
    with pytest.raises(TooBigError):
        decrypt(bomb, KEY, most=1_000_000)
    assert decrypt(bomb, KEY, most=5_000_000)[0] == bytes(5_000_000)


@pytest.mark.parametrize("data", [b"not deflate at all", zlib.compress(b"with a zlib head" * 9)])
def test_what_does_not_unpack_is_refused(data: bytes) -> None:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    head = encrypt(b"", KEY, TYPE).split(".")[0]
    sealed = AESGCM(KEY).encrypt(bytes(12), data, head.encode())
    text = f"{head}..{b64u(bytes(12))}.{b64u(sealed[:-16])}.{b64u(sealed[-16:])}"
    with pytest.raises(JweError, match=r"unpack|too early"):
        decrypt(text, KEY)


@given(st.binary(max_size=5000), st.binary(min_size=32, max_size=32))
def test_every_file_reads_back(data: bytes, key: bytes) -> None:
    assert decrypt(encrypt(data, key, TYPE), key) == (data, TYPE)


@given(st.text(max_size=200) | st.lists(st.text("ABCab01-_", max_size=30), min_size=5, max_size=5).map(".".join))
def test_any_text_is_a_file_or_refused(text: str) -> None:
    with pytest.raises(ShlinkError):
        decrypt(text, KEY)
