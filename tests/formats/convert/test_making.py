"""What is made of a record: FHIR, C-CDA, PDF, a page, an XDM package; never one person's entries in another's paper."""

import io
import json
import uuid

import pytest
from tests.formats.convert import inputs
from tests.formats.convert.inputs import EDITH, bundle, condition, lines, made, one, patient

from chartpost.formats import ccda, xdm
from chartpost.formats.convert import NobodyError
from chartpost.formats.pdf.sandbox import page_text


def test_a_bundle_without_addresses_gets_ones_that_its_references_follow() -> None:
    result = one(lines(*EDITH), "fhir")
    entries = json.loads(result.data)["entry"]
    urls = {entry["resource"]["id"]: entry["fullUrl"] for entry in entries}
    assert entries[1]["resource"]["subject"]["reference"] == urls["p1"]
    assert all(uuid.UUID(url.removeprefix("urn:uuid:")) for url in urls.values())
    assert result.counts == {"AllergyIntolerance": 1, "Condition": 1, "Organization": 1, "Patient": 1}
    assert one(lines(*EDITH), "fhir").data == result.data, "the same input gives the same bytes"


def test_addresses_of_the_source_stay() -> None:
    url = f"urn:uuid:{uuid.UUID(int=7)}"
    about = condition("c1", who=url)
    source = {"resourceType": "Bundle", "type": "collection"}
    entries = [{"fullUrl": url, "resource": patient()}, {"fullUrl": "urn:uuid:" + "0" * 8, "resource": about}]
    found = json.loads(one(json.dumps({**source, "entry": entries}).encode(), "fhir").data)["entry"]
    assert found[1] == entries[1]


def test_ndjson_points_by_type_and_id_and_round_trips() -> None:
    result = one(one(lines(*EDITH), "fhir").data, "fhir", ndjson=True)
    found = [json.loads(line) for line in result.data.splitlines()]
    assert found[1]["subject"]["reference"] == "Patient/p1"
    assert [json.loads(line) for line in lines(*EDITH).splitlines()] == found


def test_numbers_keep_their_digits() -> None:
    value = b'{"value":7.50,"unit":"mg/dL"}'
    body = b'{"resourceType":"Observation","status":"final","code":{"text":"x"},"valueQuantity":' + value + b"}"
    assert value in one(body, "fhir").data


def test_a_ccda_is_sound_and_names_who_keeps_the_record() -> None:
    data = one(bundle(*EDITH), "ccda").data
    assert ccda.check_document(data) == []
    header = ccda.read_header(data)
    assert (str(header.name), header.custodian) == ("Edith Marsh", "Lakeside Family Health")
    assert ccda.read_header(one(bundle(*EDITH), "ccda", custodian="Uptown").data).custodian == "Uptown"
    assert header.document_id == ccda.read_header(one(bundle(*EDITH), "ccda").data).document_id


def test_what_breaks_the_rules_is_not_in_a_ccda_and_said() -> None:
    result = one(bundle(*EDITH, condition("c9", clinicalStatus="x")), "ccda")
    assert [(n.code, n.seen) for n in result.notices] == [("invalid", "Condition/c9")]


def test_what_a_ccda_has_no_section_for_is_counted() -> None:
    claim = {
        "resourceType": "Claim",
        "status": "active",
        "type": {"text": "x"},
        "use": "claim",
        "patient": {"reference": "Patient/p1"},
        "created": "2026-01-02",
        "provider": {"display": "Clinic"},
        "priority": {"text": "normal"},
        "insurance": [{"sequence": 1, "focal": True, "coverage": {"display": "Plan"}}],
    }
    result = one(bundle(*EDITH, {**claim, "id": "x1"}, {**claim, "id": "x2"}), "ccda")
    (notice,) = result.notices
    assert (notice.code, notice.where) == ("no-section", "Claim")
    assert notice.did.endswith("2 Claim")


def test_a_ccda_comes_back_as_fhir_with_its_entries() -> None:
    back = json.loads(one(one(bundle(*EDITH), "ccda").data, "fhir").data)
    by_type = {entry["resource"]["resourceType"]: entry["resource"] for entry in back["entry"]}
    assert by_type["Condition"]["code"]["coding"][0]["code"] == "195967001"
    assert by_type["Patient"]["name"][0]["family"] == "Marsh"


def test_an_xdm_package_carries_the_document_and_opens_again() -> None:
    original = one(bundle(*EDITH), "ccda").data
    package = one(original, "xdm").data
    found = xdm.unpack(io.BytesIO(package))
    (document,) = found.documents
    assert found.read(document) == original, "a C-CDA goes in as it was received"
    assert found.sender == "Lakeside Family Health"
    assert document.patient_id == "MRN-7^^^&2.16.840.1.113883.19.5&ISO"
    assert ccda.read_header(one(package, "ccda").data).name.family == "Marsh"


@pytest.mark.parametrize(("language", "said"), [("en", "Health problems"), ("es", "Problemas de salud")])
def test_pdf_and_page_say_the_same_in_both_languages(language: str, said: str) -> None:
    printed = " ".join(page_text(one(bundle(*EDITH), "pdf", language=language).data))
    page = one(bundle(*EDITH), "html", language=language).data.decode()
    for text in (printed, page):
        assert said in text
        assert "Edith Marsh" in text
        assert "Peanut" in text
        assert "MRN-7" in text
        assert "Lakeside Family Health" in text
        assert "999-12-3456" not in text, "paper does not carry social security numbers"
    assert f'<html lang="{language}">' in page


def test_a_page_runs_and_loads_nothing_whatever_the_record_says() -> None:
    hostile = inputs.note("<script>alert(1)</script><img src=x onerror=alert(1)>")
    page = one(bundle(patient(family="<b>Marsh"), condition("c1"), hostile), "html").data.decode()
    assert "<script" not in page
    assert "<img" not in page
    assert "&lt;script&gt;" in page
    assert "default-src 'none'" in page
    assert "http://" not in page.replace("http-equiv", "")


def test_two_people_are_two_papers_and_neither_holds_the_others_entries() -> None:
    clinic = {"resourceType": "Organization", "id": "o2", "name": "Elm Street Clinic"}
    encounter = {
        "resourceType": "Encounter",
        "id": "e1",
        "status": "finished",
        "class": {"code": "AMB"},
        "subject": {"reference": "Patient/p2"},
        "serviceProvider": {"reference": "Organization/o2"},
    }
    second = condition("c2", who="Patient/p2", code={"text": "Tennis elbow"})
    pages = made(bundle(*EDITH, patient("p2", "Pruitt"), second, encounter, clinic), "html")
    first, other = (result.data.decode() for result in pages)
    assert "Edith Marsh" in first
    assert "Tennis elbow" not in first
    assert "Edith Pruitt" in other
    assert "Asthma" not in other
    assert "Elm Street Clinic" in other, "what their entries name comes along"
    assert [n.code for n in pages[0].notices] == ["about-nobody"], "the other clinic is named by nobody"


def test_an_entry_about_somebody_who_is_not_there_is_left_out_and_said() -> None:
    result = one(bundle(*EDITH, condition("c2", who="Patient/stranger", code={"text": "Tennis elbow"})), "html")
    assert b"Tennis elbow" not in result.data
    assert [n.code for n in result.notices] == ["about-another-person"]


@pytest.mark.parametrize("target", ["ccda", "pdf", "html", "xdm"])
def test_a_record_of_nobody_is_refused(target: str) -> None:
    with pytest.raises(NobodyError, match="no Patient"):
        made(bundle(condition("c1")), target)


def test_the_page_of_a_ccda_shows_its_own_words_and_pictures_nothing_from_elsewhere() -> None:
    original = one(bundle(*EDITH), "ccda").data.replace(b"Asthma", b"Asthma as written")
    page = one(original, "html", language="es").data.decode()
    assert "Asthma as written" in page
    assert "Paciente" in page
    assert "5 de marzo de 1944" in page
    assert 'lang="es"' in page
