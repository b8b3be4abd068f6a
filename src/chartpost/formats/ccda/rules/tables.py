"""Reading the rule tables: one template to a block, one rule to a line.

    template ELEMENT ROOT[:EXTENSION]     a block; a root that starts with 22. is short for 2.16.840.1.113883.10.20.22.
    section ROOT[:EXTENSION] CODE         a block for a section: this LOINC code, a title and a text
      PATH 1..1                           how many; the maximum may be *
      PATH = [SYSTEM#]CODE ...            exactly one, and its @code is one of these
      @NAME = VALUE ...                   an attribute that is one of these
      each PATH: PATH 1..1                how many in each of the first
      entries ELEMENT ROOT                at least one such entry, or a nullFlavor and no entry
      sections ROOT ...                   each of these sections once in the body

A path is an XPath without prefixes; `value:CD` is short for a value of that xsi:type, `.[...]` asks the element itself.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from lxml import etree

from chartpost.formats.ccda.xmlnode import NS

_HL7 = "2.16.840.1.113883.10.20."
_SYSTEMS = {
    "LOINC": "2.16.840.1.113883.6.1",
    "SNOMED": "2.16.840.1.113883.6.96",
    "ACTCODE": "2.16.840.1.113883.5.4",
    "ACTCLASS": "2.16.840.1.113883.5.6",
    "CONFIDENTIALITY": "2.16.840.1.113883.5.25",
}
_QUOTED = re.compile(r"('[^']*')")
_NAME = re.compile(r"(?<![\w@:.$-])([A-Za-z][A-Za-z]*)(?![\w:(-])")
_WORDS = {"and", "or"}
_TYPED = re.compile(r"\bvalue:([A-Z]+)\b")
_COUNT = re.compile(r"(.+) (\d)\.\.([\d*])")


@dataclass(frozen=True)
class Rule:
    """One line of a table: its test as XPath, and its words."""

    test: str
    words: str


@dataclass(frozen=True)
class Template:
    """A block: the element it is for, and its rules, apart and all in one test."""

    element: str
    rules: tuple[tuple[etree.XPath, str], ...]
    whole: etree.XPath


@cache
def templates() -> dict[tuple[str, str], Template]:
    """Every template of the tables by root and extension."""
    found: dict[tuple[str, str], Template] = {}
    for name in ("header.txt", "sections.txt", "entries.txt"):
        for head, lines in _blocks(_text(name)):
            key, element, rules = _block(head, lines)
            found[key] = Template(
                element,
                tuple((_compiled(rule.test), rule.words) for rule in rules),
                _compiled(" and ".join(f"({rule.test})" for rule in rules)),
            )
    return found


@cache
def extension_places() -> frozenset[tuple[str, str]]:
    """Where elements of the SDTC extension may stand: the name of the parent and their own."""
    lines = _text("extension.txt").splitlines()
    return frozenset((parent, name) for parent, name in (line.split() for line in lines if _is_rule(line)))


def _text(name: str) -> str:
    return (files(__package__) / name).read_text(encoding="utf-8")


def _is_rule(line: str) -> bool:
    return bool(line.strip()) and not line.startswith("#")


def _blocks(text: str) -> Iterator[tuple[str, list[str]]]:
    head, lines = "", list[str]()
    for line in filter(_is_rule, text.splitlines()):
        if line.startswith(" "):
            lines.append(line.strip())
            continue
        if head:
            yield head, lines
        head, lines = line, []
    if head:
        yield head, lines


def _block(head: str, lines: list[str]) -> tuple[tuple[str, str], str, list[Rule]]:
    kind, *rest = head.split()
    if kind == "section":
        fixed = [f"code = LOINC#{rest[1]}", "title[normalize-space()] 1..1", "text[normalize-space()] 1..1"]
        return _key(rest[0]), "section", [_rule(line) for line in (*fixed, *lines)]
    return _key(rest[1]), rest[0], [_rule(line) for line in lines]


def _key(text: str) -> tuple[str, str]:
    root, _, extension = text.partition(":")
    return (_HL7 + root if root.startswith("22.") else root), extension


def _rule(line: str) -> Rule:
    first, _, rest = line.partition(" ")
    if first == "entries":
        return Rule(_entries(*rest.split()), line)
    if first == "sections":
        return Rule(" and ".join(_section(root) for root in rest.split()), line)
    if first == "each":
        outer, _, inner = rest.partition(": ")
        return Rule(f"not({_path(outer)}[not({_test(inner)})])", line)
    return Rule(_test(line), line)


def _test(line: str) -> str:
    counted = _COUNT.fullmatch(line)
    if counted:
        path, least, most = counted.groups()
        number = f"count({_path(path)})"
        return f"{number} >= {least}" if most == "*" else f"{number} >= {least} and {number} <= {most}"
    path, _, values = line.partition(" = ")
    if path.startswith("@"):
        return " or ".join(f"{path} = '{value}'" for value in values.split())
    codes = " or ".join(map(_code, values.split()))
    return f"count({_path(path)}) = 1 and count({_path(path)}[{codes}]) = 1"


def _code(text: str) -> str:
    system, mark, code = text.rpartition("#")
    return f"(@code = '{code}' and @codeSystem = '{_SYSTEMS[system]}')" if mark else f"@code = '{code}'"


def _entries(element: str, text: str) -> str:
    found = f"v3:entry/v3:{element}[{_template(text)}]"
    return f"(@nullFlavor and not(v3:entry)) or (not(@nullFlavor) and {found})"


def _section(text: str) -> str:
    return f"count(v3:component/v3:structuredBody/v3:component/v3:section[{_template(text)}]) = 1"


def _template(text: str) -> str:
    root, extension = _key(text)
    dated = f" and @extension = '{extension}'" if extension else ""
    return f"v3:templateId[@root = '{root}'{dated}]"


def _path(text: str) -> str:
    plain = _TYPED.sub(r"value[@xsi:type='\1']", text).replace(".[", "self::node()[")
    parts = _QUOTED.split(plain)
    return "".join(part if part.startswith("'") else _NAME.sub(_prefixed, part) for part in parts)


def _prefixed(found: "re.Match[str]") -> str:
    return found.group(1) if found.group(1) in _WORDS else f"v3:{found.group(1)}"


def _compiled(test: str) -> etree.XPath:
    return etree.XPath(f"boolean({test})", namespaces=NS)
