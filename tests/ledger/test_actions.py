"""The words for actions: every action of the program has them, in both languages."""

import ast
from pathlib import Path

from babel.messages import pofile

import chartpost.ledger
from chartpost.kernel.ids import new_id
from chartpost.ledger import actions
from chartpost.rights import states

ROOM = Path(chartpost.ledger.__file__).parent
PACKAGE = ROOM.parent


def used() -> set[str]:
    """Dotted constants given as the action of an event anywhere in the program."""
    found: set[str] = set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and _name(node.func) in {"event", "Event", "note"}:
                given = [*node.args, *(k.value for k in node.keywords if k.arg == "action")]
                found |= {
                    arg.value
                    for arg in given
                    if isinstance(arg, ast.Constant) and isinstance(arg.value, str) and _dotted(arg.value)
                }
    return found


def _name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _dotted(text: str) -> bool:
    return "." in text and text.replace(".", "").replace("_", "").isalpha() and text.islower()


def test_every_action_of_the_program_has_words() -> None:
    found = used()
    assert "person.merge" in found
    found |= {f"request.{row.event}" for row in states.TABLE}
    assert found - set(actions.WORDS) == set()


def test_every_word_has_its_spanish() -> None:
    with (ROOM / "locale" / "es" / "LC_MESSAGES" / "django.po").open("rb") as file:
        spanish = {m.id: m.string for m in pofile.read_po(file, locale="es") if m.id}
    english = {str(word) for table in (actions.WORDS, actions.ROLES, actions.WHY) for word in table.values()}
    assert english == set(spanish)
    assert all(spanish.values())


def test_purposes_keep_the_number_of_the_request() -> None:
    assert actions.purpose("R-2026-00007") == "To answer a request for records (R-2026-00007)"
    assert actions.purpose("own access") == "To see their own record"
    assert actions.purpose("") == ""


def test_a_purpose_that_names_a_request_by_its_reference_reads_as_words() -> None:
    assert actions.purpose(f"request {new_id()}") == "To answer a request for records"
