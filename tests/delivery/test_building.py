"""Building: once, whole or not at all, and again after a failure."""

import gc
import re
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path

import pytest
from django_tasks_db.models import DBTaskResult

from chartpost.delivery import models, packages, queries
from chartpost.delivery.build.lock import building
from chartpost.delivery.errors import NotReady, NotThere
from chartpost.demo.generator import generate
from chartpost.formats.fhirjson.references import addresses, resolve
from chartpost.kernel import clock, jobs
from chartpost.kernel.models import Blob
from tests.delivery import support
from tests.support import world as worlds

pytestmark = pytest.mark.django_db

SHARED = {"Patient", "Practitioner", "PractitionerRole", "Organization", "Location"}
MEMORY_MB = 150
COPIES = 13


def broken(_content: object) -> list[object]:
    message = "the builder is broken"
    raise RuntimeError(message)


def run_until_given_up() -> None:
    for _ in range(packages.RETRIES):
        with pytest.raises(RuntimeError):
            jobs.run_waiting()
        DBTaskResult.objects.update(run_after=clock.now())


def test_a_builder_that_keeps_failing_ends_in_a_clear_message(monkeypatch: pytest.MonkeyPatch) -> None:
    world = worlds.build("edith-marsh")
    ref = support.ask(world, "edith-marsh", "fhir", "pdf")
    with pytest.raises(NotReady):
        packages.build_again(ref, world.actor("clerk"))
    with monkeypatch.context() as patched:
        patched.setitem(packages.BUILDERS, "pdf", broken)
        run_until_given_up()
    found = support.known(ref)
    assert found.state == "failed"
    assert "Build it again" in found.problem
    assert found.parts == ()
    assert not Blob.objects.exists(), "nothing half-done is kept"
    packages.build_again(ref, world.actor("clerk"))
    assert support.known(ref).state == "waiting"
    jobs.run_waiting()
    again = support.known(ref)
    assert (again.state, again.problem) == ("ready", "")
    assert [p.format for p in again.parts] == ["fhir", "fhir", "pdf", "about"]


def test_while_one_builds_another_leaves_it_alone() -> None:
    world = worlds.build("edith-marsh")
    ref = support.ask(world, "edith-marsh", "fhir")
    with building(ref) as mine:
        assert mine
        packages.build(ref)
        assert support.known(ref).state == "waiting"
    packages.build(ref)
    packages.build(ref)
    assert support.known(ref).state == "ready"
    assert models.Part.objects.filter(package__ref=ref).count() == 3
    assert Blob.objects.count() == 3


def test_a_package_that_is_not_ready_shows_no_file() -> None:
    world = worlds.build("edith-marsh")
    package = support.make(world, "edith-marsh", "fhir")
    models.Package.objects.update(state="failed")
    with pytest.raises(NotThere):
        queries.part(package.parts[0].ref)
    assert support.known(package.ref).parts == ()


def memory(what: str) -> float:
    """A figure of this process in MB: VmRSS is what it has now, VmHWM the most it had since the peak was forgotten."""
    found = re.search(rf"{what}:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found
    return int(found[1]) / 1024


def forget_peak() -> None:
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5")


@pytest.fixture
def workers_collector() -> Iterator[None]:
    """Garbage is collected as often as in the worker: as Python does by itself, and not as the suite does."""
    kept = gc.get_threshold()
    gc.set_threshold(700, 10, 10)
    yield
    gc.set_threshold(*kept)


@pytest.mark.usefixtures("workers_collector")
@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="reads /proc")
def test_a_big_record_stays_small_in_memory() -> None:
    world = worlds.build("rosa-alvarado", "edith-marsh")
    support.make(world, "edith-marsh", "pdf", "ccda", "fhir")  # the first one loads what every other one uses
    person = world.people["rosa-alvarado"]
    synthetic = next(p for p in generate(7, worlds.TODAY) if p.key == "rosa-alvarado")
    base = [r for r in synthetic.resources() if r["resourceType"] not in SHARED]
    for number in range(COPIES):
        names = {f"{r['resourceType']}/{r['id']}": f"{r['resourceType']}/{r['id'][:50]}-{number}" for r in base}
        copies = [deepcopy(r) | {"id": f"{r['id'][:50]}-{number}"} for r in base]
        for copy in copies:
            resolve(addresses(copy), names)
        support.put(person.id, *copies)
    forget_peak()
    before = memory("VmRSS")
    package = support.make(world, "rosa-alvarado", "pdf", "ccda", "fhir")
    grown = memory("VmHWM") - before
    assert package.entries > 4_800
    assert grown < MEMORY_MB, f"{grown:.0f} MB more"
