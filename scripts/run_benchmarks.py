"""Run the measures in benchmarks/ one after the other and write their figures to benchmarks/RESULTS.md.

A measure prints one JSON line per figure: {"name", "ratio", "goal", "detail"}; a goal is a least ratio, or with
`"at_most": true` a largest one. A figure of a measure that was not run this time is kept as it stands.
"""

import json
import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "RESULTS.md"
PEER = ROOT / ".setup" / "bench-venv" / "bin" / "python"
HEAD = """# Figures

Written by `make bench`. Each figure is a ratio taken in one run on one machine, so that a busy or slow machine slows
both sides. Below the table stand notes written by hand, and the soak figures, which come from `make soak`.

| Measure | Ratio | Goal | Met | Date | Machine | Detail |
| --- | --- | --- | --- | --- | --- | --- |
"""
BELOW = "\n## "
"""How what stands below the table begins; it is kept as it is."""


def main() -> int:
    """Run the named measures, or all; returns 1 when one fails or misses its goal."""
    names = sys.argv[1:] or sorted(p.stem for p in (ROOT / "benchmarks").glob("*.py"))
    rows = _kept()
    failed = []
    for name in names:
        print(f"== {name}", flush=True)
        code, figures = _run(name)
        if code:
            failed.append(name)
        for figure in figures:
            rows[figure["name"]] = _row(figure)
        _write(rows)
    print(f"\nWritten to {RESULTS.relative_to(ROOT)}." + (f" Below the goal: {', '.join(failed)}." if failed else ""))
    return 1 if failed else 0


def _write(rows: dict[str, str]) -> None:
    """Write the table anew; what stands below it stays."""
    below = RESULTS.read_text(encoding="utf-8").partition(BELOW)[2] if RESULTS.exists() else ""
    table = HEAD + "".join(f"{rows[name]}\n" for name in sorted(rows))
    RESULTS.write_text(table + (BELOW + below if below else ""), encoding="utf-8")


def _run(name: str) -> tuple[int, list[dict[str, Any]]]:
    words = [sys.executable, str(ROOT / "benchmarks" / f"{name}.py")]
    if "--weasyprint-python" in Path(words[1]).read_text(encoding="utf-8"):
        words += ["--weasyprint-python", str(PEER)]
    figures = []
    with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            print(line, end="", flush=True)
            if line.startswith('{"name"'):
                figures.append(json.loads(line))
    return process.returncode, figures


def _row(figure: dict[str, Any]) -> str:
    ratio, goal, most = figure["ratio"], figure.get("goal"), figure.get("at_most", False)
    met = "" if goal is None else "yes" if (ratio <= goal if most else ratio >= goal) else "no"
    bound = "" if goal is None else f"at {'most' if most else 'least'} {goal:g}"
    today = datetime.now(UTC).date().isoformat()
    return f"| {figure['name']} | {ratio:g} | {bound} | {met} | {today} | {_machine()} | {_detail(figure)} |"


def _detail(figure: dict[str, Any]) -> str:
    detail = figure.get("detail", "")
    return (detail if isinstance(detail, str) else json.dumps(detail)).replace("|", ",")


def _machine() -> str:
    return f"{os.cpu_count()} x {platform.machine()}, {platform.system()}, Python {platform.python_version()}"


def _kept() -> dict[str, str]:
    if not RESULTS.exists():
        return {}
    lines = RESULTS.read_text(encoding="utf-8").partition(BELOW)[0].splitlines()
    rows = [line for line in lines if line.startswith("| ") and not line.startswith(("| Measure", "| ---"))]
    return {row.split("|")[1].strip(): row for row in rows}


if __name__ == "__main__":
    sys.exit(main())
