"""Files inside a document: pictures of sections (observationMedia), the body of an unstructured document."""

import base64
import binascii
import zlib
from collections.abc import Callable, Iterator

from lxml import etree

from chartpost.formats.ccda.narrative import Enclosure, nodes, words
from chartpost.formats.ccda.show.types import Enclosed

MAX_FILE = 40 * 1024 * 1024
MOST_FILES = 200
PICTURES = frozenset({"image/png", "image/jpeg", "image/jpg", "image/gif", "image/bmp", "image/tiff", "image/webp"})
_MAGIC = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF8", b"BM", b"II*\x00", b"MM\x00*", b"RIFF")
_PACKINGS = {"GZ": 31, "ZL": 15, "DF": -15}
"""Window bits of zlib for the CompressionAlgorithm codes of HL7 V3 (GZ RFC 1952, ZL RFC 1950, DF RFC 1951)."""


def pictures(root: etree._Element) -> Iterator[tuple[tuple[str, ...], Enclosed]]:
    """Every observationMedia with the IDs it is pointed to by: its own, and that of a regionOfInterest around it."""
    for media in nodes(root, "//v3:observationMedia")[:MOST_FILES]:
        around = [n.get("ID") or "" for n in media.iterancestors("{urn:hl7-org:v3}regionOfInterest")]
        value = next(iter(nodes(media, "v3:value")), None)
        if value is not None:
            title = words(next(iter(nodes(media, "v3:text | v3:code/v3:originalText")), None))
            yield tuple(filter(None, [media.get("ID") or "", *around])), enclosed(value, title)


def enclosed(value: etree._Element, title: str = "") -> Enclosed:
    """The file an ED element (HL7 V3 data types) holds; one that is only named by a reference is never fetched."""
    media_type = (value.get("mediaType") or "text/plain").partition(";")[0].strip().lower()
    if value.get("representation") != "B64":
        text = "".join(map(str, value.itertext())).strip() if media_type.startswith("text/") else ""
        return Enclosed(media_type, text.encode(), title, "" if text else "not sent")
    packed = "".join((value.text or "").split())
    if not packed:
        return Enclosed(media_type, b"", title, "not sent")
    if len(packed) > MAX_FILE * 4 // 3 + 4:
        return Enclosed(media_type, b"", title, "too large")
    try:
        data = base64.b64decode(packed, validate=True)
    except binascii.Error:
        return Enclosed(media_type, b"", title, "not base64")
    return _unpacked(media_type, data, title, value.get("compression") or "")


def _unpacked(media_type: str, data: bytes, title: str, packing: str) -> Enclosed:
    """A file without its packing; what grows past the cap is not opened."""
    if not packing:
        return Enclosed(media_type, data, title)
    if packing not in _PACKINGS:
        return Enclosed(media_type, b"", title, "packed")
    opener = zlib.decompressobj(_PACKINGS[packing])
    try:
        found = opener.decompress(data, MAX_FILE)
    except zlib.error:
        return Enclosed(media_type, b"", title, "packed")
    return (
        Enclosed(media_type, b"", title, "too large") if opener.unconsumed_tail else Enclosed(media_type, found, title)
    )


def is_picture(file: Enclosed) -> bool:
    """Whether a file says it is a picture of a kind we draw anew, and begins like one."""
    return file.media_type in PICTURES and file.data.startswith(_MAGIC)


def enclosures(
    found: list[tuple[tuple[str, ...], Enclosed]], address: Callable[[int], str], say: Callable[[str], str]
) -> dict[str, Enclosure]:
    """What stands in the text for each picture, by the IDs it is pointed to by; `address` gives where a file is."""
    shown: dict[str, Enclosure] = {}
    for place, (names, file) in enumerate(found):
        name = f": {file.title}" if file.title else ""
        if file.problem or (file.media_type in PICTURES and not is_picture(file)):
            one = Enclosure(f"[{say('picture')}{name}. {say(file.problem or 'no picture')}]")
        elif is_picture(file):
            one = Enclosure(f"{say('picture')}{name}", address(place), picture=True)
        else:
            one = Enclosure(f"{say('file')}{name}", address(place))
        shown |= dict.fromkeys(names, one)
    return shown
