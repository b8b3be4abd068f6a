"""The beginning of `records.cps`: what is needed to try a password, and where each object stands.

Nothing in it is secret and nothing is believed: the wrapped key is bound to recipient and parameters, every object to
the share, its place and its own id, and the manifest names every object and size once more.
"""

import json
from dataclasses import dataclass
from typing import Any

from chartpost.formats.media.errors import no_box
from chartpost.formats.sealedbox.errors import ParamsError
from chartpost.formats.sealedbox.kdf import SALT, Params, parse_params
from chartpost.formats.sealedbox.manifest import LARGEST, MAX_FILES, MAX_SIZE
from chartpost.formats.sealedbox.text import b64u, is_id, unb64u

MAGIC = b"CPS1BOX\n"
PREFIX = len(MAGIC) + 4
HEAD_LIMIT = 16 * 1024 * 1024
WRAPPED = 60
_LEAST = 72


@dataclass(frozen=True)
class Head:
    """The public beginning of a box; `objects` are id and size in bytes, object 0 (the manifest) first."""

    share: str
    recipient: str
    params: Params
    salt: bytes
    wrapped: bytes
    objects: tuple[tuple[str, int], ...]

    def render(self) -> bytes:
        """MAGIC, the length of what follows (4 bytes, big-endian), JSON in UTF-8 without white space."""
        value = {
            "v": 1,
            "share": self.share,
            "recipient": self.recipient,
            "params": self.params.render(),
            "salt": b64u(self.salt),
            "wrapped": b64u(self.wrapped),
            "objects": [list(one) for one in self.objects],
        }
        body = json.dumps(value, separators=(",", ":")).encode("ascii")
        return MAGIC + len(body).to_bytes(4, "big") + body

    def places(self, start: int) -> list[tuple[int, int]]:
        """Offset and size of each object, the first at `start`, each right after the one before."""
        found = []
        for _, size in self.objects:
            found.append((start, size))
            start += size
        return found


def head_length(prefix: bytes) -> int:
    """Bytes of the JSON after the first PREFIX bytes; raises ContainerError for anything but a box."""
    length = int.from_bytes(prefix[len(MAGIC) : PREFIX], "big")
    if len(prefix) < PREFIX or not prefix.startswith(MAGIC):
        raise no_box("a file that does not begin as a box")
    if not 0 < length <= HEAD_LIMIT:
        raise no_box(f"a beginning of {length:,} bytes")
    return length


def parse_head(body: bytes, rest: int) -> Head:
    """Read the JSON of a head that `rest` bytes follow; raises ContainerError, ParamsError."""
    try:
        head = _head(json.loads(body.decode("ascii")))
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise no_box("a beginning of another shape") from error
    wanted = sum(size for _, size in head.objects)
    if rest != wanted:
        raise no_box(f"{rest:,} bytes of sealed files where {wanted:,} were written")
    return head


def _head(value: Any) -> Head:
    if type(value["v"]) is not int or value["v"] != 1:
        raise no_box("a box of another version")
    objects = tuple((str(ident), size) for ident, size in value["objects"])
    sizes = all(is_id(ident) and type(size) is int and _LEAST <= size <= 2 * MAX_SIZE for ident, size in objects)
    if not sizes or not 0 < len(objects) <= MAX_FILES + 1 or objects[0][1] > 2 * LARGEST:
        raise no_box("a list of objects that breaks a rule")
    if not is_id(value["share"]) or not is_id(value["recipient"]):
        raise no_box("ids of another shape")
    try:
        params = parse_params(value["params"])
    except TypeError as error:
        raise ParamsError(seen="no parameters", expected="text", todo="ask the sender for a new box") from error
    return Head(
        value["share"],
        value["recipient"],
        params,
        unb64u(value["salt"], SALT),
        unb64u(value["wrapped"], WRAPPED),
        objects,
    )
