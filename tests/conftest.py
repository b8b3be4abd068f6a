"""The suite runs on a home of its own, made before Django reads its settings."""

import atexit
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

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


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    """No test inherits the language of a page an earlier one looked at."""
    from django.utils import translation

    translation.activate("en")
    yield
    translation.activate("en")
