"""docs/fhir-conformance.md, written from the rows: `python -m tests.interop.checklist.page` writes it anew."""

from itertools import groupby
from pathlib import Path

from tests.interop.checklist.all import ROWS
from tests.interop.checklist.rows import Row

PAGE = Path(__file__).resolve().parents[3] / "docs" / "fhir-conformance.md"
HEAD = """# FHIR conformance

What the certification test kit for 45 CFR 170.315(g)(10) asks of a server (US Core 6.1.0, SMART App Launch 2.2, Bulk
Data 2.0), and how Chartpost is held to it. Each row is a check in `tests/interop/checklist/`; the suite starts a demo
office in processes of its own, asks it over TLS as an app would, and fails when a row does not hold. *pass* therefore
means: holds in this version. Values for searches are picked from what the server itself returns, and every result is
compared with the whole record. A row marked *inspected* is one that a person attests; it says where to look.

The kit itself (ONC Certification (g)(10) Standardized API Test Kit 8.0.0, Inferno core 1.1.0) was run by hand against
`chartpost demo` on 2026-11-22. With SMART 2.2, US Core 6.1.0 and Bulk Data 2.0, over ten of the demo's people, 642 of
its 654 tests passed, it left out 10 itself, and 2 failed that look with one person's token for ten people's entries.
With SMART 2.0 and Bulk 1.0.1 all 267 passed. A stand-in for its validator took every resource for valid (the HL7
validator is run by the suite), no terminology server was there, and its attestations were not gone through.

Beside these rows, programs of other people read this server in the suite: the SMART JS client in Chromium, fhirclient,
fhirpy and smart-fetch, and the HL7 validator checks what the server emits (`tests/interop/`).

This page is made by `python -m tests.interop.checklist.page`; a test fails when it is out of date.
"""


def page() -> str:
    """The page as it should be."""
    parts = [HEAD]
    rows = sorted(ROWS, key=lambda row: [int(number) for number in row.section.split()[0].split(".")])
    counts = {name: sum(row.strength == name for row in rows) for name in ("SHALL", "SHOULD", "attested")}
    parts.append(
        f"{len(rows)} rows: {counts['SHALL']} SHALL, {counts['SHOULD']} SHOULD, {counts['attested']} attested.\n"
    )
    for section, found in groupby(rows, key=lambda row: row.section):
        parts.append(f"## {section}\n\n| requirement | kind | test | result |\n| --- | --- | --- | --- |")
        parts.append("\n".join(_line(row) for row in found) + "\n")
    return "\n".join(parts)


def _line(row: Row) -> str:
    words = row.words.replace("|", "\\|")
    if row.check is None:
        return f"| {words} | {row.strength} | | inspected: {row.where} |"
    return f"| {words} | {row.strength} | `{row.id}` | pass |"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
