"""Time a 30-page record as tagged PDF (PDF/UA-1): Chartpost against WeasyPrint on the same content.

Each run is a new Python process, from start to the file on disk, assembly included; the two take turns, medians count.
    python benchmarks/pdf.py [--weasyprint-python PATH] [--runs N] [--keep FOLDER]
"""

import argparse
import html
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
FONTS = ROOT / "src/chartpost/formats/pdf/fonts"
GOAL = 8.0
PREPARED = "November 21, 2026, 10:22 AM"
OFFICE = ("Lakeside Family Health", "210 Harbor Street, Duluth, MN 55802", "(218) 555-0142")
PERSON = ("María Núñez-O’Brien", "March 3, 1970")
TESTS = ("Glucose", "Sodium", "Potassium", "Chloride", "Carbon dioxide", "Calcium", "Creatinine", "Albumin")
TESTS += ("Bilirubin, total", "Alkaline phosphatase", "Alanine aminotransferase", "Hemoglobin", "Hematocrit")
SENTENCE = (
    "You came in to talk about your blood sugar and blood pressure. We looked at your home readings together. "
    "Your feet and eyes look well. Keep taking your medicines as before and walk for thirty minutes each day. "
)


class Table(NamedTuple):
    """A section with a table."""

    title: str
    columns: tuple[str, ...]
    rows: list[tuple[str, ...]]


def day(number: int) -> str:
    """Some date of the last years."""
    return f"{['Jan', 'Mar', 'May', 'Jul', 'Sep', 'Nov'][number % 6]} {number % 28 + 1}, {2015 + number % 11}"


def tables() -> list[Table]:
    """The same tables for both programs."""
    doses = ("Take 1 tablet by mouth twice a day with food", "Inhale 2 puffs when short of breath")
    return [
        Table("Medicines", ("Medicine", "How to take it", "Started", "Status"),
              [(f"Metformin {n * 5} mg tablet", doses[n % 2], day(n), "Active") for n in range(90)]),
        Table("Problems", ("Problem", "Since", "Status"),
              [(f"Condition number {n} of the list", day(n), "Active") for n in range(60)]),
        Table("Vaccines", ("Vaccine", "Date", "Given by"),
              [("Influenza, seasonal, injectable", day(n), "Lakeside Family Health") for n in range(40)]),
    ]  # fmt: skip


def lab_panels() -> list[Table]:
    """Panels of results: test, value, unit, range, flag, date."""
    columns = ("Test", "Result", "Usual range", "How it compares", "Date")
    return [
        Table(f"Metabolic panel {p}", columns,
              [(test, str(60 + n * 7), "mg/dL", "70 to 120", "high" if n > 8 else "normal", day(p + n))
               for n, test in enumerate(TESTS)])
        for p in range(36)
    ]  # fmt: skip


def notes() -> list[tuple[str, list[str]]]:
    """Visit notes."""
    return [(f"Office visit, {day(n)}", [SENTENCE * 2, SENTENCE]) for n in range(40)]


def ours(out: Path) -> None:
    """Set the record with Chartpost."""
    sys.path.insert(0, str(ROOT / "src"))
    from chartpost.formats.pdf import render_record
    from chartpost.formats.pdf.types import LabGroup, LabResult, Note, Office, Person, RecordDocument, Section

    sections = [Section(t.title, columns=t.columns, rows=tuple(t.rows)) for t in tables()]
    groups = [
        LabGroup(t.title, tuple(LabResult(a, b, c, d, e, f) for a, b, c, d, e, f in t.rows))  # type: ignore[arg-type]
        for t in lab_panels()
    ]
    sections.append(Section("Test results", "labs", labs=tuple(groups)))
    written = tuple(Note(title, tuple(paragraphs)) for title, paragraphs in notes())
    sections.append(Section("Notes", "note", notes=written))
    document = RecordDocument(Person(*PERSON), Office(*OFFICE), PREPARED, sections=tuple(sections))
    out.write_bytes(render_record(document))


CSS = """
@page { size: letter; margin: 0.95in 0.85in 0.85in;
  @top-left { content: "%s · Born %s"; font-size: 8.5pt } @top-right { content: "Printed %s"; font-size: 8.5pt }
  @bottom-left { content: "%s · %s"; font-size: 8.5pt }
  @bottom-right { content: "Page " counter(page) " of " counter(pages); font-size: 8.5pt } }
%s
body { font: 11pt/1.28 "Source Sans 3", sans-serif; color: #1b1b1b; margin: 0 }
h1 { font-size: 25pt; color: #17506b } h2 { font-size: 16pt; color: #17506b; border-bottom: 1pt solid #17506b }
h3 { font-size: 12pt; margin: 15pt 0 6pt; break-after: avoid }
table { width: 100%%; table-layout: fixed; border-collapse: collapse; font-size: 10pt }
thead th { background: #eef3f6; color: #17506b; border: solid #17506b; border-width: 0.8pt 0; text-align: left }
td, th { padding: 1.9pt 6pt; line-height: 1.22; vertical-align: top } td { border-bottom: 0.4pt solid #b9c4cb }
th:first-child { width: 28%% } th:nth-child(2):nth-last-child(3) { width: 40%% }
tr { break-inside: avoid } nav a { color: inherit; text-decoration: none }
nav a::after { content: leader('.') target-counter(attr(href), page) }
"""
FACES = "".join(
    f'@font-face {{ font-family: "Source Sans 3"; font-weight: {weight}; src: url({(FONTS / name).as_uri()}) }}'
    for weight, name in (
        (400, "SourceSans3_400Regular.ttf"), (600, "SourceSans3_600SemiBold.ttf"), (700, "SourceSans3_700Bold.ttf")
    )
)  # fmt: skip
WORDS = {"high": "<b>▲ High</b>", "normal": "In range"}


def html_table(columns: tuple[str, ...], rows: list[list[str]]) -> str:
    """A table with header cells."""
    head = "".join(f'<th scope="col">{html.escape(column)}</th>' for column in columns)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def page_source() -> str:
    """The same record as HTML."""
    parts = [(t.title, html_table(t.columns, [[html.escape(c) for c in row] for row in t.rows])) for t in tables()]
    labs = "".join(
        f"<h3>{html.escape(t.title)}</h3>"
        + html_table(
            t.columns,
            [[html.escape(a), f"{b} {c}", html.escape(d), WORDS[e], f] for a, b, c, d, e, f in t.rows],
        )
        for t in lab_panels()
    )
    written = "".join(
        f"<h3>{html.escape(title)}</h3>" + "".join(f"<p>{html.escape(p)}</p>" for p in paragraphs)
        for title, paragraphs in notes()
    )
    parts += [("Test results", labs), ("Notes", written)]
    contents = "".join(f'<div><a href="#s{n}">{title}</a></div>' for n, (title, _) in enumerate(parts))
    body = "".join(f'<section><h2 id="s{n}">{title}</h2>{text}</section>' for n, (title, text) in enumerate(parts))
    css = CSS % (*PERSON, PREPARED, OFFICE[0], OFFICE[2], FACES)
    return (
        f'<html lang="en"><head><title>Health record – {PERSON[0]}</title><style>{css}</style></head>'
        f"<body><h1>Health record</h1><p><b>{PERSON[0]}</b></p><nav>{contents}</nav>{body}</body></html>"
    )


def theirs(out: Path) -> None:
    """Set the record with WeasyPrint."""
    import weasyprint

    weasyprint.HTML(string=page_source()).write_pdf(out, pdf_variant="pdf/ua-1", pdf_tags=True)


def run(python: str, name: str, out: Path) -> float:
    """Wall time of one new process, in seconds."""
    start = time.perf_counter()
    subprocess.run([python, __file__, "--one", name, "--out", str(out)], check=True)
    return time.perf_counter() - start


def describe(name: str, seconds: float, out: Path) -> None:
    """Print one line."""
    import pikepdf

    with pikepdf.open(out) as pdf, pdf.open_metadata() as meta:
        pages, tagged = len(pdf.pages), "/StructTreeRoot" in pdf.Root and meta.get("pdfuaid:part") == "1"
    label = "PDF/UA-1" if tagged else "NOT TAGGED"
    print(f"{name:<11} {seconds:6.2f} s  {pages} pages  {out.stat().st_size // 1024} KB  {label}")


def compare(python: str, runs: int, folder: Path) -> int:
    """Run both and print the ratio; 0 when the goal is reached."""
    mine, other = folder / "chartpost.pdf", folder / "weasyprint.pdf"
    pairs = [(run(sys.executable, "ours", mine), run(python, "theirs", other)) for _ in range(runs)]
    seconds, peer = (statistics.median(times) for times in zip(*pairs, strict=True))
    ratio = statistics.median(theirs_ / ours_ for ours_, theirs_ in pairs)
    describe("Chartpost", seconds, mine)
    describe("WeasyPrint", peer, other)
    print(f"Chartpost is {ratio:.1f} times as fast (goal: at least {GOAL:.0f})")
    detail = f"Chartpost {seconds:.2f} s, WeasyPrint {peer:.2f} s"
    print(json.dumps({"name": "pdf", "ratio": round(ratio, 1), "goal": GOAL, "detail": detail}))
    return 0 if ratio >= GOAL else 1


def main() -> int:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weasyprint-python", default=sys.executable, help="Python that has weasyprint")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--keep", type=Path, help="folder for the two PDFs")
    parser.add_argument("--one", choices=("ours", "theirs"), help=argparse.SUPPRESS)
    parser.add_argument("--out", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        {"ours": ours, "theirs": theirs}[arguments.one](arguments.out)
        return 0
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        return compare(arguments.weasyprint_python, arguments.runs, folder)


if __name__ == "__main__":
    sys.exit(main())
