"""The log: one JSON line an event, no query strings, no text of exceptions."""

import io
import json
import logging
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from chartpost.kernel import logs


@pytest.fixture
def stream(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """Everything logged inside the test."""
    out = io.StringIO()
    root = logging.getLogger()
    before = root.handlers, root.level
    monkeypatch.setattr(sys, "stderr", out)
    monkeypatch.setitem(logs._PART, "name", "test")
    logs.configure()
    yield out
    root.handlers, root.level = before


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_says_when_where_and_what(stream: io.StringIO) -> None:
    logging.getLogger("chartpost.records").warning("stored %d rows", 3)
    (line,) = lines(stream)
    assert line.items() >= {"level": "warning", "logger": "chartpost.records", "part": "test"}.items()
    assert line["message"] == "stored 3 rows"
    assert line["at"].endswith("+00:00")


def test_a_line_break_in_a_message_stays_in_one_line(stream: io.StringIO) -> None:
    logging.getLogger("x").warning('a\n{"forged": 1}')
    assert len(lines(stream)) == 1


@pytest.mark.parametrize(
    "text",
    [
        "GET /fhir/Patient?name=Zebulon&birthdate=1970 200",
        "Not Found: /fhir/Patient?name=Zebulon",
        '"https://office.example/desk/?q=Zebulon" failed',
    ],
)
def test_query_strings_are_cut(stream: io.StringIO, text: str) -> None:
    logging.getLogger("x").warning(text)
    assert "Zebulon" not in stream.getvalue()
    assert "?…" in lines(stream)[0]["message"]


def test_an_ordinary_question_is_kept(stream: io.StringIO) -> None:
    logging.getLogger("x").warning("really? yes")
    assert lines(stream)[0]["message"] == "really? yes"


def test_an_exception_shows_its_kind_and_place_not_its_text(stream: io.StringIO) -> None:
    try:
        int("Zebulon was born in 1970")
    except ValueError:
        logging.getLogger("x").exception("import failed")
    (line,) = lines(stream)
    assert line["error"] == "ValueError"
    assert "test_logs.py" in line["where"][-1]
    assert "Zebulon" not in stream.getvalue()


@pytest.mark.django_db
def test_a_page_that_is_not_there_logs_no_query(stream: io.StringIO) -> None:
    assert Client().get("/none/", {"name": "Zebulon"}, secure=True).status_code == 404
    assert "Zebulon" not in stream.getvalue()


def test_the_supervisor_writes_the_same_lines(capsys: pytest.CaptureFixture[str]) -> None:
    logs.log_line("supervisor", "info", "web started")
    line = json.loads(capsys.readouterr().err)
    assert line.items() >= {"part": "supervisor", "level": "info", "message": "web started"}.items()
