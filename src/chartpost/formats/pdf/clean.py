"""Take everything that acts out of a foreign PDF (ISO 32000-2 12.6 actions, 7.11 files, 12.7 forms).

`clean_in_place` works on an open file; callers with bytes from outside use `sandbox.clean_pdf`.
"""

import io
import warnings
from collections import Counter
from collections.abc import Iterator
from typing import Final

import pikepdf

from .errors import EncryptedPdfError, PdfTooLargeError, UnreadablePdfError

MAX_BYTES: Final = 256 * 1024 * 1024
MAX_OBJECTS: Final = 400_000
MAX_PAGES: Final = 10_000
MAX_DEPTH: Final = 60

_BROKEN: Final = "the bytes are no readable PDF; open and save it again, or print it to PDF"

_SAFE_SCHEMES: Final = ("http://", "https://", "mailto:", "tel:")
_SAFE_NAMED: Final = frozenset({"/NextPage", "/PrevPage", "/FirstPage", "/LastPage"})
_ACTIONS: Final = frozenset(
    {"/GoTo", "/GoToR", "/GoToE", "/GoToDp", "/Launch", "/Thread", "/URI", "/Sound", "/Movie", "/Hide"}
    | {"/Named", "/SubmitForm", "/ResetForm", "/ImportData", "/JavaScript", "/SetOCGState", "/Rendition"}
    | {"/Trans", "/GoTo3DView", "/RichMediaExecute"}
)
_RESOURCES: Final = frozenset({"/Font", "/ExtGState", "/Pattern", "/OCG", "/OCMD", "/Image", "/Form"})
_ACTING_KEYS: Final = frozenset({"/A", "/PA", "/Next", "/OpenAction"})
_ALWAYS_REMOVED: Final = {
    "/AA": "automatic action",
    "/OpenAction": "action on opening",
    "/JS": "script",
    "/JavaScript": "script",
    "/EmbeddedFiles": "attached file",
    "/EF": "attached file",
    "/AF": "attached file",
    "/Collection": "attached file",
    "/XFA": "XFA form",
    "/AlternatePresentations": "presentation",
    "/Renditions": "multimedia",
    "/Requirements": "reader requirement",
    "/RichMediaContent": "multimedia",
    "/RichMediaSettings": "multimedia",
    "/OPI": "content of another file",
}
_REMOVED_ANNOTATIONS: Final = {
    "/FileAttachment": "attached file",
    "/RichMedia": "multimedia",
    "/Screen": "multimedia",
    "/Movie": "multimedia",
    "/Sound": "multimedia",
    "/3D": "multimedia",
}


def clean_bytes(data: bytes) -> tuple[bytes, tuple[str, ...], int]:
    """Open, clean and save a PDF; gives the new bytes, what was removed (sorted, with counts), and its pages.

    Raises EncryptedPdfError, UnreadablePdfError or PdfTooLargeError.
    """
    with open_pdf(data) as pdf:
        out = io.BytesIO()
        try:
            removed = clean_in_place(pdf)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # they are about the sender's file
                pdf.save(out, encryption=False, deterministic_id=True)
            with pikepdf.open(out) as again:
                pages = len(again.pages)
        except (pikepdf.PdfError, RuntimeError, ValueError):
            raise UnreadablePdfError(_BROKEN) from None
        return out.getvalue(), removed, pages


def open_pdf(data: bytes) -> pikepdf.Pdf:
    """Open a PDF within our limits; an empty password is tried, as readers do."""
    if len(data) > MAX_BYTES:
        raise PdfTooLargeError(f"the PDF has {len(data):,} bytes; at most {MAX_BYTES:,} are taken")
    try:
        pdf = pikepdf.open(io.BytesIO(data))
        pages, objects = len(pdf.pages), len(pdf.objects)
    except pikepdf.PasswordError:
        raise EncryptedPdfError("the PDF asks for a password; send it without one") from None
    except (pikepdf.PdfError, RuntimeError, ValueError, TypeError, AttributeError, KeyError):
        raise UnreadablePdfError(_BROKEN) from None
    if objects > MAX_OBJECTS or pages > MAX_PAGES:
        pdf.close()
        raise PdfTooLargeError(
            f"the PDF has {pages:,} pages and {objects:,} objects; at most {MAX_PAGES:,} and {MAX_OBJECTS:,} are taken"
        )
    if pages == 0:
        pdf.close()
        raise UnreadablePdfError("the PDF has no pages")
    return pdf


def clean_in_place(pdf: pikepdf.Pdf) -> tuple[str, ...]:
    """Remove actions, scripts, attachments, XFA and multimedia from every object of an open PDF."""
    found: Counter[str] = Counter()
    bad_actions: list[pikepdf.Object] = []
    for obj in pdf.objects:
        for node in _containers(obj):
            if isinstance(node, pikepdf.Array):
                _clean_array(node, found)
            else:
                _clean_dictionary(node, found)
                bad_actions += [node] if _is_action(node) and _bad_action(node) else []
    for action in bad_actions:  # still held where nobody expects an action
        found[_bad_action(action)] += not found[_bad_action(action)]
        _empty(action)
    return tuple(f"{what} ({count})" for what, count in sorted(found.items()))


def _containers(obj: pikepdf.Object, depth: int = 0) -> Iterator[pikepdf.Object]:
    """An object and the direct arrays and dictionaries inside it, parents first; no references."""
    if not isinstance(obj, pikepdf.Array | pikepdf.Dictionary | pikepdf.Stream):
        return
    if depth > MAX_DEPTH:
        raise UnreadablePdfError(f"the PDF nests more than {MAX_DEPTH} objects; print it to PDF and send that")
    yield obj
    children = list(obj) if isinstance(obj, pikepdf.Array) else [obj[key] for key in list(obj.keys())]
    for child in children:
        if isinstance(child, pikepdf.Array | pikepdf.Dictionary) and not child.is_indirect:
            yield from _containers(child, depth + 1)


def _clean_dictionary(node: pikepdf.Object, found: Counter[str]) -> None:
    for key in list(node.keys()):
        what = _reason(node, key)
        if what:
            del node[key]
            found[what] += 1


def _reason(node: pikepdf.Object, key: str) -> str:
    """Why this entry has to go; empty where it may stay."""
    if key == "/URI" and isinstance(node[key], pikepdf.Dictionary):
        return "base address"
    if key in {"/F", "/FFilter", "/FDecodeParms", "/Ref"} and isinstance(node, pikepdf.Stream):
        return "content of another file"
    if key in _ACTING_KEYS and isinstance(node[key], pikepdf.Dictionary) and "/S" in node[key]:
        return _ALWAYS_REMOVED.get(key, "") or _bad_action(node[key])
    if key in _ALWAYS_REMOVED and not _is_resource(node, node[key]):
        return _ALWAYS_REMOVED[key]
    return ""


def _is_resource(node: pikepdf.Object, value: pikepdf.Object) -> bool:
    """Whether an entry is a font or picture that happens to bear such a name, as `/AA` may in /Resources."""
    if not isinstance(value, pikepdf.Dictionary | pikepdf.Stream) or {"/F", "/UF"} & set(node.keys()):
        return False
    return bool({_name(value, "/Type"), _name(value, "/Subtype")} & _RESOURCES)


def _clean_array(node: pikepdf.Array, found: Counter[str]) -> None:
    for index in reversed(range(len(node))):
        item = node[index]
        if not isinstance(item, pikepdf.Dictionary):
            continue
        what = _REMOVED_ANNOTATIONS.get(_name(item, "/Subtype"), "") if "/Rect" in item else ""
        what = what or (_bad_action(item) if _is_action(item) else "")
        if what:
            del node[index]
            found[what] += 1


def _name(node: pikepdf.Object, key: str) -> str:
    value = node.get(key)
    try:
        return str(value) if isinstance(value, pikepdf.Name) else ""
    except UnicodeDecodeError:
        return "/unknown"


def _is_action(node: pikepdf.Object) -> bool:
    return _name(node, "/Type") == "/Action" or _name(node, "/S") in _ACTIONS


def _bad_action(action: pikepdf.Object) -> str:
    """Name an action that is not a jump inside the file, page turning, or a link to the web or to mail."""
    kind = _name(action, "/S")
    if kind == "/GoTo":
        return ""
    if kind == "/URI":
        return "" if _safe_link(action.get("/URI")) else "unsafe link"
    if kind == "/Named":
        return "" if _name(action, "/N") in _SAFE_NAMED else "named action"
    return "script" if kind == "/JavaScript" else f"{kind[1:] or 'unknown'} action"


def _safe_link(target: object) -> bool:
    text = bytes(target) if isinstance(target, pikepdf.String) else b""
    shown = text.decode("latin-1")
    return shown.lower().startswith(_SAFE_SCHEMES) and shown.isprintable()


def _empty(node: pikepdf.Object) -> None:
    for key in list(node.keys()):
        del node[key]
