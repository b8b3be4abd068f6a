"""What readers of statements that hold other statements share: going inside, and finding what was read before."""

from collections.abc import Iterator

from chartpost.formats.ccda.intake.document import Scope
from chartpost.formats.ccda.intake.nodes import Node, attr, has_template, kid, kids, statement
from chartpost.formats.ccda.intake.sections.common import INDICATION
from chartpost.formats.ccda.intake.types import Json
from chartpost.formats.ccda.intake.values import concept

REFERENCE = "2.16.840.1.113883.10.20.22.4.122"
"""Entry Reference: an act that only names another entry by its id."""

PRIORITY = "2.16.840.1.113883.10.20.22.4.143"
COMMENT = "2.16.840.1.113883.10.20.22.4.64"
INSTRUCTION = "2.16.840.1.113883.10.20.22.4.20"
_SKIPPED = (REFERENCE, INDICATION, PRIORITY, COMMENT)


def inside(node: Node) -> Iterator[Node]:
    """The statements directly inside a statement: of its entryRelationships and components."""
    for name in ("entryRelationship", "component"):
        for holder in kids(node, name):
            inner = statement(holder)
            if inner is not None:
                yield inner


def read_one(scope: Scope, node: Node) -> None:
    """Read a statement inside another, where somebody can; one that only qualifies its statement is passed over."""
    from chartpost.formats.ccda.intake.sections import TABLE

    reader = None if has_template(node, *_SKIPPED) else TABLE.reader(None, node)
    if reader is not None:
        scope.attempt(node, reader)


def read_inside(scope: Scope, node: Node) -> list[Json]:
    """Read the statements inside a statement that have a reader of their own; what they made."""
    mark = len(scope.made)
    for inner in inside(node):
        read_one(scope, inner)
    return scope.made[mark:]


def referred(scope: Scope, node: Node, *kinds: str) -> list[Json]:
    """References to resources of these types, read before, that entry references inside a statement name."""
    wanted = {
        (attr(i, "root"), attr(i, "extension"))
        for inner in inside(node)
        if has_template(inner, REFERENCE)
        for i in kids(inner, "id")
        if attr(i, "root")
    }
    if not wanted:
        return []
    held = [
        name
        for name, source in scope.doc.sources.items()
        if name.partition("/")[0] in kinds and not wanted.isdisjoint(source.ids)
    ]
    return [{"reference": name} for name in held]


def instructions(scope: Scope, node: Node) -> list[str]:
    """The words of the instructions inside a statement (Instruction, 2.16.840.1.113883.10.20.22.4.20)."""
    held = [inner for inner in inside(node) if has_template(inner, INSTRUCTION)]
    texts = [scope.text(kid(inner, "text")) or (concept(scope, kid(inner, "code")) or {}).get("text") for inner in held]
    return [text for text in texts if text]
