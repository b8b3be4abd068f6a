"""The conversion: header, then section by section, each entry by itself."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import BinaryIO

from chartpost.formats.ccda.header import Header
from chartpost.formats.ccda.intake import embedded, header, provenance, security
from chartpost.formats.ccda.intake.bodies import open_body
from chartpost.formats.ccda.intake.document import Document, Scope, fit
from chartpost.formats.ccda.intake.nodes import Node, attr, forget, kid, kids, statement, templates, words
from chartpost.formats.ccda.intake.nothing import says_nothing
from chartpost.formats.ccda.intake.sections import TABLE, privacy
from chartpost.formats.ccda.intake.table import Section
from chartpost.formats.ccda.intake.types import Converted, Json, SectionReport
from chartpost.formats.ccda.intake.words import is_null, section_text

_DEEPEST = 50
_OPEN = frozenset({"Patient", "Practitioner", "PractitionerRole", "Organization", "Location", "RelatedPerson"})
"""People and places: the confidentiality of a document is about what it says of the patient's health."""


ADDED_TO = _OPEN | {"Device", "Encounter"}
"""What later sections may still add to: people, places and visits."""


def convert(data: bytes | BinaryIO, *, zone: str | None = None) -> Converted:
    """A C-CDA document, R1.1 or later, as FHIR R4 with US Core 6.1.0 profiles.

    `data` is bytes or a seekable stream, `zone` an IANA time zone for times without offset. Raises CcdaError
    for what is no readable document about one patient, ZoneInfoNotFoundError for an unknown zone; no entry raises.
    """
    run = Run(data, zone, keep=True)
    resources = list(run.resources())
    return Converted(run.doc.header, resources, run.doc.sources, run.sections, run.doc.issues, run.doc.originals)


def header_of_one(data: bytes | BinaryIO) -> Header:
    """The header of a document about one patient; raises what `convert` raises."""
    run = Run(data)
    next(run.batches())
    return run.doc.header


@dataclass
class Run:
    """One conversion whose resources are taken as they are made; `doc` and `sections` are whole at the end.

    Of a large document only the section at hand is held; where its resources came from is kept with `keep` alone.
    Later sections may still add to the Patient, to participants and to visits that were handed out before.
    """

    data: bytes | BinaryIO
    zone: str | None = None
    keep: bool = False
    sections: list[SectionReport] = field(default_factory=list)
    later: tuple[str, ...] = ()
    _sha256: str = ""
    _whole: bool = True

    @property
    def doc(self) -> Document:
        """What is known of the document; there after the first resource."""
        return self._doc

    def resources(self) -> Iterator[Json]:
        """The Patient first, then participants and entries section by section, each with its Provenance."""
        return chain.from_iterable(self.batches())

    def batches(self) -> Iterator[list[Json]]:
        """The same in the order it is made: the header, each section with those inside it, the header's visits.

        References lead to what is in the same list or an earlier one, or to those visits (`later`).
        """
        body = open_body(self.data)
        self._sha256, self._whole = body.sha256, body.whole or self.keep
        self._doc, top = header.open_document(body.root, body.header, body.sha256, self.zone)
        header.read(top, body.root)
        self._doc.security += [s for s in body.annotations if s not in self._doc.security]
        self.later = tuple(f"{visit['resourceType']}/{visit['id']}" for visit in top.made)
        yield list(self._finish(top, [self._doc.patient, *top.shared]))
        if not embedded.of_body(self._doc, body.root):
            for element, path in body.sections():
                yield list(self._section(element, path, None, 0))
                forget()
        for visit in top.made:
            fit(visit)
        yield list(self._finish(top, top.made))
        self._doc.tell_zones()
        forget()

    def settled(self) -> Iterator[list[Json]]:
        """The same lists with all that sections may add to in a last one of its own: nothing given out changes."""
        held: list[Json] = []
        for resources in self.batches():
            held += (r for r in resources if r["resourceType"] in ADDED_TO)
            yield [r for r in resources if r["resourceType"] not in ADDED_TO]
        yield held

    def _section(self, element: Node, path: str, parent: Scope | None, depth: int) -> Iterator[Json]:
        scope = self._scope(element, path, parent)
        kind = TABLE.section(element)
        scope.kind = kind.name if kind else ""
        author = kids(element, "author")
        if author:
            scope.author = scope.calmly(element, provenance.author)
        understood, found = self._entries(scope, kind)
        text_only = not found
        if kind and kind.narrative:
            scope.attempt(element, kind.narrative)
        elif self._keep_words(scope, found, understood) or kind is privacy.SECTION:
            scope.attempt(element, lambda s, _: section_text(s))
        embedded.of_section(scope)
        self.sections.append(
            SectionReport(scope.code, scope.title, scope.templates, found, understood, found - understood, text_only)
        )
        yield from self._finish(scope, [*scope.shared, *scope.made])
        if depth < _DEEPEST:
            for number, component in enumerate(kids(element, "component"), 1):
                for place, child in enumerate(kids(component, "section"), 1):
                    where = f"{path}/v3:component[{number}]/v3:section[{place}]"
                    yield from self._section(child, where, scope, depth + 1)

    def _keep_words(self, scope: Scope, found: int, understood: int) -> bool:
        """Whether the words of a section are needed beside its entries: none states anything, or some were not read."""
        return understood < found or scope.failed > 0 or (scope.empty == found and not is_null(scope.element))

    def _scope(self, element: Node, path: str, parent: Scope | None) -> Scope:
        code = attr(kid(element, "code"), "code")
        title = words(kid(element, "title")) or attr(kid(element, "code"), "displayName")
        own = security.confidentiality(element)
        held = parent.security if parent else self._doc.security
        labels = own if own is not None else held
        labels = [*labels, *(s for s in security.annotations(element) if s not in labels)]
        author = parent.author if parent else None
        return Scope(self._doc, element, path, code, title, templates(element), author=author, security=labels)

    def _entries(self, scope: Scope, kind: Section | None) -> tuple[int, int]:
        """How many entries were understood, and how many there are."""
        understood = found = 0
        for number, entry in enumerate(kids(scope.element, "entry"), 1):
            scope.enter(entry, number)
            inner = statement(entry)
            if inner is None:
                if attr(entry, "nullFlavor") or not len(entry):
                    continue
                found += 1
                self._unknown(scope, entry)
                continue
            found += 1
            understood += self._entry(scope, kind, inner)
        return understood, found

    def _entry(self, scope: Scope, kind: Section | None, inner: Node) -> bool:
        reader = TABLE.reader(kind, inner)
        if reader is None:
            self._unknown(scope, inner)
            return False
        if scope.calmly(inner, says_nothing):
            scope.note("note", "nothing-stated", inner, "", "made nothing of it")
            scope.empty += 1
            return True
        mark = len(scope.made)
        done, _ = scope.attempt(inner, reader)
        authors: dict[Node, Json | None] = {}
        for made in scope.made[mark:]:
            holder = _authored(scope.node_of(made), inner)
            if holder is not None and holder not in authors:
                authors[holder] = scope.calmly(holder, provenance.author)
            author = authors[holder] if holder is not None else None
            if author:
                scope.authors.setdefault(made["id"], author)
        return done

    def _unknown(self, scope: Scope, node: Node) -> None:
        claimed = templates(node)
        seen = ", ".join(claimed) or str(node.tag).rpartition("}")[2]
        scope.note("warning", "entry-unknown", node, seen, "kept the words of the section in place of the entry")

    def _finish(self, scope: Scope, made: list[Json]) -> Iterator[Json]:
        """Label, trace and hand out what a section gave."""
        labels = scope.security or self._doc.security if scope.path == header.PATH else scope.security
        for resource in made:
            if resource["resourceType"] not in _OPEN:
                security.apply(resource, labels)
            if self._whole:
                self._doc.sources[f"{resource['resourceType']}/{resource['id']}"] = scope.source_of(resource)
            yield resource
        for trace in provenance.of_section(scope, made, self._sha256):
            security.apply(trace, labels)
            yield trace


def _authored(node: Node | None, top: Node) -> Node | None:
    """The nearest statement around a node, up to the entry's own, that names an author."""
    while node is not None:
        if kid(node, "author") is not None:
            return node
        if node is top:
            return None
        node = node.getparent()
    return None
