"""Size caps of the house: files 400 lines, functions 50; medians 120 and 12."""

import ast
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FILE_CAP, FUNCTION_CAP = 400, 50
FILE_MEDIAN, FUNCTION_MEDIAN = 120, 12


def main() -> int:
    """Print each break of a cap; returns 1 when there is one."""
    names = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "*.py", "*.ts"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    files = [ROOT / n for n in names.stdout.split() if "/migrations/" not in n and (ROOT / n).exists()]
    problems: list[str] = []
    sizes: list[int] = []
    functions: list[int] = []
    for file in files:
        text = file.read_text(encoding="utf-8")
        lines = text.count("\n")
        sizes.append(lines)
        if lines > FILE_CAP:
            problems.append(f"{file.relative_to(ROOT)} has {lines} lines; at most {FILE_CAP}: split it by noun")
        if file.suffix == ".py":
            for node in _functions(ast.parse(text)):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                functions.append(length)
                if length > FUNCTION_CAP:
                    place = f"{file.relative_to(ROOT)}:{node.lineno}"
                    problems.append(f"{place} {node.name} has {length} lines; at most {FUNCTION_CAP}: name its steps")
    for what, found, cap in (("file", sizes, FILE_MEDIAN), ("function", functions, FUNCTION_MEDIAN)):
        if found and statistics.median(found) > cap:
            problems.append(f"the median {what} has {statistics.median(found):g} lines; at most {cap}")
    print("\n".join(problems))
    return 1 if problems else 0


def _functions(tree: ast.AST) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    return [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]


if __name__ == "__main__":
    sys.exit(main())
