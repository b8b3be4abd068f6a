"""A clinical document as one file to keep: whole, in the reader's language, with nothing in it that runs."""

import base64
from hashlib import sha256

from tests.formats.ccda_show.documents import PNG, Markup, document, media, section, unstructured
from tests.journeys.sealed.test_receive_look import HOSTILE_DOCUMENT

from chartpost.formats.ccda.show import page


def test_the_page_holds_header_and_parts_and_needs_nothing_else() -> None:
    made = page(document(section("1-1", "Notes", "<paragraph>words</paragraph>", media("m1", "image/png", PNG))))
    assert made.startswith("<!DOCTYPE html>")
    for words in ("<title>Visit summary</title>", "<dd>Ana Ruiz</dd>", "<dd>1986-04-28</dd>", "2025 to 2026-03-05"):
        assert words in made
    assert "<h2>Notes</h2>" in made
    assert not Markup(made).tags & {"script", "img", "link", "iframe", "object"}
    style = made[made.index("<style>") + 7 : made.index("</style>")]
    assert base64.b64encode(sha256(style.encode()).digest()).decode() in made


def test_it_speaks_the_readers_language_and_marks_that_of_the_document() -> None:
    made = page(document(section("1-1", "Notes")), lang="es")
    assert '<html lang="es">' in made
    assert '<h2 lang="en">Notes</h2>' in made
    assert "<dt>Paciente</dt>" in made
    assert "Esta parte no tiene texto." in made


def test_hostile_documents_and_files_leave_their_words() -> None:
    made = page(HOSTILE_DOCUMENT.encode())
    markup = Markup(made)
    assert not markup.tags & {"script", "img", "iframe", "link"}
    assert not {name for name, _ in markup.attributes if name.startswith("on")}
    assert "evil.example" not in made
    assert "&lt;b&gt;" in page(unstructured("text/plain", "&lt;b&gt;", ""))
    assert "application/pdf" in page(unstructured("application/pdf", "AAAA"))
