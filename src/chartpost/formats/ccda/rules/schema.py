"""HL7's CDA R2 schema. The SDTC extension is no part of it: its elements are taken out of a copy before validating."""

import copy
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.resources import as_file, files
from itertools import islice
from typing import Any, cast

from lxml import etree

from chartpost.formats.ccda.rules.fault import Fault, where
from chartpost.formats.ccda.xmlnode import SDTC, V3


@cache
def _schema() -> etree.XMLSchema:
    with as_file(files(__package__) / "xsd") as folder:
        return etree.XMLSchema(etree.parse(str(folder / "CDA.xsd")))


def schema_faults(root: etree._Element) -> Iterator[Fault]:
    """What CDA.xsd finds wrong, at most 20 findings; the words name elements and types, never content."""
    schema = _schema()
    plain = _without_extension(root)
    if not schema.validate(plain):
        for error in islice(cast("Iterable[Any]", schema.error_log), 20):
            found = plain.getroottree().xpath(error.path) if error.path else [plain]
            place = where(found[0]) if isinstance(found, list) and isinstance(found[0], etree._Element) else "/"
            yield Fault("schema", place, _words(error.type_name, error.message))


def _words(kind: str, message: str) -> str:
    """The schema's words where they name elements alone; else the kind of error, for values may stand in the words."""
    return message.replace(f"{{{V3}}}", "") if kind == "SCHEMAV_ELEMENT_CONTENT" else kind


def _without_extension(root: etree._Element) -> etree._Element:
    """A copy without SDTC elements; the document itself where it has none."""
    if next(root.iter(f"{{{SDTC}}}*"), None) is None:
        return root
    plain = copy.deepcopy(root)
    for node in list(plain.iter(f"{{{SDTC}}}*")):
        parent = node.getparent()
        if parent is not None:
            parent.remove(node)
    return plain
