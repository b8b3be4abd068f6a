"""Requests that name an encoding no text is in get an answer, whatever address they are for."""

from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIRequest

from chartpost.kernel import charsets

BODY = b'--x\r\nContent-Disposition: form-data; name="client_id"\r\n\r\nab\xff\r\n--x--\r\n'


def reading(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Reads address and form as Django does."""
    request = WSGIRequest(environ)
    assert request.GET["x"].startswith("A")
    assert not request.POST or request.POST["client_id"].startswith("ab")
    start_response("200 OK", [])
    return [b"read"]


def answered(content_type: str) -> tuple[int, bytes]:
    """The answer to a request with this Content-Type and a letter in its address that is decoded."""
    statuses: list[int] = []
    environ: dict[str, Any] = {"REQUEST_METHOD": "POST", "PATH_INFO": "/", "QUERY_STRING": "x=%41%FF"}
    environ |= {"CONTENT_TYPE": content_type, "CONTENT_LENGTH": str(len(BODY)), "wsgi.input": BytesIO(BODY)}
    answer = charsets.checked(reading)(environ, lambda status, *_: statuses.append(int(status[:3])))
    return statuses[0], b"".join(answer)


@pytest.mark.parametrize(("path", "query"), [("/people/\0/", ""), ("/activity/", "before=%00"), ("/", "x=A&%00=")])
def test_an_address_with_a_letter_no_database_takes_is_refused(path: str, query: str) -> None:
    said: list[str] = []
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": path, "QUERY_STRING": query}
    body = b"".join(charsets.checked(reading)(environ, lambda status, *_: said.append(status)))
    assert (said, b"U+0000" in body) == (["400 Bad Request"], True)
    assert charsets.checked(lambda *_: [b"own"], telling="/")(environ, said.append) == [b"own"]


ODD = (
    "zlib_codec",
    "base64",
    "idna",
    "punycode",
    "undefined",
    "unicode_escape",
    "utf-16",
    "utf-7",
    "nothing",
    "a\x00b",
)


@pytest.mark.parametrize("charset", [*ODD, '"zlib_codec"', "ZLIB"])
def test_an_encoding_that_is_not_read_is_told_so(charset: str) -> None:
    for content_type in (f"multipart/form-data; boundary=x; charset={charset}", f"text/plain; Charset={charset}"):
        status, said = answered(content_type)
        assert (status, b"Expected: UTF-8" in said) == (415, True)
    assert answered("multipart/form-data; boundary=x; charset*=utf-8''zlib_codec")[0] == 415


@pytest.mark.parametrize("charset", ["utf-8", "UTF8", "us-ascii", "ISO-8859-1", "windows-1252", "", '""'])
def test_an_encoding_that_is_read_fails_nowhere(charset: str) -> None:
    assert answered(f"multipart/form-data; boundary=x; charset={charset}") == (200, b"read")
    assert answered(f"text/plain; charset={charset}") == (200, b"read")


def test_a_type_without_encoding_is_read() -> None:
    for content_type in ("", "application/json", "application/fhir+json; fhirVersion=4.0", "x"):
        assert answered(content_type) == (200, b"read")
