"""Convert C-CDA files with a Python program of somebody else; run with the interpreter that has it.

    python_peer.py PROGRAM ROUNDS OUT FILE...

Prints one JSON line per file: {"file", "ok", "seconds", "error"}; `seconds` is the median CPU time of the rounds, after
one that does not count. Bundles are written to the folder OUT unless it is "-".
"""

import contextlib
import io
import json
import statistics
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

TEMPLATES = {
    "11488-4": "ConsultationNote",
    "18842-5": "DischargeSummary",
    "34117-2": "HistoryandPhysical",
    "11504-8": "OperativeNote",
    "28570-0": "ProcedureNote",
    "11506-3": "ProgressNote",
    "57133-1": "ReferralNote",
    "18761-7": "TransferSummary",
}
"""Document code (LOINC) -> the Liquid template for it; CCD for any other."""


def liquid(keep: bool = False) -> Callable[[str], Any]:
    """python-fhir-converter as its README shows it, text in and text out, with the template for the kind of document.

    The README makes a renderer for each document; `keep` makes one for all.
    """
    from fhir_converter.renderers import CcdaRenderer

    kept = CcdaRenderer() if keep else None

    def convert(text: str) -> Any:
        head = text.partition("recordTarget")[0]
        kind = next((name for code, name in TEMPLATES.items() if f'"{code}"' in head), "CCD")
        return (kept or CcdaRenderer()).render_fhir_string(kind, text)

    return convert


def kept_liquid() -> Callable[[str], Any]:
    """python-fhir-converter with one renderer for all documents."""
    return liquid(keep=True)


def pydantic() -> Callable[[str], Any]:
    """ccda-to-fhir."""
    from ccda_to_fhir import convert_document

    def convert(text: str) -> Any:
        found = convert_document(text)
        return found["bundle"] if isinstance(found, dict) and "bundle" in found else found

    return convert


PROGRAMS = {"python-fhir-converter": liquid, "python-fhir-converter-kept": kept_liquid, "ccda-to-fhir": pydantic}


def main() -> None:
    """Convert each file."""
    program, rounds, out, *files = sys.argv[1:]
    warnings.simplefilter("ignore")
    convert = PROGRAMS[program]()
    for name in files:
        text = Path(name).read_bytes().decode("utf-8-sig", "replace")
        print(json.dumps({"file": name, **one(convert, text, int(rounds), out, Path(name).stem)}), flush=True)


def one(convert: Callable[[str], Any], text: str, rounds: int, out: str, stem: str) -> dict[str, Any]:
    """One file, so many times."""
    took = []
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        for _ in range(rounds + 1):
            began = time.process_time()
            try:
                bundle = convert(text)
            except Exception as error:  # whatever a stranger raises means the file was not read
                return {"ok": False, "seconds": None, "error": f"{type(error).__name__}: {error}"[:200]}
            took.append(time.process_time() - began)
    if out != "-":
        written = bundle if isinstance(bundle, str) else json.dumps(bundle, default=str)
        (Path(out) / f"{stem}.json").write_text(written, encoding="utf-8")
    return {"ok": True, "seconds": statistics.median(took[1:] or took), "error": ""}


if __name__ == "__main__":
    main()
