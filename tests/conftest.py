"""The suite runs on a home of its own, made before Django reads its settings."""

import atexit
import gc
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from playwright.sync_api import expect

from tests.support import order, this_run

expect.set_options(timeout=30_000)
"""Milliseconds a page has to show what a test expects: machines that build are slow and share their cores."""

hypothesis.settings.register_profile(
    "suite",
    hypothesis.settings(),  # what it found fit for this machine
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("suite")  # how fast a machine is, is no fault of the program's

this_run.folder()  # made before the processes of pytest-xdist start, so that they share it
_HOME = tempfile.mkdtemp(prefix="chartpost-test-")
atexit.register(shutil.rmtree, _HOME, ignore_errors=True)
for _name in [name for name in os.environ if name.startswith("CHARTPOST_")]:
    if _name not in {"CHARTPOST_SHARED_DATA", "CHARTPOST_TEST_DATABASE_URL"}:
        del os.environ[_name]
os.environ["CHARTPOST_HOME"] = _HOME
# Most tests are not about signing in; those that are switch it on again.
os.environ["CHARTPOST_STAFF_SECOND_FACTOR"] = "0"
if os.environ.get("CHARTPOST_TEST_DATABASE_URL"):
    os.environ["CHARTPOST_DATABASE_URL"] = os.environ["CHARTPOST_TEST_DATABASE_URL"]

# Django is set up here and not by the `pytest-django` setting, which would read the settings before the lines above.
os.environ["DJANGO_SETTINGS_MODULE"] = "chartpost.settings"

import django  # noqa: E402 - after the environment is ready
from django.conf import settings  # noqa: E402 - same

if settings.configured:
    raise RuntimeError("Django read its settings before the suite had its home. Unset DJANGO_SETTINGS_MODULE.")
django.setup()
# The processes of pytest-xdist inherit the environment: each must come through here and make a home of its own.
del os.environ["DJANGO_SETTINGS_MODULE"]

from chartpost.kernel.start import collect_static  # noqa: E402 - after Django

collect_static(Path(_HOME))
# A hash of the program's own takes a fifth of a second on purpose, and most tests have accounts that never sign in.
# What passwords are really kept as is asserted with `program_hashes`.
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes long begins first."""
    order.sort(items)


def pytest_collection_finish() -> None:
    """What is loaded by now stays: Python's collector need not look through it again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 10, 10)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None) -> None:
    """The tables, once a process.

    Each test that really commits has them emptied after it. Django would then write anew its permissions and content
    types, which the program never asks for.
    """
    from django.contrib.auth.management import create_permissions
    from django.contrib.contenttypes.management import create_contenttypes
    from django.db.models.signals import post_migrate

    post_migrate.disconnect(dispatch_uid=f"{create_permissions.__module__}.create_permissions")
    post_migrate.disconnect(create_contenttypes)


@pytest.fixture
def program_hashes(settings: Any) -> None:
    """Passwords are hashed as the program hashes them, not quickly."""
    from chartpost import settings as program

    settings.PASSWORD_HASHERS = program.PASSWORD_HASHERS


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    """No test inherits the language of a page an earlier one looked at."""
    from django.utils import translation

    translation.activate("en")
    yield
    translation.activate("en")


@pytest.fixture(autouse=True)
def _nobody_remembered() -> Iterator[None]:
    """No test finds whose a Patient id was in the database of an earlier one: a process remembers that of its home."""
    from chartpost.identity import aliases

    yield
    aliases.forget()


@pytest.fixture(autouse=True)
def _no_reads_left_over() -> Iterator[None]:
    """No test finds reads in its ledger that an earlier one wrote to the spool."""
    from chartpost.ledger import spool

    yield
    left = list(spool.folder().glob("*")) if spool.folder().is_dir() else []
    if left:
        spool.writer().close()
        for file in left:
            file.unlink(missing_ok=True)


@pytest.fixture(autouse=True)
def _ledger_emptied(request: pytest.FixtureRequest) -> Iterator[None]:
    """A test that really commits leaves no entries: the ledger's rows are such that no flush removes them."""
    marker = request.node.get_closest_marker("django_db")
    if marker is None or not marker.kwargs.get("transaction"):
        yield
        return
    from tests.support.ledger import emptied

    request.getfixturevalue("transactional_db")
    yield
    emptied()
