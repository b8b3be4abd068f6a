"""HL7's C-CDA R2.1 Schematron run directly: each rule's context and asserts as compiled XPath 1.0.

The two files are never in the repository. Put `ccda.sch` (the official R2.1 rules, HL7/CDA-ccda-2.1) and `voc.xml` (its
value sets) in `.cache/cda/schematron/`, or name another folder by CCDA_SCHEMATRON.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from lxml import etree

_ROOT = Path(__file__).resolve().parents[2]
_SCH = "{http://purl.oclc.org/dsdl/schematron}"
_PREFIXES = {
    "cda": "urn:hl7-org:v3",
    "sdtc": "urn:hl7-org:sdtc",
    "xsi": "http://www.w3.org/2001/XMLSchema-instance",
    "voc": "http://www.lantanagroup.com/voc",
    "svs": "urn:ihe:iti:svs:2008",
}
_VALUE_SET = re.compile(r"document\('voc\.xml'\)/voc:systems/voc:system\[@valueSetOid='([0-9.]+)'\]")
_OID = re.compile(r"'([0-9]+(?:\.[0-9]+)+)'")


@dataclass(frozen=True)
class Finding:
    """One assert that failed: its id, where, and HL7's words."""

    id: str
    where: str
    text: str

    def __str__(self) -> str:
        return f"{self.id} at {self.where}: {self.text}"


@dataclass(frozen=True)
class _Assert:
    id: str
    test: etree.XPath
    sets: dict[str, list[etree._Element]]
    text: str


@dataclass(frozen=True)
class _Rule:
    context: etree.XPath
    oids: frozenset[str]
    lets: tuple[tuple[str, etree.XPath], ...]
    asserts: tuple[_Assert, ...]


def folder() -> Path | None:
    """Where the two files lie; None where they are absent."""
    place = Path(os.environ.get("CCDA_SCHEMATRON", _ROOT / ".cache" / "cda" / "schematron"))
    return place if (place / "ccda.sch").is_file() and (place / "voc.xml").is_file() else None


@cache
def schematron(phase: str = "errors") -> "Schematron":
    """The rules of one phase (errors or warnings), compiled once in a process."""
    place = folder()
    assert place is not None
    return Schematron(etree.parse(place / "ccda.sch"), etree.parse(place / "voc.xml"), phase)


class Schematron:
    """Compiled rules. In each pattern a node answers to the first rule that matches it (ISO/IEC 19757-3 6.5)."""

    def __init__(self, rules: etree._ElementTree, values: etree._ElementTree, phase: str) -> None:
        root = rules.getroot()
        active = {a.get("pattern") for a in root.iterfind(f"{_SCH}phase[@id='{phase}']/{_SCH}active")}
        self._sets = {s.get("valueSetOid", ""): [s] for s in values.getroot()}
        self._abstract = {r.get("id"): r for r in root.iter(f"{_SCH}rule") if r.get("abstract") == "true"}
        self._patterns = [self._pattern(p) for p in root.iter(f"{_SCH}pattern") if p.get("id") in active]

    def __call__(self, document: bytes) -> list[Finding]:
        """What the rules find wrong with a document."""
        root = etree.fromstring(document)
        present = {t.get("root", "") for t in root.iter("{urn:hl7-org:v3}templateId")}
        return [finding for rules in self._patterns for finding in self._run(rules, root, present)]

    def _run(self, rules: list[_Rule], root: etree._Element, present: set[str]) -> Iterator[Finding]:
        taken: set[etree._Element] = set()
        for rule in rules:
            if rule.oids and not rule.oids & present:
                continue
            for node in rule.context(root):
                if node not in taken:
                    taken.add(node)
                    yield from self._judge(rule, node)

    def _judge(self, rule: _Rule, node: etree._Element) -> Iterator[Finding]:
        known = {name: _plain(value(node)) for name, value in rule.lets}
        for check in rule.asserts:
            if not check.test(node, **known, **check.sets):
                where = node.getroottree().getelementpath(node).replace("{urn:hl7-org:v3}", "")
                yield Finding(check.id, where, check.text)

    def _pattern(self, pattern: etree._Element) -> list[_Rule]:
        return [self._rule(r) for r in pattern.iterfind(f"{_SCH}rule") if r.get("abstract") != "true"]

    def _rule(self, rule: etree._Element) -> _Rule:
        context = rule.get("context", "")
        everywhere = " | ".join(p if p.startswith("/") else f"//{p}" for p in map(str.strip, _alternatives(context)))
        return _Rule(
            etree.XPath(everywhere, namespaces=_PREFIXES),
            frozenset(_OID.findall(context)) if "contains(" not in context else frozenset(),
            tuple((let.get("name", ""), _xpath(let.get("value", ""))) for let in rule.iterfind(f"{_SCH}let")),
            tuple(self._asserts(rule)),
        )

    def _asserts(self, rule: etree._Element) -> Iterator[_Assert]:
        for child in rule:
            if child.tag == f"{_SCH}extends":
                yield from self._asserts(self._abstract[child.get("rule")])
            elif child.tag == f"{_SCH}assert":
                words = " ".join("".join(map(str, child.itertext())).split())
                text = f"boolean({child.get('test')})"
                sets = {_variable(oid): self._sets[oid] for oid in _VALUE_SET.findall(text)}
                test = _xpath(_VALUE_SET.sub(lambda found: f"${_variable(found.group(1))}", text))
                yield _Assert(child.get("id", "co-templateId"), test, sets, words)


def _xpath(text: str) -> etree.XPath:
    return etree.XPath(text, namespaces=_PREFIXES)


def _variable(oid: str) -> str:
    return f"values_{oid.replace('.', '_')}"


def _plain(found: object) -> str:
    """The text of what a `let` found: an attribute here, the only kind these rules use."""
    assert isinstance(found, list)
    return str(found[0]) if found else ""


def _alternatives(context: str) -> Iterator[str]:
    """The parts of a union, split where no bracket or quotation mark is open."""
    depth, quote, start = 0, "", 0
    for place, sign in enumerate(context):
        if quote:
            quote = "" if sign == quote else quote
        elif sign in "'\"":
            quote = sign
        elif sign in "[(":
            depth += 1
        elif sign in "])":
            depth -= 1
        elif sign == "|" and not depth:
            yield context[start:place]
            start = place + 1
    yield context[start:]
