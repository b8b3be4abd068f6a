"""The web server's own checks."""

import socket
from dataclasses import replace

import pytest

from chartpost.kernel.config import config
from chartpost.kernel.errors import PortBusyError
from chartpost.kernel.web import refuse_busy_port


def test_a_port_somebody_listens_at_is_refused() -> None:
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        other.bind(("127.0.0.1", 0))
        other.listen()
        settings = replace(config(), host="127.0.0.1", port=other.getsockname()[1])
        with pytest.raises(PortBusyError, match="another program"):
            refuse_busy_port(settings)
    refuse_busy_port(settings)
