"""What readers of several sections share."""

import re

from chartpost.formats.ccda.intake.document import Scope
from chartpost.formats.ccda.intake.nodes import Node, attr, down, has_template, kid, kids, local, related
from chartpost.formats.ccda.intake.people import who
from chartpost.formats.ccda.intake.types import Json
from chartpost.formats.ccda.intake.values import absent_concept, code_of, codes_of, concept, statement_text, time

INDICATION = "2.16.840.1.113883.10.20.22.4.19"
PROBLEM = "2.16.840.1.113883.10.20.22.4.4"
SEVERITY = "2.16.840.1.113883.10.20.22.4.8"
OBSERVATION_CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
CLINICIANS = frozenset({"Practitioner", "PractitionerRole", "Patient", "RelatedPerson"})
_LETTERS = re.compile(r"[a-z]{4,}")
_NONE = re.compile(r"\W*(no|none|nil|nka|nkda|denie[sd])\b", re.IGNORECASE)
_GRADES = {"255604002": "mild", "6736007": "moderate", "24484000": "severe", "399166001": "severe"}
_GRADE_WORDS = {"mild": "mild", "moderate": "moderate", "severe": "severe", "fatal": "severe"}


def says_none(text: str | None) -> bool:
    """Whether words say that there is none: `No known problems`, `None`, `NKDA`, `Denies allergies`."""
    return text is None or _NONE.match(text) is not None


def name_both(scope: Scope, node: Node, made: Json) -> Json:
    """A concept whose words and code share no word is called by both: one of them may be that of another line.

    Senders do shift references into their tables by a row; brand and generic names differ as well, and lose nothing.
    """
    name = next((c["display"] for c in made.get("coding") or () if c.get("display")), "")
    words = made.get("text") or ""
    told = [set(_LETTERS.findall((c.get("display") or "").casefold())) for c in made.get("coding") or ()]
    if not name or not words or set(_LETTERS.findall(words.casefold())) & set().union(*told):
        return made
    if words.casefold() == name.casefold() or not _LETTERS.search(name.casefold()):
        return made
    scope.note("note", "words-differ", node, f"{name} / {words}", "showed both the name of the code and the words")
    return {**made, "text": f"{name} ({words})"}


def fixed(system: str, code: str, display: str | None = None) -> Json:
    """A CodeableConcept of one code."""
    return {"coding": [{"system": system, "code": code, "display": display}]}


def status(node: Node) -> str:
    """The statusCode of a statement, in lower case."""
    return attr(kid(node, "statusCode"), "code").lower()


def ref(made: Json) -> Json:
    """The reference to a resource made here."""
    return {"reference": f"{made['resourceType']}/{made['id']}"}


def only(reference: Json | None, kinds: frozenset[str] = CLINICIANS) -> Json | None:
    """A reference if it leads to one of the types."""
    return reference if reference and reference["reference"].partition("/")[0] in kinds else None


def recorder(scope: Scope, *nodes: Node | None) -> tuple[Json | None, str]:
    """Who recorded a statement last, and when it was recorded first; statements from the inside out."""
    told: list[tuple[str, Json | None]] = []
    for node in nodes:
        told += [(time(scope, kid(a, "time")), only(who(scope, a))) for a in kids(node, "author")]
    people = [(at, person) for at, person in told if person]
    latest = max(people, key=lambda p: p[0])[1] if people else None
    return latest, min((at for at, _ in told if at), default="")


def named(scope: Scope, node: Node) -> Json:
    """The code of a statement; where it has neither code nor words, why, under the title of its section.

    An assertion is named by its section too, since the code itself says nothing.
    """
    made = code_of(scope, node)
    if made is None:
        return absent_concept(kid(node, "code"), scope.title or None)
    if codes_of(made) == {"ASSERTION"} and scope.title:
        return {**made, "text": statement_text(scope, node) or scope.title}
    return made


def reasons(scope: Scope, node: Node) -> list[Json]:
    """What a statement was done for: indications and other RSON observations, as concepts."""
    found: list[Json] = []
    for inner in related(node, INDICATION) or related(node, kind="RSON"):
        made = concept(scope, kid(inner, "value"), statement_text(scope, inner))
        if made and made not in found:
            found.append(made)
    return found


def severity(scope: Scope, node: Node) -> tuple[Json | None, str]:
    """The Severity Observation of a statement: its concept, and mild, moderate or severe where it is one of them."""
    for inner in related(node, SEVERITY):
        made = concept(scope, kid(inner, "value"), statement_text(scope, inner))
        if made:
            grade = next((_GRADES[c] for c in codes_of(made) if c in _GRADES), "")
            return made, grade or _GRADE_WORDS.get((made.get("text") or "").casefold(), "")
    return None, ""


def sites(scope: Scope, node: Node) -> list[Json]:
    """The body sites of a statement."""
    return [made for n in kids(node, "targetSiteCode") if (made := concept(scope, n))]


def said_by(act: Node, wanted: tuple[str, ...], asides: tuple[str, ...]) -> list[Node]:
    """The observations that a concern is about: those of its template, else those that are no known aside."""
    inner = [n for n in related(act) if local(n) == "observation"]
    by_template = [n for n in inner if has_template(n, *wanted)]
    return by_template or [n for n in inner if kid(n, "value") is not None and not has_template(n, *asides)]


def product(scope: Scope, node: Node) -> tuple[Json | None, Node | None]:
    """The medicine or vaccine of a consumable or product, with its manufacturedProduct."""
    made = down(node, "consumable", "manufacturedProduct")
    made = made if made is not None else down(node, "product", "manufacturedProduct")
    material = kid(made, "manufacturedMaterial")
    material = material if material is not None else kid(made, "manufacturedLabeledDrug")
    name = kid(material, "name")
    words = scope.text(name)
    return concept(scope, kid(material, "code"), words), made
