"""Staff see what was taken from a clinical document, and what was not."""

import io

import pytest
from django.urls import reverse

from chartpost.identity.types import SYSTEM, RowFilter
from chartpost.records import queries as records
from chartpost.records.ingest import import_stream
from tests.desk.conftest import World
from tests.formats.ccda_intake.papers import PROBLEMS, code, paper, problem, section

pytestmark = pytest.mark.django_db
UNKNOWN = f'<act classCode="ACT" moodCode="EVN"><templateId root="9.9.9"/>{code("1234")}</act>'


def page(world: World, text: str) -> str:
    """The page of a document that was brought in for the person of the office."""
    born = f'"{world.person.birth_date:%Y%m%d}"'
    for old, new in (("Ada", world.person.given), ("Reyes", world.person.family), ('"19700501"', born)):
        text = text.replace(old, new)
    report = import_stream(io.BytesIO(text.encode()), "summary.xml", SYSTEM, world.person.ref)
    assert report.refused == []
    original = next(one for one in records.timeline(world.person.id, RowFilter()).items if one.document)
    address = reverse("desk:read", args=(world.person.ref, original.stored.rid))
    return str(world.get("clerk", address).content.decode())


def test_a_document_read_whole_needs_no_look(world: World) -> None:
    shown = page(world, paper(section(PROBLEMS, problem())))
    assert "What was taken into the record" in shown
    assert "Nothing needs a look." in shown
    assert "Section 11450-4" in shown


def test_what_was_not_read_is_shown_with_what_was_done(world: World) -> None:
    shown = page(world, paper(section("8648-8", problem(), UNKNOWN)))
    assert "1 thing needs a look." in shown
    assert "9.9.9" in shown
    assert "kept the words of the section in place of the entry" in shown


def test_what_a_document_says_is_text_and_no_markup(world: World) -> None:
    wrong = UNKNOWN.replace("9.9.9", "&lt;b&gt;9&lt;/b&gt;")
    shown = page(world, paper(section("8648-8", wrong)))
    assert "<b>9</b>" not in shown
    assert "&lt;b&gt;9&lt;/b&gt;" in shown


def test_the_office_says_which_parts_come_first(world: World) -> None:
    text = paper(section("11450-4", problem()), section("48768-6", text="<paragraph>Payers here.</paragraph>"))
    usual = page(world, text)
    assert usual.index("Section 11450-4") < usual.index("Section 48768-6")
    chosen = {"part_1": "48768-6", "part_2": "48768-6", "part_3": ""}
    assert world.client("admin").post(reverse("desk:parts"), chosen, secure=True).status_code == 302
    assert "Shown first: Payers." in world.get("admin", reverse("desk:settings")).content.decode()
    moved = page(world, text)
    assert moved.index("Section 48768-6") < moved.index("Section 11450-4")
    assert world.client("admin").post(reverse("desk:parts"), {"part_1": "1-1"}, secure=True).status_code == 422
    world.client("admin").post(reverse("desk:parts"), {}, secure=True)
    assert "in the usual order" in world.get("admin", reverse("desk:settings")).content.decode()
