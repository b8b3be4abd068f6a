"""The library `kill-the-clipboard` under Node: an independent reader and maker of SMART Health Links."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from tests.support.live import Live

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = Path(__file__).with_suffix(".mjs")
INSTALLED = (ROOT / "frontend" / "node_modules" / "kill-the-clipboard" / "package.json").exists()


def read(live: Live, link: str, recipient: str = "Dr. Green", passcode: str = "") -> Any:
    """What the library finds behind a link; it trusts the demo's certificate authority."""
    return _run(["read", link, recipient, passcode], "", {"NODE_EXTRA_CA_CERTS": str(live.ca)})


def make(base: str, *resources: dict[str, Any], flag: str = "") -> Any:
    """A link the library makes, with its manifest and encrypted files, to be served below `base`."""
    return _run(["make", base, flag], "\n".join(map(json.dumps, resources)), {})


def _run(words: list[str], told: str, more: dict[str, str]) -> Any:
    done = subprocess.run(
        ["node", str(SCRIPT), *words],
        input=told,
        env={**os.environ, **more},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
