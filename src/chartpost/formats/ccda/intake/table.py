"""The table mechanism: which section is read how, and which entry by whom."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeAlias

from chartpost.formats.ccda.intake.document import Scope
from chartpost.formats.ccda.intake.nodes import Node, attr, kid, local, templates

Reader: TypeAlias = Callable[[Scope, Node], Any]
"""Makes resources of one statement with `scope.new`; what it returns is not looked at. Whatever it raises makes
the entry kept as words."""


@dataclass(frozen=True)
class Entry:
    """A kind of statement: the roots of its templates (any release), who reads it.

    `elements` are the names a statement may have; empty for any. Where `anywhere`, it is also understood in
    sections that do not list it.
    """

    templates: tuple[str, ...]
    read: Reader
    elements: tuple[str, ...] = ()
    anywhere: bool = True


@dataclass(frozen=True)
class Section:
    """A kind of section: its name here, templates, LOINC codes, entries, and who reads entries without template.

    `fallback` maps an element name (`act`, `observation`) to a reader. `narrative` is a reader of the section
    element itself, for sections whose words are their content; without one the words become a DocumentReference
    where there are no entries.
    """

    name: str
    templates: tuple[str, ...]
    codes: tuple[str, ...]
    entries: tuple[Entry, ...] = ()
    fallback: Mapping[str, Reader] = field(default_factory=dict)
    narrative: Reader | None = None


class Table:
    """All sections and entries known, looked up by template and code."""

    def __init__(self, sections: tuple[Section, ...]) -> None:
        """Take the sections in order: the first that claims a template or code has it."""
        self.sections = sections

    @cached_property
    def _by_template(self) -> dict[str, Section]:
        found: dict[str, Section] = {}
        for section in self.sections:
            for root in section.templates:
                found.setdefault(root, section)
        return found

    @cached_property
    def _by_code(self) -> dict[str, Section]:
        found: dict[str, Section] = {}
        for section in self.sections:
            for code in section.codes:
                found.setdefault(code, section)
        return found

    @cached_property
    def _anywhere(self) -> dict[str, Entry]:
        found: dict[str, Entry] = {}
        for section in self.sections:
            for entry in section.entries:
                for root in entry.templates if entry.anywhere else ():
                    found.setdefault(root, entry)
        return found

    def section(self, element: Node) -> Section | None:
        """The kind of a section, by template first, then by LOINC code."""
        for root in templates(element):
            if root in self._by_template:
                return self._by_template[root]
        code = kid(element, "code")
        holders = [code, *code.iterchildren("{urn:hl7-org:v3}translation")] if code is not None else []
        return next((s for h in holders if (s := self._by_code.get(attr(h, "code")))), None)

    def reader(self, section: Section | None, statement: Node) -> Reader | None:
        """Who reads a statement: an entry of its section, one known anywhere, the fallback; None for nobody."""
        roots = templates(statement)
        name = local(statement)
        for entry in section.entries if section else ():
            if (not entry.elements or name in entry.elements) and not set(entry.templates).isdisjoint(roots):
                return entry.read
        for root in roots:
            found = self._anywhere.get(root)
            if found and (not found.elements or name in found.elements):
                return found.read
        return section.fallback.get(name) if section else None
