"""Read the tag tree of a PDF."""

from collections.abc import Iterator
from dataclasses import dataclass

import pikepdf


@dataclass
class Tags:
    """Tags in reading order, the tags inside each table, and what header cells head."""

    order: list[str]
    tables: list[list[str]]
    header_scopes: list[str]


def _elements(node: pikepdf.Object) -> Iterator[pikepdf.Dictionary]:
    kids = node.get("/K", pikepdf.Array())
    for kid in kids if isinstance(kids, pikepdf.Array) else [kids]:
        if isinstance(kid, pikepdf.Dictionary) and "/S" in kid:
            yield kid
            yield from _elements(kid)


def _scope(cell: pikepdf.Dictionary) -> Iterator[str]:
    attributes = cell.get("/A", pikepdf.Array())
    for attribute in attributes if isinstance(attributes, pikepdf.Array) else [attributes]:
        if "/Scope" in attribute:
            yield str(attribute["/Scope"])


def structure(pdf: pikepdf.Pdf) -> Tags:
    """Walk the structure tree (ISO 32000-1 14.7.2)."""
    all_elements = list(_elements(pdf.Root.StructTreeRoot))
    tables = [e for e in all_elements if e["/S"] == "/Table"]
    cells = [e for e in all_elements if e["/S"] == "/TH"]
    return Tags(
        order=[str(e["/S"])[1:] for e in all_elements],
        tables=[[str(e["/S"])[1:] for e in _elements(table)] for table in tables],
        header_scopes=[scope for cell in cells for scope in _scope(cell)],
    )


def fonts_embedded(pdf: pikepdf.Pdf) -> bool:
    """Whether every font descriptor carries its font file."""
    found = [
        obj for obj in pdf.objects if isinstance(obj, pikepdf.Dictionary) and obj.get("/Type") == "/FontDescriptor"
    ]
    return bool(found) and all({"/FontFile2", "/FontFile3"} & set(obj.keys()) for obj in found)
