"""Which FHIRPath an office's own search parameter may use: what the parameters of R4 use, and nothing that multiplies.

Paths, conditions and alternatives cost as much as the resource is long. Functions that make values anew (`select`,
`combine`, `aggregate`, `replace`, `&` ...) can double them with every word, and ways back to the whole resource
(`%resource`) visit it once for each of its parts; an expression with them could run for years
(https://hl7.org/fhir/R4/searchparameter.html, https://hl7.org/fhirpath/N1/).
"""

import re

FUNCTIONS = frozenset(
    {"where", "exists", "empty", "not", "first", "last", "single", "hasValue", "extension", "ofType", "as", "is"}
    | {"count", "startsWith", "endsWith", "contains", "lower", "upper", "all"}
)
"""Functions whose cost is that of walking what they are given."""
DEEPEST = 5
LONGEST = 1_000
MOST_ALTERNATIVES = 20
_TOKEN = re.compile(
    r"""\s+|'(?:[^'\\]|\\.)*'|\$this\b|@?\d[\d.T:+-]*|(?P<name>[A-Za-z_]\w*)(?P<call>\s*\()?"""
    r"""|(?P<open>\()|(?P<close>\))|(?P<or>\|)|!=|!~|<=|>=|[.,=~<>\[\]]""",
    re.ASCII,
)


def alternatives(expression: str) -> list[str]:
    """The parts between `|`, each to be evaluated alone; empty when the expression is not taken.

    `|` stands between whole paths only, and parentheses at most `DEEPEST` deep.
    """
    parts, depth, at, begun = [], 0, 0, 0
    if len(expression) > LONGEST:
        return []
    while at < len(expression):
        found = _TOKEN.match(expression, at)
        if found is None or (found["call"] and found["name"] not in FUNCTIONS) or (found["or"] and depth):
            return []
        depth += bool(found["call"] or found["open"]) - bool(found["close"])
        if not 0 <= depth <= DEEPEST:
            return []
        if found["or"]:
            parts.append(expression[begun:at].strip())
            begun = found.end()
        at = found.end()
    parts.append(expression[begun:].strip())
    return parts if depth == 0 and all(parts) and len(parts) <= MOST_ALTERNATIVES else []
