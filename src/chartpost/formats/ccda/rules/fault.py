"""What a check says."""

from dataclasses import dataclass

from lxml import etree

from chartpost.formats.ccda.xmlnode import V3


@dataclass(frozen=True)
class Fault:
    """One thing wrong: a short name, where (an XPath without content), and what to expect there."""

    rule: str
    where: str
    expected: str


def where(node: etree._Element) -> str:
    """The path of an element in its document, without namespaces and without content."""
    return node.getroottree().getelementpath(node).replace(f"{{{V3}}}", "")
