"""FHIR, C-CDA, original documents and README.txt of a package."""

import hashlib
import io
import zipfile
from base64 import b64decode
from datetime import date

import pytest
from lxml import etree

from chartpost.formats.ccda import check_document, read_header
from chartpost.formats.fhirjson.canonical import parse
from chartpost.formats.fhirjson.terms import Category, Label
from chartpost.formats.fhirjson.validate import validate
from chartpost.identity.types import SYSTEM, RowFilter
from chartpost.records import documents
from chartpost.records import queries as records
from chartpost.records import services as record_services
from chartpost.records.types import Selection
from tests.delivery import support
from tests.formats.pdf.foreign import plain, saved
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
    with zipfile.ZipFile(io.BytesIO(support.data(package, ".fhir.zip"))) as archive:
        assert archive.testzip() is None
        names = [n for n in archive.namelist() if n.endswith(".ndjson")]
        lines = {n.removeprefix("fhir/"): archive.read(n).splitlines() for n in names}
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


@pytest.mark.parametrize(
    ("name", "code", "ending"),
    [
        ("referral", "57133-1", "referral-note"),
        ("discharge", "18842-5", "discharge-summary"),
        ("transfer", "18761-7", "transfer-summary"),
    ],
)
def test_the_office_can_release_letters_to_another_office(name: str, code: str, ending: str) -> None:
    package = support.make(worlds.build("gordon-pruitt"), "gordon-pruitt", "ccda", name)
    (part,) = [p for p in package.parts if p.format == name]
    assert part.name.startswith(ending)
    data = support.data(package, part.name)
    assert check_document(data) == []
    assert read_header(data).code.code == code


def test_the_originals_go_inside_the_ccda_when_asked_for() -> None:
    world = worlds.build("edith-marsh")
    person = world.people["edith-marsh"]
    source = record_services.source_id("scan", "Scanned")
    scan = saved(plain("Knee"))
    documents.file_document(
        person.id, "Knee scan", "application/pdf", scan, date(2024, 5, 6), Label.NONE, source, SYSTEM
    )
    package = support.make(world, "edith-marsh", "ccda", "ccda_files")
    bare, whole = (support.data(package, p.name) for p in package.parts if p.format in {"ccda", "ccda_files"})
    assert check_document(whole) == []
    (media,) = etree.fromstring(whole).findall(".//{urn:hl7-org:v3}observationMedia")
    value = media.find("{urn:hl7-org:v3}value")
    assert value is not None
    assert value.get("mediaType") == "application/pdf"
    assert b64decode(value.text or "").startswith(b"%PDF-")
    assert b"observationMedia" not in bare


def test_a_ccda_says_what_was_chosen_and_that_something_is_held_back() -> None:
    world = worlds.build("gordon-pruitt")
    chosen = Selection(frozenset({Category.MEDICINES}), date(2020, 1, 1), None)
    package = support.make(world, "gordon-pruitt", "ccda", selection=chosen, withheld=("psychotherapy",))
    words = "".join(map(str, etree.fromstring(support.data(package, ".ccda.xml")).itertext()))
    assert "Medicines · from January 1, 2020" in words
    assert "Some entries are not part of this copy." in words


@pytest.mark.parametrize("language", ["en", "es"])
def test_records_of_a_drug_program_go_out_with_the_notice_of_their_law(language: str) -> None:
    """42 CFR 2.32(a)(2), word for word in every form; no other copy has it."""
    notice = "42 CFR part 2 prohibits unauthorized use or disclosure of these records."
    world = worlds.build("edith-marsh")
    told = support.make(world, "edith-marsh", "pdf", "fhir", language=language)
    assert notice not in support.words(support.data(told, ".pdf"))
    assert notice not in support.data(told, "README.txt").decode()
    label = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "42CFRPart2"}
    support.put(
        world.people["edith-marsh"].id, support.condition("p2", "p", "Opioid use disorder", meta={"security": [label]})
    )
    told = support.make(world, "edith-marsh", "pdf", "fhir", "ccda", language=language)
    said = {"en": "A special law guards parts of this record", "es": "Una ley especial protege partes"}[language]
    for text in (support.words(support.data(told, ".pdf")), support.data(told, "README.txt").decode()):
        assert notice in text
    assert said in support.words(support.data(told, ".pdf"))
    with zipfile.ZipFile(io.BytesIO(support.data(told, ".fhir.zip"))) as archive:
        assert notice in archive.read("README.txt").decode()
    assert notice in support.data(told, ".xml").decode()
