"""Debian's Firefox, driven by its own protocol (Marionette: length, colon, JSON), which needs no other program."""

import base64
import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support.this_run import free_port

PROGRAM = shutil.which("firefox-esr") or shutil.which("firefox")
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"


class Firefox:
    """One browser with one page."""

    def __init__(self, port: int, any_certificate: bool) -> None:
        self._line = _connected(port)
        self._stream = self._line.makefile("rb")
        self._read()
        self._number = 0
        self.call("WebDriver:NewSession", {"acceptInsecureCerts": any_certificate})

    def call(self, name: str, values: dict[str, Any]) -> Any:
        """One command and its answer; raises RuntimeError with what Firefox said."""
        self._number += 1
        body = json.dumps([0, self._number, name, values]).encode()
        self._line.sendall(f"{len(body)}:".encode() + body)
        _, _, error, result = self._read()
        if error:
            raise RuntimeError(error["message"])
        return result

    def go(self, address: str) -> None:
        """Open an address."""
        self.call("WebDriver:Navigate", {"url": address})

    def find(self, selector: str) -> str:
        """The handle of an element."""
        found = self.call("WebDriver:FindElement", {"using": "css selector", "value": selector})
        return str(found["value"][ELEMENT])

    def type(self, selector: str, text: str) -> None:
        """Type into a field, or choose a file."""
        self.call("WebDriver:ElementSendKeys", {"id": self.find(selector), "text": text})

    def click(self, selector: str) -> None:
        """Press something."""
        self.call("WebDriver:ElementClick", {"id": self.find(selector)})

    def text(self, selector: str) -> str:
        """What an element shows."""
        return str(self.call("WebDriver:GetElementText", {"id": self.find(selector)})["value"])

    def wait(self, selector: str, words: str, seconds: float = 30) -> None:
        """Wait until an element shows some words."""
        until = time.monotonic() + seconds
        while words not in (seen := self.text(selector)):
            assert time.monotonic() < until, f"{selector} shows {seen!r}, not {words!r}"
            time.sleep(0.1)

    def run(self, script: str, *values: Any) -> Any:
        """What a script returns that runs beside those of the page."""
        return self.call("WebDriver:ExecuteScript", {"script": script, "args": list(values)})["value"]

    def shot(self, path: Path) -> None:
        """Keep a picture of the page."""
        path.write_bytes(base64.b64decode(self.call("WebDriver:TakeScreenshot", {"full": True})["value"]))

    def close(self) -> None:
        """End the connection."""
        self._line.close()

    def _read(self) -> Any:
        length = b""
        while (one := self._stream.read(1)) != b":":
            length += one
        return json.loads(self._stream.read(int(length)))


@contextmanager
def firefox(home: Path, downloads: Path, any_certificate: bool = False) -> Iterator[Firefox]:
    """A headless Firefox with a profile of its own, whose network leads to this machine alone.

    Downloads go to a folder without asking.
    """
    assert PROGRAM
    port = free_port()
    profile = home / "profile"
    profile.mkdir(parents=True)
    downloads.mkdir(parents=True, exist_ok=True)
    settings = {
        "marionette.port": port,
        "browser.download.folderList": 2,
        "browser.download.dir": str(downloads),
        "browser.download.useDownloadDir": True,
        "network.proxy.type": 1,
        "network.proxy.http": "127.0.0.1",
        "network.proxy.http_port": 9,
        "network.proxy.ssl": "127.0.0.1",
        "network.proxy.ssl_port": 9,
    }
    lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in settings.items()]
    (profile / "user.js").write_text("\n".join(lines))
    command = [PROGRAM, "--headless", "--marionette", "--no-remote", "--profile", str(profile)]
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={"HOME": str(home), "PATH": "/usr/bin:/bin"}
    )
    try:
        found = Firefox(port, any_certificate)
        yield found
        found.close()
    finally:
        process.terminate()
        process.wait(30)


def _connected(port: int) -> socket.socket:
    until = time.monotonic() + 60
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=60)
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)
