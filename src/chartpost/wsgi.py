"""The WSGI entry: Django behind one function, with the raw doors in front of it."""

import multiprocessing
import os
from collections.abc import Callable, Iterable
from typing import Any

from django.core.wsgi import get_wsgi_application

from chartpost.kernel import charsets, collector, logs, patience, transfers
from chartpost.kernel.config import config
from chartpost.kernel.parent import end_with_parent
from chartpost.kernel.rounds import Rounds
from chartpost.kernel.serving import Served

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chartpost.settings")

if multiprocessing.parent_process() is not None:
    end_with_parent()
    patience.start()
_plain_django = get_wsgi_application()
logs.configure(part="web")

from chartpost.gateways.fhir import quick  # noqa: E402 - once Django is set up
from chartpost.gateways.fhir.app import answered as _fhir_answered  # noqa: E402 - once Django is set up
from chartpost.gateways.fhir.app import application as _fhir  # noqa: E402 - same
from chartpost.gateways.fhir.app import lost as _fhir_lost  # noqa: E402 - same
from chartpost.gateways.sealed import pages as _pages  # noqa: E402
from chartpost.gateways.sealed.app import application as _sealed  # noqa: E402 - same
from chartpost.gateways.smart.web import REFUSALS as _REFUSALS  # noqa: E402 - same

_django = charsets.checked(_plain_django, _REFUSALS, telling="/oauth/")
collector.settle()
WELL_KNOWN = "/fhir/.well-known/"
SEALED = "/s/api/"


def _routed(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Send /fhir to the FHIR door and /s/api/ to that of sealed shares; each has turns of its own, as pages have."""
    path: str = environ["PATH_INFO"]
    if path.startswith(SEALED):
        return _sealed_in_turn(environ, start_response)
    if _pages.belongs(environ):
        return _in_turn(environ, start_response)
    if path.startswith("/fhir") and (path[5:6] in ("/", "")):
        if not path.startswith(WELL_KNOWN):
            return (_fhir_writes if environ["REQUEST_METHOD"] in quick.METHODS else _fhir_in_turn)(
                environ, start_response
            )
        environ["PATH_INFO"] = path[5:]
    return _in_turn(environ, start_response)


def _pages_of_all(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Send /s/ to the pages of sealed shares, and the rest to Django."""
    if _pages.belongs(environ):
        return _pages.application(environ, start_response)
    answer: Iterable[bytes] = _django(environ, start_response)
    return answer


def _quick(environ: dict[str, Any]) -> bool:
    """Whether it is a quick read of the FHIR door; the pages' own host has no such door."""
    return quick.read(environ) and not _pages.on_own_host(environ)


_in_turn = transfers.beside(_pages_of_all, transfers.Turns(config().web_threads), whole=True)
_fhir_turns = transfers.Turns(config().transfer_threads)
_fhir_in_turn = transfers.beside(_fhir, _fhir_turns)
_fhir_writes = _fhir_in_turn
if not config().database_url:
    _fhir_writes = Rounds(_fhir, _fhir_in_turn, _fhir_lost, quick.alone, quick.light)
    if multiprocessing.parent_process() is not None:
        _fhir_writes.stand()
_sealed_in_turn = transfers.beside(_sealed, transfers.Turns(config().transfer_threads))
application = Served(transfers.attended(_routed), _quick, transfers.at_once(_fhir_answered, _fhir_turns))
