"""Quick reading of CDA elements: children by name, attributes, words, and paths that name an element."""

from lxml import etree

from chartpost.formats.ccda.xmlnode import SDTC, V3, XSI

Node = etree._Element
V = f"{{{V3}}}"
S = f"{{{SDTC}}}"
_XSI_TYPE = f"{{{XSI}}}type"
_TEMPLATE, _RELATED = V + "templateId", V + "entryRelationship"


_MOST_HELD = 20_000
_held: dict[Node, dict[str, list[Node]]] = {}
"""Children by name of elements looked at. An element is asked for many children; walking them once is several times
quicker. Elements in it do not change while a section is read; `forget` lets go of them."""


_claimed: dict[Node, tuple[str, ...]] = {}
"""The templates of elements looked at."""


def _children(node: Node) -> dict[str, list[Node]]:
    found = _held.get(node)
    if found is None:
        found = {}
        for child in node:
            tag = child.tag
            if tag in found:
                found[tag].append(child)
            else:
                found[tag] = [child]
        if len(_held) >= _MOST_HELD:
            _held.clear()
        _held[node] = found
    return found


def forget() -> None:
    """Let go of the elements looked at so far."""
    _held.clear()
    _claimed.clear()


def kid(node: Node | None, name: str) -> Node | None:
    """The first child of this name in the CDA namespace."""
    if node is None:
        return None
    found = _children(node).get(V + name)
    return found[0] if found else None


def kids(node: Node | None, name: str) -> list[Node]:
    """All children of this name in the CDA namespace."""
    return list(_children(node).get(V + name, ())) if node is not None else []


def ext(node: Node | None, name: str) -> Node | None:
    """The first child of this name in the SDTC namespace."""
    found = _children(node).get(S + name) if node is not None else None
    return found[0] if found else None


def exts(node: Node | None, name: str) -> list[Node]:
    """All children of this name in the SDTC namespace."""
    return list(_children(node).get(S + name, ())) if node is not None else []


def down(node: Node | None, *names: str) -> Node | None:
    """The first element at the end of a chain of child names."""
    for name in names:
        node = kid(node, name)
    return node


def attr(node: Node | None, name: str) -> str:
    """An attribute without surrounding white space, or an empty string."""
    return (node.get(name) or "").strip() if node is not None else ""


def flavor(node: Node | None) -> str:
    """The nullFlavor of an element; NI where the element is absent, empty where it has a value."""
    return attr(node, "nullFlavor") if node is not None else "NI"


def local(node: Node) -> str:
    """The name of an element without its namespace."""
    return str(node.tag).rpartition("}")[2]


def xsi_type(node: Node) -> str:
    """The xsi:type without prefix."""
    return (node.get(_XSI_TYPE) or "").strip().rpartition(":")[2]


def words(node: Node | None) -> str:
    """All text inside an element, white space folded."""
    if node is None:
        return ""
    return " ".join((("".join(map(str, node.itertext())) if len(node) else node.text) or "").split())


def templates(node: Node) -> tuple[str, ...]:
    """The roots of the templateIds of an element, each once."""
    found = _claimed.get(node)
    if found is None:
        found = tuple(dict.fromkeys(attr(t, "root") for t in _children(node).get(_TEMPLATE, ())))
        if len(_claimed) >= _MOST_HELD:
            _claimed.clear()
        _claimed[node] = found
    return found


def has_template(node: Node, *roots: str) -> bool:
    """Whether an element claims one of the templates."""
    return any(root in roots for root in templates(node))


def statement(holder: Node | None) -> Node | None:
    """The clinical statement inside an entry, entryRelationship or component."""
    if holder is not None:
        for child in holder:
            if child.tag in _STATEMENT_TAGS:
                return child
    return None


STATEMENTS = frozenset(
    {"act", "encounter", "observation", "observationMedia", "organizer", "procedure", "regionOfInterest"}
    | {"substanceAdministration", "supply"}
)


_STATEMENT_TAGS = frozenset(V + name for name in STATEMENTS)


def related(node: Node, *roots: str, kind: str = "") -> list[Node]:
    """The statements in entryRelationships of a node: those of the templates (any when none), of the typeCode."""
    found = []
    for relation in _children(node).get(_RELATED, ()):
        inner = statement(relation)
        wanted = not kind or attr(relation, "typeCode") == kind
        if inner is not None and wanted and (not roots or has_template(inner, *roots)):
            found.append(inner)
    return found


def coded(nodes: list[Node], *codes: str) -> list[Node]:
    """Those of the statements whose code is one of these."""
    return [n for n in nodes if attr(kid(n, "code"), "code") in codes]


def negated(node: Node) -> bool:
    """Whether negationInd is true."""
    return attr(node, "negationInd") in ("true", "1")


def steps(parent: Node) -> dict[Node, str]:
    """The step of an XPath to each child, in one walk: the name with its place among siblings of the same name."""
    met: dict[str, int] = {}
    found: dict[Node, str] = {}
    for child in parent.iterchildren(etree.Element):
        tag = str(child.tag)
        met[tag] = met.get(tag, 0) + 1
        found[child] = f"{_named(child)}[{met[tag]}]"
    return found


def step(node: Node) -> str:
    """The step of an XPath to one element. Whoever asks for many of its siblings asks `steps`."""
    if node.getparent() is None:
        return _named(node)
    return f"{_named(node)}[{1 + sum(1 for _ in node.itersiblings(str(node.tag), preceding=True))}]"


def _named(node: Node) -> str:
    return f"{'sdtc' if str(node.tag).startswith(S) else 'v3'}:{local(node)}"
