"""Holding a document against the rule tables."""

from collections.abc import Iterator

from lxml import etree

from chartpost.formats.ccda.rules.fault import Fault, where
from chartpost.formats.ccda.rules.tables import extension_places, templates
from chartpost.formats.ccda.xmlnode import SDTC, V3

_ID = f"{{{V3}}}templateId"


def template_faults(root: etree._Element) -> Iterator[Fault]:
    """Each template that an element claims: known to the tables, on the right element, and kept."""
    known = templates()
    roots = {name for name, _ in known}
    for claim in root.iter(_ID):
        owner = claim.getparent()
        key = (claim.get("root", ""), claim.get("extension", ""))
        if key[0] not in roots:
            yield Fault("template", where(claim), "a template of the rule tables")
        elif owner is not None and key in known:
            yield from _kept(owner, *key)
    yield from _extension(root)


def _kept(owner: etree._Element, root: str, extension: str) -> Iterator[Fault]:
    template = templates()[root, extension]
    if owner.tag != f"{{{V3}}}{template.element}":
        yield Fault("template", where(owner), f"{template.element} for {root}")
    elif not template.whole(owner):
        place = where(owner)
        yield from (Fault("rule", place, f"{words} ({root})") for test, words in template.rules if not test(owner))


def _extension(root: etree._Element) -> Iterator[Fault]:
    allowed = extension_places()
    for node in root.iter(f"{{{SDTC}}}*"):
        parent = node.getparent()
        names = ("" if parent is None else etree.QName(parent).localname, etree.QName(node).localname)
        if names not in allowed:
            yield Fault("schema", where(node), "an SDTC element where the extension has it")
