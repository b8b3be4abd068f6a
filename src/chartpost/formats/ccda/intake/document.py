"""The state of one conversion: what a reader of an entry works with."""

import hashlib
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

import orjson

from chartpost.formats.ccda.header import Header
from chartpost.formats.ccda.intake.nodes import Node, V, attr, kid, kids, step, steps, templates, words
from chartpost.formats.ccda.intake.numbers import identifiers
from chartpost.formats.ccda.intake.times import Moment, Zones
from chartpost.formats.ccda.intake.types import Embedded, Issue, Json, Severity, Source
from chartpost.formats.fhirjson.profiles import check

US_CORE = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-"
ABSENT = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "urn:hl7-org:v3#ClinicalDocument").bytes
_MOST_ISSUES = 5000
LONG_WORDS = 1_000
"""Characters from which words that entries point at are long."""
MOST_LONG_WORDS = 4_000_000
"""Characters of long words that the entries of a document take over; a narrative many of them point at is then cut."""
_T = TypeVar("_T")


def _uuid5(name: str) -> str:
    """The UUID version 5 of a name (RFC 9562 5.5), without the cost of a UUID object."""
    digest = hashlib.sha1(_NAMESPACE + name.encode(), usedforsecurity=False).digest()[:16]
    text = (digest[:6] + bytes((digest[6] & 0x0F | 0x50, digest[7], digest[8] & 0x3F | 0x80)) + digest[9:]).hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


class UnfitError(ValueError):
    """What was read of a statement does not make a valid resource; holds element paths and rules, no content."""


@dataclass
class Document:
    """What is known of the document as a whole, and what was made of it so far."""

    header: Header
    key: str
    zones: Zones
    patient: Json
    resources: list[Json] = field(default_factory=list)
    sources: dict[str, Source] = field(default_factory=dict)
    issues: list[Issue] = field(default_factory=list)
    originals: list[Embedded] = field(default_factory=list)
    people: dict[str, Json] = field(default_factory=dict)
    met: dict[bytes, Json] = field(default_factory=dict)
    told: dict[str, Json] = field(default_factory=dict)
    security: list[Json] = field(default_factory=list)
    encounters: dict[str, Json] = field(default_factory=dict)
    visits: dict[str, Json] = field(default_factory=dict)
    time: str = ""
    author: Json | None = None
    custodian: Json | None = None
    long_words: int = 0
    _ids: set[str] = field(default_factory=set)
    _zone_told: dict[str, int] = field(default_factory=dict)

    def identity(self, *parts: str) -> str:
        """The id that these words have in this document, the same each time."""
        return _uuid5("\x1f".join((self.key, *parts)))

    def claim(self, kind: str, key: str) -> str:
        """An id for a key, or empty where something else of the kind has it already."""
        identity = self.identity(kind, key)
        if identity in self._ids:
            return ""
        self._ids.add(identity)
        return identity

    def note(self, severity: Severity, code: str, section: str, path: str, seen: str, did: str) -> None:
        """Add an issue; after some thousands no more are kept."""
        if len(self.issues) < _MOST_ISSUES:
            self.issues.append(Issue(severity, code, section, path, seen[:200], did))

    def read_time(self, value: str) -> Moment:
        """A TS value in FHIR form; times without offset are counted for one issue per choice."""
        moment = self.zones.read(value)
        if moment.how in ("borrowed", "zone", "dropped"):
            self._zone_told[moment.how] = self._zone_told.get(moment.how, 0) + 1
        return moment

    def tell_zones(self) -> None:
        """Say once what was done with times that have no offset."""
        did = {
            "borrowed": "used the offset of the document's own time",
            "zone": "used the time zone set for this import",
            "dropped": "kept the day and left the time of day out",
        }
        for how, count in self._zone_told.items():
            self.note("note", f"time-{how}", "", "", f"{count} times of day without offset", did[how])


@dataclass
class Scope:
    """One section, or the header, while it is read: readers of entries make resources through it."""

    doc: Document
    element: Node
    path: str
    code: str = ""
    title: str = ""
    templates: tuple[str, ...] = ()
    kind: str = ""
    author: Json | None = None
    security: list[Json] = field(default_factory=list)
    made: list[Json] = field(default_factory=list)
    shared: list[Json] = field(default_factory=list)
    authors: dict[str, Json] = field(default_factory=dict)
    failed: int = 0
    empty: int = 0
    traced: int = 0
    _anchors: dict[str, Node] | None = None
    _places: dict[str, Node] = field(default_factory=dict)
    _paths: dict[Node, str] = field(default_factory=dict)
    _steps: dict[Node, dict[Node, str]] = field(default_factory=dict)
    _long: dict[Node, str] = field(default_factory=dict)
    _cut: dict[Node, str] = field(default_factory=dict)
    _path_of: dict[str, str] = field(default_factory=dict)
    _sound: dict[str, bytes] = field(default_factory=dict)
    _depth: int = 0

    @property
    def patient(self) -> Json:
        """The reference to the patient."""
        return {"reference": f"Patient/{self.doc.patient['id']}"}

    def where(self, node: Node) -> str:
        """The XPath of an element of this section."""
        way: list[Node] = []
        here: Node | None = node
        while here is not None and here is not self.element and here not in self._paths:
            way.append(here)
            here = here.getparent()
        path = self._paths.get(here, self.path) if here is not None else self.path
        for one in reversed(way):
            path = f"{path}/{self._step(one)}"
            self._paths[one] = path
        return path

    def _step(self, node: Node) -> str:
        parent = node.getparent()
        if parent is None:
            return step(node)
        if parent not in self._steps:
            self._steps[parent] = steps(parent)
        return self._steps[parent][node]

    def enter(self, entry: Node, number: int) -> None:
        """Go on to the entry of this number; the paths of elements of the last one are forgotten."""
        self._paths = {entry: f"{self.path}/v3:entry[{number}]"}
        self._steps = {}

    def path_of(self, resource: Json) -> str:
        """The XPath of the element a resource made here came from."""
        return self._path_of.get(resource["id"], self.path)

    def note(self, severity: Severity, code: str, node: Node, seen: str, did: str) -> None:
        """Add an issue about an element of this section."""
        self.doc.note(severity, code, self.code, self.where(node), seen, did)

    def new(self, kind: str, node: Node, *profiles: str, part: str = "", ids: bool = True) -> Json:
        """A resource for a statement, with its id and identifiers; `part` tells several of one statement apart.

        `profiles` are the last words of US Core profiles, tried in order; the first that fits is claimed.
        """
        numbers = identifiers(kids(node, "id")) if ids else []
        path = self.where(node)
        key = "|".join(f"{i.get('system', '')}|{i['value']}" for i in numbers[:1])
        identity = self.doc.claim(kind, f"{part}\x1f{key}") if key else ""
        if not identity:
            if key and not part and kind != "Encounter":
                self.note("note", "id-reused", node, "", "made an id from the place in the document")
            identity = self.doc.claim(kind, f"{part}\x1f{path}") or self.doc.identity(
                kind, part, path, str(len(self.made))
            )
        made: Json = {"resourceType": kind, "id": identity}
        if profiles:
            made["meta"] = {"profile": [url(p) for p in profiles]}
        if numbers and not part and kind not in _NO_IDENTIFIER:
            made["identifier"] = numbers
        self.made.append(made)
        self._places[identity] = node
        self._path_of[identity] = path
        return made

    def claim(self, made: Json, *profiles: str) -> None:
        """Let a resource that was changed keep the first of these profiles that it fits, and none it had."""
        made["meta"] = {**made.get("meta", {}), "profile": [url(p) for p in profiles]}
        fit(made)

    def drop(self, made: Json) -> None:
        """Take back a resource of this entry."""
        self.made.remove(made)
        self._places.pop(made["id"])

    def keep(self, made: Json, node: Node, *profiles: str) -> None:
        """File a participant, which stays even where the entry that named it fails; raises UnfitError."""
        if profiles:
            made["meta"] = {"profile": [url(p) for p in profiles]}
        fit(made)
        self.shared.append(made)
        self.adopt(made, node)

    def adopt(self, made: Json, node: Node) -> None:
        """Note where a resource that was made by other means came from."""
        self._places[made["id"]] = node
        self._path_of[made["id"]] = self.where(node)

    def calmly(self, node: Node | None, read: "Callable[[Scope, Node], _T]") -> _T | None:
        """What a reader makes of a node; None where there is no node or the reader fails, which is told."""
        return self.attempt(node, read)[1] if node is not None else None

    def each(self, nodes: Iterable[Node], read: "Callable[[Scope, Node], _T]") -> Iterator[_T]:
        """What a reader makes of each node; one that fails is told as an issue and skipped."""
        for node in nodes:
            done, found = self.attempt(node, read)
            if done:
                yield found  # type: ignore[misc]

    def attempt(self, node: Node, read: "Callable[[Scope, Node], _T]") -> tuple[bool, _T | None]:
        """Whether a reader managed a node, and what it gave; what a failed one made is taken back."""
        mark = len(self.made)
        self._depth += 1
        try:
            found = read(self, node)
            for resource in self.made[mark:]:
                self._fit(resource)
        except UnfitError as error:
            self._give_up(node, mark, "entry-unfit", str(error))
        except Exception as error:  # noqa: BLE001 - one entry must never cost the others
            self._give_up(node, mark, "entry-failed", type(error).__name__)
        else:
            return True, found
        finally:
            self._depth -= 1
        return False, None

    def _fit(self, resource: Json) -> None:
        """Make a resource fit, unless it did as part of its statement and was not touched since."""
        known = self._sound.get(resource["id"])
        if known is None or known != _print(resource):
            fit(resource)
            if self._depth > 1:
                self._sound[resource["id"]] = _print(resource)

    def _give_up(self, node: Node, mark: int, code: str, seen: str) -> None:
        for resource in self.made[mark:]:
            self._places.pop(resource["id"], None)
        del self.made[mark:]
        self.failed += 1
        self.note("error", code, node, seen, "kept the words of the section in place of the entry")

    def source_of(self, resource: Json) -> Source:
        """Where a resource made here came from."""
        node = self._places[resource["id"]]
        pairs = tuple((attr(i, "root"), attr(i, "extension")) for i in kids(node, "id") if attr(i, "root"))
        text = self.text(kid(node, "text")) or ""
        return Source(self.code, templates(node), self.path_of(resource), pairs, text)

    def node_of(self, resource: Json) -> Node | None:
        """The element a resource made here came from."""
        return self._places.get(resource["id"])

    def anchor(self, name: str) -> Node | None:
        """The narrative element with this ID, of the section first, then of the document as far as it is held."""
        if self._anchors is None:
            self._anchors = {}
            for text in self.element.iter(V + "text"):
                for node in text.iter():
                    identity = node.get("ID")
                    if identity:
                        self._anchors.setdefault(identity.strip(), node)
        return self._anchors.get(name)

    def _pointed_at(self, found: Node) -> str:
        """The words of a narrative element; long ones are cut once entries took over many of them.

        Else a small document whose entries all point at one long narrative would become a huge record. Who reads it
        has all of the words in the document itself.
        """
        if found in self._cut:
            return self._cut[found]
        told = self._long.get(found) or words(found)
        if len(told) <= LONG_WORDS:
            return told
        if self.doc.long_words + len(told) <= MOST_LONG_WORDS:
            self.doc.long_words += len(told)
            self._long[found] = told
            return told
        self.note("warning", "text-cut", self.element, "", "kept the first words; the document holds all of them")
        self._cut[found] = f"{told[:LONG_WORDS].rpartition(' ')[0] or told[:LONG_WORDS]} …"
        self._long.pop(found, None)
        return self._cut[found]

    def text(self, node: Node | None) -> str | None:
        """The words of an ED or ST element: its own, or those its reference points to; None without any."""
        if node is None:
            return None
        reference = kid(node, "reference")
        if reference is not None:
            value = attr(reference, "value")
            found = self.anchor(value.removeprefix("#"))
            if found is not None:
                told = self._pointed_at(found)
                if told:
                    return told
        if attr(node, "representation") == "B64":
            return None
        return words(node) or None


_NO_IDENTIFIER = frozenset({"Provenance", "Bundle"})


def url(profile: str) -> str:
    """The address of a US Core profile by its last word; whole addresses stay."""
    return profile if "/" in profile else US_CORE + profile


def pruned(value: Any) -> Any:
    """JSON without empty parts: None, empty texts, lists and objects are left out, false and 0 stay."""
    if type(value) is dict:
        kept = {}
        for key, item in value.items():
            kind = type(item)
            if kind is dict or kind is list:
                inner = pruned(item)
                if inner is not None:
                    kept[key] = inner
            elif item is not None and item != "":
                kept[key] = item
        return kept or None
    if type(value) is list:
        items = [inner for item in value if (inner := pruned(item)) is not None]
        return items or None
    return None if value is None or value == "" else value


def _print(resource: Json) -> bytes:
    """What tells whether a resource was changed."""
    return orjson.dumps(resource, default=str)


def fit(resource: Json) -> None:
    """Prune a resource in place and claim the first of its profiles that it keeps; raises UnfitError.

    FHIR R4 must hold; a profile of US Core that does not is not claimed.
    """
    kept = pruned(resource)
    resource.clear()
    resource.update(kept)
    wanted = resource.get("meta", {}).pop("profile", [])
    for profile in wanted:
        resource["meta"]["profile"] = [profile]
        if not any(issue.severity == "error" for issue in check(resource, shallow=True)):
            return
    if wanted:
        del resource["meta"]["profile"]
        if not resource["meta"]:
            del resource["meta"]
    broken = [issue for issue in check(resource, shallow=True) if issue.severity == "error"]
    if broken:
        raise UnfitError("; ".join(f"{issue.path} {issue.rule}" for issue in broken[:3]))
