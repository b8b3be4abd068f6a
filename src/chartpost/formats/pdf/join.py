"""Joining the parts of one document of ours into a single PDF whose tags stay whole (ISO 32000-1 14.7).

Every part is tagged on its own. Their pages are put in a row, their tags under one Document, and what names them (keys
of the parent tree, names of header cells) is made distinct. Only for PDFs this program set itself.
"""

import io
from collections.abc import Iterator, Sequence
from typing import Final

import pikepdf
from pikepdf import Array, Dictionary, Name, Object, String

from .errors import RenderError

_CELLS: Final = ("/TD", "/TH", "/TR", "/Table")
PLACE: Final = "https://chartpost.invalid/page/"
"""Start of a link that stands for a jump to a page of the joined document; no machine has that name (RFC 6761)."""


def join(parts: Sequence[bytes], round_: int = 1, last: bool = True) -> bytes:
    """The parts as one PDF, in their order; metadata, language and output intent are those of the first.

    What is joined may be joined again in a later round, which gives names of its own; links between pages are made in
    the last one. Raises RenderError when a part is not tagged as we tag.
    """
    with pikepdf.open(io.BytesIO(parts[0])) as joined:
        if round_ == 1:
            _slim(joined)
        opened = []
        for number, part in enumerate(parts[1:], start=1):
            source = pikepdf.open(io.BytesIO(part))
            opened.append(source)  # open until the end: streams are copied when the joined file is written
            _slim(source)
            _append(joined, source, f"R{round_}.{number}.")
        if last:
            _jumps(joined)
        out = io.BytesIO()
        joined.save(out, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.generate)
        for source in opened:
            source.close()
        return out.getvalue()


def _append(joined: pikepdf.Pdf, source: pikepdf.Pdf, mark: str) -> None:
    if "/StructTreeRoot" not in source.Root:
        raise RenderError("a part of the document has no tags; it cannot be joined")
    root = joined.Root.StructTreeRoot
    first_key = int(root.ParentTreeNextKey)
    _rename(source, mark, first_key)
    joined.pages.extend(source.pages)
    tags = joined.copy_foreign(source.Root.StructTreeRoot)
    _merge_tags(root, tags, first_key)
    if "/Outlines" in source.Root:
        _merge_outlines(joined, joined.copy_foreign(source.Root.Outlines))


def _rename(source: pikepdf.Pdf, mark: str, first_key: int) -> None:
    """Make keys of the parent tree and names of tags differ from those of the parts before."""
    for obj in source.objects:
        if not isinstance(obj, pikepdf.Dictionary | pikepdf.Stream):
            continue
        for key in ("/StructParents", "/StructParent"):
            if key in obj:
                obj[key] = int(obj[key]) + first_key
        if obj.get("/Type") == "/StructElem":
            _rename_tag(obj, mark)


def _rename_tag(tag: Object, mark: str) -> None:
    if "/ID" in tag:
        tag.ID = _distinct(tag.ID, mark)
    for found in _attributes(tag):
        if "/Headers" in found:
            found.Headers = Array([_distinct(name, mark) for name in found.Headers])


def _slim(pdf: pikepdf.Pdf) -> None:
    """Leave out how cells look (colours of lines and grounds): in a long record that is much of what is held."""
    for obj in pdf.objects:
        if isinstance(obj, Dictionary) and obj.get("/S") in _CELLS and "/A" in obj:
            kept = [found for found in _attributes(obj) if found.get("/O") != "/Layout"]
            if kept:
                obj.A = Array(kept) if len(kept) > 1 else kept[0]
            else:
                del obj.A


def _attributes(tag: Object) -> list[Object]:
    held = tag.get("/A", Array())
    return [found for found in (held if isinstance(held, Array) else [held]) if isinstance(found, Dictionary)]


def _distinct(name: Object, mark: str) -> String:
    return String(mark.encode() + bytes(name))


def _merge_tags(root: Object, tags: Object, first_key: int) -> None:
    document = _document(root)
    for tag in _document(tags).K:
        tag.P = document
        document.K.append(tag)
    numbers = tags.ParentTree.Nums
    for place in range(0, len(numbers), 2):
        root.ParentTree.Nums.append(int(numbers[place]) + first_key)
        root.ParentTree.Nums.append(numbers[place + 1])
    root.ParentTreeNextKey = first_key + int(tags.ParentTreeNextKey)
    for name, value in tags.get("/RoleMap", {}).items():
        root.RoleMap[name] = value
    if "/IDTree" in tags:
        _merge_names(root, tags.IDTree.Names)


def _merge_names(root: Object, names: Object) -> None:
    """Names of header cells; the tree is sorted when all are in (ISO 32000-1 7.9.6)."""
    if "/IDTree" not in root:
        root.IDTree = Dictionary(Names=Array())
    pairs = [(bytes(tag.ID), tag) for tag in [*_every_second(root.IDTree.Names), *_every_second(names)]]
    pairs.sort(key=lambda pair: pair[0])
    root.IDTree.Names = Array([part for name, tag in pairs for part in (String(name), tag)])


def _every_second(names: Object) -> Iterator[Object]:
    return (names[place] for place in range(1, len(names), 2))


def _document(root: Object) -> Object:
    """The one Document element that holds all tags."""
    kids = root.K
    return kids[0] if isinstance(kids, Array) else kids


def _items(outlines: Object | None) -> list[Object]:
    found = []
    item = outlines.get("/First") if outlines is not None else None
    while item is not None:
        found.append(item)
        item = item.get("/Next")
    return found


def _merge_outlines(joined: pikepdf.Pdf, more: Object) -> None:
    if "/Outlines" not in joined.Root:
        joined.Root.Outlines = more
        return
    outlines = joined.Root.Outlines
    for item in _items(more):
        item.Parent = outlines
    if "/First" in more:
        outlines.Last.Next, more.First.Prev = more.First, outlines.Last
        outlines.Last = more.Last
        outlines.Count = int(outlines.Count) + int(more.Count)


def _jumps(joined: pikepdf.Pdf) -> None:
    """Turn links to `PLACE` into jumps to that page."""
    for page in joined.pages:
        for link in page.obj.get("/Annots", []):
            target = link.get("/A", Dictionary()).get("/URI", "")
            if not str(target).startswith(PLACE):
                continue
            number = int(str(target).removeprefix(PLACE))
            del link.A
            link.Dest = Array([joined.pages[number - 1].obj, Name.Fit])
            link.Contents = String(f"{number}")
