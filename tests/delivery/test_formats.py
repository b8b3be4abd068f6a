"""FHIR, C-CDA, original documents and README.txt of a package."""

import hashlib
import io
import zipfile
from datetime import date

import pytest
from lxml import etree

from chartpost.formats.ccda.selfcheck import check_document
from chartpost.formats.fhirjson.canonical import parse
from chartpost.formats.fhirjson.terms import Label
from chartpost.formats.fhirjson.validate import validate
from chartpost.identity.types import SYSTEM, RowFilter
from chartpost.records import documents
from chartpost.records import queries as records
from chartpost.records import services as record_services
from chartpost.records.types import Selection
from tests.delivery import support
from tests.support import world as worlds

pytestmark = pytest.mark.django_db

TEXT = "The left knee is fine.\r\n\r\nCome back when it hurts: n\u00e9v\u00e9r mind."


def test_the_bundle_is_valid_and_holds_the_stored_bytes() -> None:
    world = worlds.build("gordon-pruitt")
    package = support.make(world, "gordon-pruitt", "fhir")
    data = support.data(package, ".fhir.json")
    bundle = parse(data)
    assert validate("Bundle", bundle) == []
    stored = list(records.select(world.people["gordon-pruitt"].id, Selection(), RowFilter()))
    assert len(stored) > 200
    assert all(s.body in data for s in stored), "the bytes go out as they are kept"
    assert [e["resource"]["id"] for e in bundle["entry"]][: len(stored)] == [s.id for s in stored]
    kinds = {e["resource"]["resourceType"] for e in bundle["entry"]}
    assert {"Practitioner", "Organization"} <= kinds, "people and places named are there too"
    with zipfile.ZipFile(io.BytesIO(support.data(package, ".zip"))) as archive:
        assert archive.testzip() is None
        lines = {n: archive.read(n).splitlines() for n in archive.namelist()}
    assert sum(map(len, lines.values())) == len(bundle["entry"])
    for name, found in lines.items():
        for line in found:
            assert validate(name.removesuffix(".ndjson"), parse(line)) == []


def test_a_filed_text_is_readable_in_pdf_and_ccda_and_goes_out_as_it_came() -> None:
    world = worlds.build("edith-marsh")
    person = world.people["edith-marsh"]
    source = record_services.source_id("scan", "Scanned")
    day = date(2024, 5, 6)
    documents.file_document(person.id, "Knee letter", "text/plain", TEXT.encode(), day, Label.NONE, source, SYSTEM)
    package = support.make(world, "edith-marsh", "pdf", "ccda", "fhir")
    pdf = support.words(support.data(package, ".pdf"))
    assert "The left knee is fine. Come back when it hurts: név" in pdf
    assert "as the file document-01.txt" in pdf
    ccda = support.data(package, ".ccda.xml")
    assert check_document(ccda) == []
    assert "The left knee is fine." in "".join(map(str, etree.fromstring(ccda).itertext()))
    assert support.data(package, "document-01.txt") == TEXT.encode()


def test_the_readme_names_every_file_with_its_hash_in_both_languages() -> None:
    world = worlds.build("edith-marsh")
    english = support.make(world, "edith-marsh", "pdf", "fhir")
    text = support.data(english, "README.txt").decode()
    assert "To read and to print." in text
    for part in english.parts:
        data = support.data(english, part.name)
        assert hashlib.sha256(data).hexdigest() == part.sha256
        assert (part.sha256 in text and part.name in text) == (part.format != "about")
    spanish = support.data(support.make(world, "edith-marsh", "pdf", language="es"), "README.txt").decode()
    assert "Para leer e imprimir." in spanish
    assert "To read" not in spanish


@pytest.mark.parametrize("who", ["gordon-pruitt", "edith-marsh", "samuel-whitaker"])
def test_the_ccda_is_sound(who: str) -> None:
    data = support.data(support.make(worlds.build(who), who, "ccda"), ".ccda.xml")
    assert check_document(data) == []
