"""XDM packages taken in: their documents are filed, what surrounds them is not, and a damaged one is refused whole."""

from datetime import date
from io import BytesIO

import pytest

from chartpost.identity.types import SYSTEM
from chartpost.records import models
from chartpost.records.ingest import ImportReport, import_stream
from tests.formats.ccda.builders import ccd, lab
from tests.formats.xdm.support import files, package, paper, zipped
from tests.records.builders import person
from tests.support.shared import shared_data

pytestmark = pytest.mark.django_db
DATA = shared_data()
ABOUT = {"given": "Ana María", "family": "Núñez & Sons", "birth_date": date(1980, 2, 29)}
"""Whom the documents of the builders are about."""


def take(stream: BytesIO) -> ImportReport:
    """Take a package in, said to be about a person who is known."""
    return import_stream(stream, "records.zip", SYSTEM, person_ref=person([], **ABOUT).ref)


def record() -> bytes:
    return package(paper(data=ccd(lab())))


def test_the_documents_are_filed_and_nothing_else() -> None:
    report = take(BytesIO(record()))
    assert (report.refused, report.skipped) == ([], [])
    (file,) = models.ImportFile.objects.all()
    assert (file.kind, file.state) == ("ccda", "done")
    assert models.Document.objects.count() == 1


def test_a_wrapping_folder_and_any_case_are_taken() -> None:
    inside = {f"Export/{name.lower()}": data for name, data in files(record()).items()}
    assert take(zipped(inside)).refused == []
    assert models.Document.objects.count() == 1


def test_a_changed_document_is_refused_and_nothing_is_filed() -> None:
    name = "IHE_XDM/SUBSET01/DOC00001.XML"
    inside = files(record())
    report = take(zipped({**inside, name: inside[name].replace(b"Potassium", b"potassium")}))
    ((where, why),) = report.refused
    assert where == "records.zip"
    assert "hash" in why
    assert models.ImportFile.objects.count() == models.Document.objects.count() == 0


@pytest.mark.shared_data
@pytest.mark.skipif(DATA is None, reason="no sample files")
def test_the_sample_of_onc_is_taken_in() -> None:
    assert DATA
    report = take(BytesIO((DATA / "ccda" / "onc-xdm__XDM_LIM.ZIP").read_bytes()))
    assert report.refused == []
    assert models.ImportFile.objects.get().kind == "ccda"
