"""Spoiling documents: elements moved, lost, doubled; attributes exchanged for junk; bytes flipped.

Everything is drawn from one `random.Random`, so that a seed and a file make the same document again.
"""

import copy
import random
from collections.abc import Callable, Sequence
from typing import NamedTuple

from lxml import etree

XSI_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
V3 = "{urn:hl7-org:v3}"
TYPES = (
    "CD", "CE", "CV", "CO", "PQ", "IVL_PQ", "IVL_TS", "TS", "PIVL_TS", "EIVL_TS", "SXCM_TS", "SXPR_TS", "ST", "ED",
    "INT", "REAL", "BL", "RTO", "RTO_PQ_PQ", "MO", "II", "XX",
)  # fmt: skip
FLAVORS = ("NI", "UNK", "NA", "OTH", "ASKU", "NASK", "NAV", "MSK", "NINF", "PINF", "TRC", "NP", "zz")
JUNK = (
    "", " ", "\t", "-99", "9", "0", "-0", "1e999999", "NaN", "Infinity", "-1", "1.", ".5", "1,5", "١٢", "true",
    "00000000", "20241345", "99999999", "20240229240000", "20230229", "202401011200-0", "20240101120000.0000+9999",
    "2024-01-01T00:00:00Z", "0001", "1.2.3", "..", "../../etc/passwd", "urn:oid:1", "x" * 70_000, "#", "#x", "##",
    "javascript:alert(1)", "tel:", "mailto:", "http://[", "%00", "\u202e",
    "#a b", "1" * 400, "<b>", "]]>", "${x}", "{{x}}", "é" * 9,
    "00000000-0000-0000-0000-000000000000", "2.16.840.1.113883.6.96", "10*3/uL",
)  # fmt: skip


class At(NamedTuple):
    """Where a change happens: an element drawn from all elements of the document."""

    node: etree._Element
    nodes: list[etree._Element]
    chance: random.Random


def spoiled(data: bytes, others: Sequence[bytes], chance: random.Random) -> bytes:
    """A document made from this one, with some things wrong with it."""
    if chance.random() < 0.15:
        return _bytes(data, others, chance)
    root = etree.fromstring(data, etree.XMLParser(remove_comments=True, huge_tree=True))
    nodes = [node for node in root.iter() if isinstance(node.tag, str)]
    for _ in range(1 + int(chance.expovariate(0.15))):
        chance.choice(CHANGES)(At(chance.choice(nodes), nodes, chance))
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)


def _bytes(data: bytes, others: Sequence[bytes], chance: random.Random) -> bytes:
    """Spoil the bytes: cut, doubled, flipped, or with a piece of another document in the middle."""
    held = bytearray(data)
    for _ in range(chance.randint(1, 6)):
        start = chance.randrange(len(held) + 1)
        end = min(len(held), start + int(chance.expovariate(0.01)))
        what = chance.randrange(5)
        if what == 0:
            del held[start:end]
        elif what == 1:
            held[start:start] = held[start:end]
        elif what == 2 and start < len(held):
            held[start] ^= 1 << chance.randrange(8)
        elif what == 3:
            other = chance.choice(others)
            place = chance.randrange(len(other))
            held[start:end] = other[place : place + end - start]
        elif chance.random() < 0.2:
            del held[start:]
    return bytes(held)


def _remove(at: At) -> None:
    parent = at.node.getparent()
    if parent is not None:
        parent.remove(at.node)


def _double(at: At) -> None:
    parent = at.node.getparent()
    if parent is not None and len(at.node) < 200:
        parent.insert(at.chance.randrange(len(parent) + 1), copy.deepcopy(at.node))


def _graft(at: At) -> None:
    """Put a copy of an element where it does not belong."""
    if len(at.node) < 200:
        target = at.chance.choice(at.nodes)
        target.insert(at.chance.randrange(len(target) + 1), copy.deepcopy(at.node))


def _shuffle(at: At) -> None:
    children = list(at.node)
    at.chance.shuffle(children)
    at.node[:] = children


def _drop_attribute(at: At) -> None:
    if at.node.attrib:
        del at.node.attrib[at.chance.choice(list(at.node.attrib))]


def _junk_attribute(at: At) -> None:
    name = at.chance.choice([*at.node.attrib, "value", "code", "root", "extension", "unit"])
    at.node.set(name, _sound(at.chance.choice(JUNK)))


def _other_attribute(at: At) -> None:
    """Take the value of an attribute from somewhere else in the document."""
    other = at.chance.choice(at.nodes)
    if other.attrib:
        name = at.chance.choice(list(other.attrib))
        at.node.set(at.chance.choice([name, *at.node.attrib]), other.get(name) or "")


def _null(at: At) -> None:
    at.node.set("nullFlavor", at.chance.choice(FLAVORS))
    if at.chance.random() < 0.5:
        at.node[:] = []


def _type(at: At) -> None:
    typed = [one for one in at.nodes if one.get(XSI_TYPE)] or [at.node]
    at.chance.choice(typed).set(XSI_TYPE, at.chance.choice(TYPES))


def _rename(at: At) -> None:
    other = at.chance.choice(at.nodes)
    if at.node.getparent() is not None:
        at.node.tag = at.chance.choice([str(other.tag), V3 + "x", "x", f"{{urn:x}}{str(other.tag).rpartition('}')[2]}"])


def _text(at: At) -> None:
    at.node.text = _sound(at.chance.choice(JUNK))


def _template(at: At) -> None:
    """Let a statement claim the template of another one."""
    held = [one for one in at.nodes if one.tag == V3 + "templateId"]
    if len(held) > 1:
        one, other = at.chance.sample(held, 2)
        one.set("root", other.get("root") or "")


def _flag(at: At) -> None:
    at.node.set(
        at.chance.choice(["negationInd", "inversionInd", "moodCode", "classCode", "typeCode", "operator", "inclusive"]),
        at.chance.choice(["true", "false", "1", "INT", "EVN", "RQO", "A", "I", "SUBJ", "RSON", "x"]),
    )


def _sound(text: str) -> str:
    return "".join(c for c in text if c >= " " and not 0xFFFE <= ord(c) <= 0xFFFF and not 0xD800 <= ord(c) <= 0xDFFF)


CHANGES: tuple[Callable[[At], None], ...] = (
    _remove, _remove, _double, _graft, _shuffle, _drop_attribute, _drop_attribute, _junk_attribute, _junk_attribute,
    _junk_attribute, _other_attribute, _null, _null, _type, _type, _rename, _text, _template, _flag,
)  # fmt: skip
