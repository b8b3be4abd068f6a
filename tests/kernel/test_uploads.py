"""Uploads lie on disk without a name, so that a kill leaves nothing readable behind."""

import os

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import RequestFactory

from chartpost.kernel import uploads


def test_a_file_has_no_name_and_all_of_its_bytes() -> None:
    data = {name: os.urandom(size) for name, size in (("a", 3_000_000), ("b", 1), ("c", 0))}
    sent = {name: SimpleUploadedFile(f"{name}.pdf", one, "application/pdf") for name, one in data.items()}
    request = RequestFactory().post("/", sent)
    assert {name: file.read() for name, file in request.FILES.items()} == data
    for name, file in request.FILES.items():
        assert os.fstat(file.fileno()).st_nlink == 0
        assert (file.name, file.size, file.content_type) == (f"{name}.pdf", len(data[name]), "application/pdf")


def test_too_much_is_refused_while_it_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "LIMIT_BYTES", 1_000_000)
    request = RequestFactory().post("/", {"a": SimpleUploadedFile("a.pdf", b"x" * 1_500_000)})
    assert list(request.FILES) == []
    assert getattr(request, "upload_too_large", False)
