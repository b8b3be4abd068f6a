"""Files inside a document: nonXMLBody, observationMedia and base64 words, handed back as they were."""

import base64
import binascii

from chartpost.formats.ccda.intake.document import Document, Scope
from chartpost.formats.ccda.intake.nodes import Node, V, attr, down, kid, words
from chartpost.formats.ccda.intake.types import Embedded

MAX_FILE = 100 * 1024 * 1024
"""Largest embedded file that is decoded."""

_DEFAULT = "application/octet-stream"


def of_body(doc: Document, root: Node) -> bool:
    """Take the file of a nonXMLBody; whether the document has one."""
    body = down(root, "component", "nonXMLBody")
    text = kid(body, "text")
    if text is None:
        return body is not None
    path = "/v3:ClinicalDocument/v3:component/v3:nonXMLBody/v3:text"
    reference = attr(kid(text, "reference"), "value")
    if reference:
        doc.note(
            "warning", "file-outside", "", path, reference, "kept the name; the file itself is not in the document"
        )
    else:
        _take(doc, text, path, doc.header.title, "")
    return True


def of_section(scope: Scope) -> None:
    """Take the files of observationMedia in a section."""
    for media in scope.element.iter(V + "observationMedia"):
        value = kid(media, "value")
        if value is not None:
            title = attr(media, "ID") or scope.title
            _take(scope.doc, value, scope.where(value), title, scope.code)


def is_file(node: Node | None) -> bool:
    """Whether an ED element carries bytes rather than words."""
    return attr(node, "representation") == "B64"


def of_value(scope: Scope, node: Node, title: str) -> None:
    """Take the file of one ED element."""
    _take(scope.doc, node, scope.where(node), title, scope.code)


def _take(doc: Document, node: Node, path: str, title: str, section: str) -> None:
    media_type = attr(node, "mediaType").lower() or _DEFAULT
    if not is_file(node):
        text = words(node)
        if text:
            plain = media_type if media_type.startswith("text/") else "text/plain"
            doc.originals.append(Embedded(plain, "".join(map(str, node.itertext())).encode(), path, title, section))
        return
    raw = "".join(map(str, node.itertext()))
    if len(raw) > MAX_FILE * 4 // 3:
        doc.note("error", "file-too-large", section, path, str(len(raw)), "left it in the original")
        return
    try:
        data = base64.b64decode("".join(raw.split()), validate=True)
    except (binascii.Error, ValueError):
        doc.note("error", "file-damaged", section, path, "", "left it in the original")
        return
    if attr(node, "compression"):
        doc.note("warning", "file-compressed", section, path, attr(node, "compression"), "kept the bytes as they are")
    if data:
        doc.originals.append(Embedded(media_type, data, path, title, section))
