"""Sending from the shell to somebody who asked for files: no account, no password, a public key that must be theirs."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chartpost.formats import sealedbox as box
from tests.gateways.sealed.shell import Shell, shell
from tests.support.inside import Inside

_AS_SENDER = """
import json
from chartpost.identity import queries
from chartpost.identity.models import Account
from chartpost.shares import models, services
actor = queries.actor_of(Account.objects.get(email="sender@office.example.org"))
"""


@pytest.fixture(scope="module")
def at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    with shell(tmp_path_factory.mktemp("cli")) as found:
        yield found


def ask_for_files(at: Shell, within: Inside, keys: box.DropKeys) -> box.DropLink:
    """A drop with this key pair."""
    drop, salt = box.new_id(), os.urandom(16)
    wrapped = box.wrap_private_key(keys.private, os.urandom(32), salt, box.PBKDF2_DEFAULT, drop)
    values = {"public_key": keys.public, "salt": salt, "wrapped": wrapped}
    asked: dict[str, Any] = {
        "drop": drop,
        "suite": {box.P256: 1, box.X25519: 2}[keys.suite],
        "params": box.PBKDF2_DEFAULT.render(),
    }
    asked |= {name: box.b64u(value) for name, value in values.items()}
    within.run(f"{_AS_SENDER}services.make_drop(json.loads({json.dumps(asked)!r}), actor)\n")
    return box.DropLink(at.relay.url, drop, box.fingerprint(keys.public))


def arrived(at: Shell, within: Inside, drop: str, keys: box.DropKeys) -> dict[str, bytes]:
    """What the owner of the drop opens: names and contents of everything that arrived."""
    told = within.run(f"""{_AS_SENDER}
from chartpost.gateways.sealed.opening import told
for row in models.Share.objects.filter(drop={drop!r}, state="ready"):
    print("GRANT", json.dumps(told(services.open_arrival(row.id, actor))))
""")
    found: dict[str, bytes] = {}
    for line in told.splitlines():
        if not line.startswith("GRANT "):
            continue
        grant = json.loads(line.removeprefix("GRANT "))
        share_key = box.open_from_drop(box.unb64u(grant["wrapped"]), keys.private, drop)
        plain = {}
        for one in grant["objects"]:
            path = f"/s/api/shares/{grant['share']}/objects/{one['object']}"
            sealed = at.office.ask("GET", path, None, grant["grant"]).body
            pieces = box.open_stream([sealed], share_key, grant["share"], one["index"], one["object"])
            plain[one["index"]] = b"".join(pieces)
        manifest = box.parse_manifest(plain[0])
        assert manifest.kdf == {}
        found |= {entry.name: plain[entry.index] for entry in manifest.files}
    return found


@pytest.mark.parametrize("suite", [box.P256, box.X25519])
def test_files_arrive_with_their_owner_alone(at: Shell, within: Inside, tmp_path: Path, suite: int) -> None:
    keys = box.new_drop_keys(suite)
    link = ask_for_files(at, within, keys)
    (tmp_path / "scan.dcm").write_bytes(os.urandom(9_000_000))
    done = at.run("seal", tmp_path / "scan.dcm", "-", "--to", link.render(), "--cacert", at.relay.ca, stdin=b"piped")
    assert done.out == b""
    assert "Only whoever asked for it can open it" in done.err
    expected = {"scan.dcm": (tmp_path / "scan.dcm").read_bytes(), "stdin.bin": b"piped"}
    assert arrived(at, within, link.drop, keys) == expected


def test_a_drop_is_resumed(at: Shell, within: Inside, tmp_path: Path) -> None:
    keys = box.new_drop_keys()
    link = ask_for_files(at, within, keys)
    big = tmp_path / "big"
    big.write_bytes(os.urandom(30_000_000))
    at.relay.up = 10_000_000
    words = ["seal", big, "--to", link.render(), "--cacert", at.relay.ca]
    at.run(*words, "--patience", "0", expect=1)
    assert arrived(at, within, link.drop, keys) == {}
    at.run(*words, "--resume")
    assert arrived(at, within, link.drop, keys) == {"big": big.read_bytes()}


def test_a_public_key_that_was_swapped_gets_nothing(at: Shell, within: Inside, tmp_path: Path) -> None:
    """As if the server, or somebody on it, put a key of their own in the place of the owner's."""
    keys = box.new_drop_keys()
    link = ask_for_files(at, within, box.new_drop_keys())
    (tmp_path / "a").write_text("a")
    swapped = box.DropLink(link.origin, link.drop, box.fingerprint(keys.public)).render()
    done = at.run("seal", tmp_path / "a", "--to", swapped, "--cacert", at.relay.ca, expect=1)
    assert "another public key than the link names" in done.err
    code = f"{_AS_SENDER}print('SHARES', models.Share.objects.filter(drop={link.drop!r}).count())"
    assert "SHARES 0" in within.run(code)
    assert [p.name for p in tmp_path.iterdir()] == ["a"]
