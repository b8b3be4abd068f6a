"""One log stream: JSON lines on standard error, without query strings, bodies or messages of people."""

import json
import logging
import sys
import threading
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

_PART = {"name": "chartpost"}


class JsonLine(logging.Formatter):
    """One JSON object a line: time, level, part, logger, message, and where an error came from.

    The text of an exception is left out because it may hold what a person typed; its type and place stay.
    """

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "part": _PART["name"],
            "logger": record.name,
            "message": scrub(record.getMessage()),
        }
        if record.exc_info and record.exc_info[0]:
            line["error"] = record.exc_info[0].__name__
            line["where"] = _where(record.exc_info[2])
        return json.dumps(line)


def log_line(part: str, level: str, message: str) -> None:
    """Write one line of the stream without the logging machinery (for the supervisor)."""
    at = datetime.now(UTC).isoformat(timespec="milliseconds")
    sys.stderr.write(json.dumps({"at": at, "level": level, "part": part, "message": message}) + "\n")
    sys.stderr.flush()


def scrub(text: str) -> str:
    """Cut query strings out of anything that looks like an address."""
    return " ".join(word.split("?", 1)[0] + "?…" if "?" in word and "/" in word else word for word in text.split(" "))


def configure(_: dict[str, Any] | None = None, part: str | None = None) -> None:
    """Send all logging to standard error as JSON lines (Django calls this with its LOGGING setting)."""
    if part:
        _PART["name"] = part
        sys.excepthook = _log_end
        threading.excepthook = _log_end_of_thread
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLine())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.INFO)
    logging.getLogger("django.request").setLevel(logging.ERROR)
    logging.getLogger("django.request").addFilter(_worth_a_line)
    logging.getLogger("django.security.csrf").setLevel(logging.ERROR)
    for noisy in ("fontTools", "PIL", "botocore", "urllib3", "django_tasks", "django_tasks_db", "pikepdf"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def _worth_a_line(record: logging.LogRecord) -> bool:
    """Whether an error of a request is ours to know: that somebody hung up in the middle of a form is not."""
    return not (record.exc_info and record.exc_info[0] and record.exc_info[0].__name__ == "UnreadablePostError")


def _log_end(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    logging.getLogger("chartpost").critical("ended by an error", exc_info=(kind, error, trace))


def _log_end_of_thread(end: threading.ExceptHookArgs) -> None:
    if end.exc_value is not None and not isinstance(end.exc_value, SystemExit):
        _log_end(end.exc_type, end.exc_value, end.exc_traceback)


def _where(trace: Any) -> list[str]:
    places = []
    while trace is not None:
        code = trace.tb_frame.f_code
        places.append(f"{code.co_filename.rsplit('/', 2)[-1]}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    return places[-8:]
