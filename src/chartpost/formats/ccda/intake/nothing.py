"""Entries that state nothing: every part that could say what is null, or words to that effect.

Templates that require an entry make senders write one even where there is nothing to say; a resource made of it would
read as if something were so.
"""

import re

from chartpost.formats.ccda.intake.document import Scope
from chartpost.formats.ccda.intake.nodes import Node, attr, down, has_template, kid, kids, local, negated, statement
from chartpost.formats.ccda.intake.sections.allergies import GENERAL_ALLERGIES
from chartpost.formats.ccda.intake.sections.common import PROBLEM
from chartpost.formats.ccda.intake.sections.problems import GENERAL_PROBLEMS

_GENERAL = GENERAL_ALLERGIES | GENERAL_PROBLEMS
_SENTENCE = re.compile(
    r"(no|none|not|nothing|unknown)\b.{0,80}\b(data|information|known|recorded|documented|applicable|available"
    r"|administered|on file|provided|reported|entered|found|indicated|given|entries|asked|performed|history)\b.{0,60}",
    re.IGNORECASE | re.DOTALL,
)
_WORD = re.compile(r"\W*(none|nil|nothing|n/?a|unknown|unk|not applicable|)\W*", re.IGNORECASE)
_CONCERNS = (
    *(f"2.16.840.1.113883.10.20.22.4.{n}" for n in (3, 30, 33, 34, 51, 60, 65, 80)),
    "2.16.840.1.113883.10.20.1.27",
)
"""Acts whose own code only says what kind of thing they hold."""

_VITALS = frozenset({"46680005", "74728-7", "8716-3"})
_NO_CODE = frozenset({"", "UNK", "unknown"})
"""What some programs write for a code they do not have, in any system."""
_GIVEN = frozenset({"substanceAdministration", "supply"})
_DONE = _GIVEN | {"procedure", "encounter"}


def says_nothing(scope: Scope, node: Node) -> bool:
    """Whether a statement, with all it holds, states nothing.

    Negation states something of what was seen (no known allergy), but not that nothing was given or done.
    """
    name = local(node)
    if negated(node) and name not in _DONE:
        return False
    if name == "organizer" or has_template(node, *_CONCERNS):
        return _holds_nothing(scope, node)
    if name == "procedure" and _SENTENCE.fullmatch(attr(kid(node, "code"), "displayName")):
        return True
    if attr(node, "nullFlavor"):
        return not any(_specific(part) for part in _parts(node, name) if part is not kid(node, "code"))
    if not all(_null(scope, part) for part in _parts(node, name)):
        return False
    if not all(says_nothing(scope, inner) for inner in _held(node)):
        return False
    told = scope.text(kid(node, "text"))
    return _is_none(told) if told else not _timed(node)


def _holds_nothing(scope: Scope, node: Node) -> bool:
    """Whether all that a concern or organizer holds states nothing, and neither does its own code."""
    held = _held(node)
    if not all(says_nothing(scope, inner) for inner in held):
        return False
    code = kid(node, "code")
    if local(node) == "organizer" or not held:
        told = scope.text(kid(node, "text"))
        return (_null(scope, code) or attr(code, "code") in _VITALS) and (told is None or _is_none(told))
    return True


def _held(node: Node) -> list[Node]:
    holders = kids(node, "entryRelationship") + kids(node, "component")
    return [inner for holder in holders if (inner := statement(holder)) is not None]


def _is_none(words: str) -> bool:
    return (_WORD.fullmatch(words) or _SENTENCE.fullmatch(words)) is not None


def _parts(node: Node, name: str) -> list[Node | None]:
    """The elements that say what a statement is about."""
    if name in _GIVEN:
        made = down(node, "consumable", "manufacturedProduct")
        made = made if made is not None else down(node, "product", "manufacturedProduct")
        material = kid(made, "manufacturedMaterial")
        material = material if material is not None else kid(made, "manufacturedLabeledDrug")
        devices = [down(p, "participantRole", "playingDevice", "code") for p in kids(node, "participant")]
        return [kid(material, "code"), kid(material, "name"), *devices, *([kid(node, "code")] if made is None else [])]
    if name == "observation":
        things = [down(p, "participantRole", "playingEntity", "code") for p in kids(node, "participant")]
        code = [] if has_template(node, PROBLEM) else [kid(node, "code")]
        return [*kids(node, "value"), *things, *code]
    return [kid(node, "code")]


def _specific(part: Node | None) -> bool:
    """Whether a part carries a code or number that is not just the kind of statement."""
    if part is None:
        return False
    told = attr(part, "code") or attr(part, "value")
    return bool(told) and told not in _GENERAL


def _null(scope: Scope, part: Node | None) -> bool:
    """Whether a coded element, value or name carries neither code, number nor words that say something."""
    if part is None:
        return True
    if any(attr(t, "code") not in _NO_CODE or attr(t, "value") for t in (part, *kids(part, "translation"))):
        return False
    if kid(part, "low") is not None or kid(part, "high") is not None or kid(part, "numerator") is not None:
        return False
    told = scope.text(kid(part, "originalText")) or scope.text(part)
    return told is None or _is_none(told)


def _timed(node: Node) -> bool:
    """Whether a statement has a time of its own."""
    times = kids(node, "effectiveTime")
    return any(
        attr(t, "value") or any(attr(kid(t, name), "value") for name in ("low", "high", "center")) for t in times
    )
