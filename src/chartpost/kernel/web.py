"""`chartpost web`: granian serving the WSGI application, with TLS 1.2 or newer."""

from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.constants import SSLProtocols

from chartpost.kernel import tls
from chartpost.kernel.config import config


def run() -> int:
    """Serve until told to stop."""
    settings = config()
    found = tls.files(settings)
    Granian(
        "chartpost.wsgi:application",
        address=settings.host,
        port=settings.port,
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=settings.web_threads,
        http=HTTPModes.auto,
        http1_settings=HTTP1Settings(header_read_timeout=30_000),
        websockets=False,
        ssl_cert=found.cert if found else None,
        ssl_key=found.key if found else None,
        ssl_protocol_min=SSLProtocols.tls12,
        log_level=LogLevels.warning,
        respawn_failed_workers=True,
        process_name="chartpost-web",
    ).serve()
    return 0
