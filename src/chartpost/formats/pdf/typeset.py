"""Set our own templates as tagged PDF (PDF/UA-1 and PDF/A-2a) with typst."""

import functools
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import orjson

from .errors import RenderError
from .glyphs import printable
from .types import AddressSheet, LetterDocument, ReceiptDocument, RecordDocument

HERE: Final = Path(__file__).resolve().parent
TEMPLATES: Final = HERE / "templates"
FONTS: Final = HERE / "fonts"
NAMES: Final = ("address_sheet", "letter", "receipt", "record")
_NO_DATE: Final = datetime(1970, 1, 1, tzinfo=UTC)


@functools.cache
def _fonts() -> Any:
    """Read the font folder once per process; typst's own fonts stand in where the folder was not built."""
    import typst

    built = FONTS.is_dir() and any(FONTS.glob("*.ttf"))
    return typst.Fonts(
        include_system_fonts=False,
        include_embedded_fonts=not built,
        font_paths=[str(FONTS)] if built else [],
    )


def render(
    template: str,
    data: Mapping[str, object],
    *,
    lang: str = "en",
    created: datetime | None = None,
    holds_files: bool = False,
) -> bytes:
    """Set a template with JSON data and return the PDF.

    `template` is one of `NAMES`; `data` is what the matching document's `to_json` gives; `created` (with an
    offset) goes into the file's metadata. The same input gives the same bytes. Data reaches the template as
    one JSON text, without characters our fonts lack (see `glyphs`), and is never read as markup; templates
    see only their own folder. The result claims ISO 14289-1 (PDF/UA-1) and ISO 19005-2 level A, which typst
    checks; with `holds_files` ISO 19005-3 level A, so that files may be attached. Raises RenderError.
    """
    import typst

    if template not in NAMES:
        raise RenderError(f"there is no template {template!r}; expected one of {', '.join(NAMES)}")
    try:
        pdf = typst.compile(
            str(TEMPLATES / f"{template}.typ"),
            **_given(data, lang),
            pdf_standards=["ua-1", "a-3a" if holds_files else "a-2a"],
            timestamp=(created or _NO_DATE).replace(microsecond=0),
        )
    except typst.TypstError as error:
        raise RenderError(_explain(template, error)) from None
    return bytes(pdf)


def measure(template: str, data: Mapping[str, object], *, lang: str = "en") -> tuple[int, list[tuple[str, int]]]:
    """Lay a template out without writing a PDF: its pages, and each section's title with its page, counted from 1.

    Only for templates that say so themselves (`record`). Raises RenderError.
    """
    import typst

    try:
        found = typst.query(
            str(TEMPLATES / f"{template}.typ"), "<measured>", field="value", one=True, **_given(data, lang)
        )
    except typst.TypstError as error:
        raise RenderError(_explain(template, error)) from None
    told = orjson.loads(found)
    return told["pages"], [(title, page) for title, page in told["titles"]]


def _given(data: Mapping[str, object], lang: str) -> dict[str, Any]:
    """What a template gets, and all it may read."""
    values, boxed = printable({**data}, FONTS)
    return {
        "root": str(TEMPLATES),
        "font_paths": _fonts(),
        "ignore_system_fonts": True,
        "sys_inputs": {"data": orjson.dumps(values).decode(), "lang": lang, "boxed": "yes" if boxed else ""},
        "package_path": str(TEMPLATES / "packages"),
        "package_cache_path": str(TEMPLATES / "packages"),
    }


def _explain(template: str, error: Any) -> str:
    """Name the template's lines only: typst's own message may quote the person's data."""
    lines = (line.strip() for line in str(error.diagnostic).splitlines())
    places = [line.split("─ ", 1)[1] for line in lines if line.startswith("┌─ ")]
    where = f" at {places[0]}" if places else ""
    return f"template {template!r} could not be set{where}; check that the data came from its document's to_json"


def render_record(document: RecordDocument, *, created: datetime | None = None) -> bytes:
    """Set a person's record for reading and printing; see `render`."""
    return render("record", document.to_json(), lang=document.lang, created=created)


def render_letter(document: LetterDocument, *, created: datetime | None = None) -> bytes:
    """Set a letter; see `render`."""
    return render("letter", document.to_json(), lang=document.lang, created=created)


def render_receipt(document: ReceiptDocument, *, created: datetime | None = None) -> bytes:
    """Set a one-page receipt; see `render`."""
    return render("receipt", document.to_json(), lang=document.lang, created=created)


def render_address_sheet(document: AddressSheet, *, created: datetime | None = None) -> bytes:
    """Set a cover sheet for a window envelope; see `render`."""
    return render("address_sheet", document.to_json(), lang=document.lang, created=created)
