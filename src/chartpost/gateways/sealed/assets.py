"""The built files the sealed pages use: each under an address that names its content, each with its integrity.

`scripts/build_frontend.mjs` writes `integrity.json` beside what it built: path -> `sha384-<base64>` (W3C Subresource
Integrity). The pages quote these values, so a file that was changed after the build does not run in a browser.
"""

import base64
import gzip
import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

BUILT = Path(__file__).resolve().parents[2] / "static" / "built"
PREFIX = "/s/-/"
NEEDED = ("share.css", "js/share.js", "js/share_worker.js", "js/drop_give.js", "js/send_worker.js")
"""What the share page and the page of drops load besides fonts; `js/share_sw.js` has an address that sets its scope."""
TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".woff2": "font/woff2"}


@dataclass(frozen=True)
class Asset:
    """A built file: its bytes, the same compressed (empty when that gains nothing), media type and integrity."""

    body: bytes
    zipped: bytes
    type: str
    integrity: str


class NotBuiltError(Exception):
    """The frontend was not built, so there is no page to serve."""


@lru_cache(maxsize=1)
def integrity() -> dict[str, str]:
    """Path of each built file -> its integrity; raises NotBuiltError."""
    try:
        found: dict[str, str] = json.loads((BUILT / "integrity.json").read_text(encoding="utf-8"))
    except OSError:
        raise NotBuiltError("integrity.json is missing. Expected the built frontend. Run `make setup`.") from None
    return found


def address(path: str) -> str:
    """Where a built file is served: its name with the first 96 bits of its integrity."""
    name, _, ending = path.rpartition("/")[2].rpartition(".")
    return f"{PREFIX}{name}.{_mark(path)}.{ending}"


@lru_cache(maxsize=64)
def load(path: str) -> Asset:
    """A built file, read once; raises NotBuiltError."""
    try:
        body = (BUILT / path).read_bytes()
    except OSError:
        raise NotBuiltError(f"{path} is missing. Expected the built frontend. Run `make setup`.") from None
    packed = b"" if path.endswith(".woff2") else gzip.compress(body, 9, mtime=0)
    return Asset(body, packed, TYPES[Path(path).suffix], integrity()[path])


@lru_cache(maxsize=1)
def served() -> dict[str, str]:
    """Address -> path of every file these pages may ask for: scripts and styles of sealed pages, and the fonts."""
    found = {address(path): path for path in integrity() if not path.startswith("fonts/")}
    return found | {PREFIX + path: path for path in integrity() if path.startswith("fonts/")}


def _mark(path: str) -> str:
    return base64.b64decode(integrity()[path].removeprefix("sha384-"))[:12].hex()
