"""What leaves `chartpost seal`: for one part of one object never two versions, whatever becomes of file and network."""

import os
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from chartpost.formats import sealedbox
from chartpost.formats.sealedbox import BLOCK, b64u
from chartpost.gateways.sealed.command.errors import LostError
from chartpost.gateways.sealed.command.items import look, new_item
from chartpost.gateways.sealed.command.sending import Sender
from chartpost.gateways.sealed.command.transfer import Transfer, begin, keep, resume
from chartpost.gateways.sealed.command.wire import Body, Wire


class Listening(Wire):
    """A server that hears everything, and loses one part of each object the first time it comes."""

    def __init__(self, loses: int) -> None:
        self.loses = loses
        self.heard: dict[tuple[str, int], set[bytes]] = defaultdict(set)
        self.held: dict[str, list[int]] = defaultdict(list)

    def call(self, method: str, path: str, *_: Any, **__: Any) -> dict[str, Any]:
        if method == "DELETE":
            self.held.pop(path.rpartition("/")[2], None)
        objects = [{"object": one, "parts": [[number] for number in there]} for one, there in self.held.items()]
        return {"state": "uploading", "objects": objects, "recipients": []}

    def put(self, path: str, data: Body, token: str, *, begun: bool = False) -> None:
        del token, begun
        _, _, _, name, _, number = path.split("/")
        first = (name, int(number)) not in self.heard
        self.heard[name, int(number)].add(bytes(data))
        if first and int(number) == self.loses:
            raise LostError(seen="nothing", expected="an answer", todo="--resume")
        self.held[name].append(int(number))


@pytest.mark.parametrize("size", [BLOCK - 40, BLOCK + 5, 2 * BLOCK])
@pytest.mark.parametrize("changed", [0, BLOCK - 16_384 - 1, BLOCK - 41, -1])
def test_a_file_changed_behind_our_back_never_gives_a_second_version(tmp_path: Path, size: int, changed: int) -> None:
    """Size and time of the file stay, so that only digests tell; the first 56 bytes of part 1 end a chunk of part 0."""
    path = tmp_path / "study.bin"
    path.write_bytes(os.urandom(size))
    server, plan = Listening(loses=1), plan_of()
    journal = begin(plan, tmp_path / "state")
    keep(journal, plan, new_item(1, str(path), path.name, "application/octet-stream", *look(str(path))))
    journal.note({"begun": True})
    with pytest.raises(LostError):
        Sender(plan, server, journal, quiet=True).run()
    journal.close()
    times = path.stat()
    with path.open("r+b") as file:
        file.seek(changed % size)
        old = file.read(1)
        file.seek(changed % size)
        file.write(bytes([old[0] ^ 1]))
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    plan, journal = resume(tmp_path / "state")
    server.loses = -1
    Sender(plan, server, journal, quiet=True).run()
    assert {len(versions) for versions in server.heard.values()} == {1}
    assert set(server.held[plan.items[1].object]) >= {0, 1}


def plan_of(to: str = "") -> Transfer:
    """A transfer that has nothing yet."""
    params = sealedbox.PBKDF2_DEFAULT.render()
    key, created = b64u(sealedbox.new_share_key()), "2026-01-01T00:00:00Z"
    return Transfer(to, sealedbox.new_id(), key, created, "", "", params, None, None, False, [])
