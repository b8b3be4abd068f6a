"""The web part is killed at random while parts come in: what was answered for is there, the rest comes again."""

import os
import random
import threading
import time
from pathlib import Path

from chartpost.kernel.parts import PART
from tests.shares.live import Office, office
from tests.shares.sealing import Link, Sealed, unseal

KILLS = 3
SWEEP = """
django.setup()
from datetime import timedelta
from chartpost.shares import services
services.sweep(grace=timedelta(0))
"""


def stream(live: Office, sealed: Sealed, upload: str, answered: set[tuple[str, int]]) -> None:
    """Send every part that was not answered for, until the server is gone."""
    for name in sealed.objects:
        for number, part in sealed.parts(name):
            if (name, number) in answered:
                continue
            try:
                answer = live.put(sealed, name, number, part, upload)
            except (OSError, ValueError):
                return
            except Exception as error:
                assert "http.client" in type(error).__module__, error
                return
            assert answer.status == 204, answer.body
            answered.add((name, number))


def test_nothing_that_was_answered_for_is_lost_when_the_server_is_killed(tmp_path: Path) -> None:
    chance = random.Random(7)
    sealed, link = Sealed({f"f{n}": os.urandom(PART + 200_000) for n in range(3)}), Link("words")
    with office(tmp_path) as live:
        upload = live.make(sealed, link)
        answered: set[tuple[str, int]] = set()
        for _ in range(KILLS):
            sides = [threading.Thread(target=stream, args=(live, sealed, upload, answered)) for _ in range(3)]
            for side in sides:
                side.start()
            time.sleep(chance.uniform(0.005, 0.08))
            live.kill()
            for side in sides:
                side.join()
            live.start()
            told = live.ask("GET", f"/s/api/shares/{sealed.share}", token=upload).json
            there = {(one["object"], number) for one in told["objects"] for number, _, _ in one["parts"]}
            assert answered <= there
            answered = set(there)
            if len(answered) == 7:
                answered.discard(chance.choice(sorted(answered)))  # a sender that forgot: the same part again
        stream(live, sealed, upload, answered)
        path = f"/s/api/shares/{sealed.share}/complete"
        assert live.ask("POST", path, {}, upload).json == {"state": "ready"}
        opened = live.ask("POST", f"/s/api/open/{link.recipient}", {"auth": link.auth}).json
        for index, (name, data) in enumerate(sealed.objects.items()):
            answer = live.ask("GET", f"/s/api/open/{link.recipient}/objects/{name}", token=opened["grant"])
            assert answer.body == data
            plain = unseal(sealed.share, link.unwrap(opened["wrapped"]), index, name, answer.body)
            assert plain == [sealed.manifest, *sealed.files.values()][index]
        live.run(SWEEP)
        assert list((live.home / "parts" / ".new").iterdir()) == []
