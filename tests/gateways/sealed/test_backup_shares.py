"""A backup made in the middle of sending, restored elsewhere: links open there, and uploads go on."""

import os
import re
from pathlib import Path

import pytest

from chartpost.kernel.parts import PART
from tests.shares.live import Office, office
from tests.shares.sealing import Link, Sealed, unseal
from tests.support.this_run import free_port

BACK_UP = """
from pathlib import Path
from chartpost.kernel import backup
from chartpost.kernel.keys import recovery_key_new
django.setup()
print("KEY", recovery_key_new())
report = backup.create(Path({path!r}), shares={shares})
assert report.ok
print("PARTS", report.parts)
"""
RESTORE = """
from pathlib import Path
from chartpost.kernel import backup
assert backup.verify(Path({path!r}), {key!r}).ok
assert backup.restore(Path({path!r}), Path({home!r}), {key!r}).ok
"""
PREPARE = """
from chartpost.kernel.config import config
from chartpost.kernel.start import prepare
list(prepare(config()))
"""


def upload(live: Office, sealed: Sealed, token: str, numbers: range) -> None:
    for name in sealed.objects:
        for number, part in sealed.parts(name):
            if number in numbers:
                assert live.put(sealed, name, number, part, token).status == 204


def complete(live: Office, sealed: Sealed, token: str) -> int:
    return live.ask("POST", f"/s/api/shares/{sealed.share}/complete", {}, token).status


@pytest.mark.parametrize("shares", [True, False])
def test_nothing_on_its_way_is_lost_or_it_is_said(tmp_path: Path, shares: bool) -> None:
    ready, half, link = Sealed({"scan": os.urandom(PART + 777)}), Sealed({"film": os.urandom(2 * PART)}), Link("words")
    path = str(tmp_path / "office.backup")
    with office(tmp_path) as live:
        first, second = live.make(ready, link), live.make(half, Link("words"))
        upload(live, ready, first, range(9))
        assert complete(live, ready, first) == 200
        upload(live, half, second, range(1))
        said = live.run(BACK_UP.format(path=path, shares=shares))
        assert re.findall(r"PARTS (\d+)", said) == ["5" if shares else "0"]
        key = re.findall(r"KEY (\S+)", said)[0]
        live.run(RESTORE.format(path=path, home=str(tmp_path / "new"), key=key))
    moved = Office(tmp_path / "new", free_port(), token=live.token)
    moved.run(PREPARE)
    moved.start()
    try:
        opened = moved.ask("POST", f"/s/api/open/{link.recipient}", {"auth": link.auth})
        if shares:
            check(moved, ready, link, opened.json)
            upload(moved, half, second, range(1, 9))
        else:
            assert (opened.status, opened.json["error"]) == (410, "lost")
            upload(moved, half, second, range(9))
        assert complete(moved, half, second) == 200
    finally:
        moved.stop()


def check(moved: Office, sealed: Sealed, link: Link, opened: dict[str, str]) -> None:
    key = link.unwrap(opened["wrapped"])
    for index, (name, data) in enumerate(sealed.objects.items()):
        answer = moved.ask("GET", f"/s/api/open/{link.recipient}/objects/{name}", token=opened["grant"])
        assert answer.body == data
        assert unseal(sealed.share, key, index, name, answer.body) == [sealed.manifest, *sealed.files.values()][index]
