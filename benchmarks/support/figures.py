"""What a measure says at its end: a table for the reader, one JSON line per figure for benchmarks/RESULTS.md."""

import json
from collections.abc import Sequence
from typing import Any


def figure(name: str, ratio: float, goal: float | None, detail: str, at_most: bool = False) -> dict[str, Any]:
    """One figure; `ratio` is kept to three digits."""
    found: dict[str, Any] = {"name": name, "ratio": float(f"{ratio:.3g}"), "goal": goal, "detail": detail}
    return {**found, "at_most": True} if at_most else found


def say(figures: Sequence[dict[str, Any]]) -> int:
    """Print the figures; 1 when one misses its goal, else 0."""
    for one in figures:
        print(json.dumps(one), flush=True)
    return 0 if all(map(met, figures)) else 1


def met(one: dict[str, Any]) -> bool:
    """Whether a figure reaches its goal."""
    goal = one["goal"]
    return goal is None or (one["ratio"] <= goal if one.get("at_most") else one["ratio"] >= goal)


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print rows in columns."""
    text = [[str(cell) for cell in row] for row in (head, *rows)]
    widths = [max(map(len, column)) for column in zip(*text, strict=True)]
    for row in text:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip(), flush=True)
