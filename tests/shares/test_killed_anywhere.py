"""The program ends at every single step of taking in a part, as by signal 9: nothing half-done counts, all goes on."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from chartpost.kernel import parts
from chartpost.kernel.parts import staging
from chartpost.shares import services
from chartpost.shares.services import storing
from tests.shares.door import Door, fetch, open_link
from tests.shares.sealing import Link, Sealed

pytestmark = pytest.mark.django_db
MOST = 20
"""More than a part has steps: looking, opening, writing, keeping, syncing, claiming, moving, noting, tidying up."""


class Killed(BaseException):
    """Stands for the end of the process; nothing that would tidy up runs after it."""


@contextmanager
def killed_at(step: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """End everything before step `step`; answers with the list of steps that were reached."""
    reached: list[int] = []

    def stepping(work: Callable[..., Any]) -> Callable[..., Any]:
        def one(*args: Any, **named: Any) -> Any:
            if len(reached) >= step:
                raise Killed
            reached.append(step)
            return work(*args, **named)

        return one

    with monkeypatch.context() as patch:
        for name in ("open", "write", "fdatasync", "link"):
            patch.setattr(os, name, stepping(getattr(os, name)))
        patch.setattr(Path, "replace", stepping(Path.replace))
        patch.setattr(Path, "unlink", stepping(Path.unlink))
        for name in ("_look", "_write"):
            patch.setattr(storing, name, stepping(getattr(storing, name)))
        yield reached


@pytest.mark.parametrize("kept", [False, True])
def test_a_kill_at_any_step_of_an_upload_loses_nothing_that_was_answered_for(
    shell: Door, monkeypatch: pytest.MonkeyPatch, kept: bool
) -> None:
    if kept:
        monkeypatch.setattr(staging, "LEAST", 1)
    sealed, link = Sealed({f"f{n}": os.urandom(300_000) for n in range(MOST)}), Link("words")
    door = shell.make(sealed, link)
    door.announce(sealed)
    manifest, *names = sealed.objects
    door.put(sealed, manifest, 0, sealed.objects[manifest])
    killed = 0
    for step, name in enumerate(names):
        part = sealed.objects[name]
        with killed_at(step, monkeypatch) as reached:
            try:
                assert door.put(sealed, name, 0, part).status == 204
            except Killed:
                killed += 1
                answered = False
            else:
                answered = True
        told = {one["object"]: one["parts"] for one in door.ask("GET", f"shares/{sealed.share}").json["objects"]}
        assert len(reached) == step or answered
        assert not answered or told[name], "what was answered for is there"
        assert door.put(sealed, name, 0, part).status == 204
        assert door.put(sealed, name, 0, part).status == 204
    assert 8 < killed < MOST, "every step was tried, and one without a kill"
    assert door.complete(sealed).status == 200
    assert set(fetch(link, open_link(link).json).values()) >= set(sealed.files.values())
    left = list(staging.folder().iterdir())
    assert left, "a kill leaves the part it was at"
    services.sweep(grace=timedelta(0))
    assert list(staging.folder().iterdir()) == []
    assert {name for name, _, _ in parts.store().stored()} >= {services_name(name) for name in sealed.objects}


def services_name(object_id: str) -> str:
    from chartpost.shares.ids import object_name

    return object_name(object_id)
