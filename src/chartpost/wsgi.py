"""The WSGI entry: Django behind one function, with the raw doors in front of it."""

import multiprocessing
import os
from collections.abc import Callable, Iterable
from typing import Any

from django.core.wsgi import get_wsgi_application

from chartpost.kernel import logs
from chartpost.kernel.parent import end_with_parent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chartpost.settings")

if multiprocessing.parent_process() is not None:
    end_with_parent()
_django = get_wsgi_application()
logs.configure(part="web")

from chartpost.gateways.fhir.app import application as _fhir  # noqa: E402 - once Django is set up

WELL_KNOWN = "/fhir/.well-known/"


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Send /fhir to the FHIR door and the rest to Django."""
    path: str = environ["PATH_INFO"]
    if path.startswith("/fhir") and (path[5:6] in ("/", "")):
        if path.startswith(WELL_KNOWN):
            environ["PATH_INFO"] = path[5:]
        else:
            return _fhir(environ, start_response)
    answer: Iterable[bytes] = _django(environ, start_response)
    return answer
