"""Runs axe-core on a page: WCAG 2.2 A and AA."""

from pathlib import Path
from typing import Any

from playwright.sync_api import Page

_SOURCE = Path(__file__).resolve().parents[2] / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


def violations(page: Page) -> list[str]:
    """What axe finds, one line each: rule, how often, where first."""
    page.evaluate(_SOURCE.read_text(encoding="utf-8"))
    found: dict[str, Any] = page.evaluate(f"axe.run(document, {{runOnly: {{type: 'tag', values: {_TAGS}}}}})")
    return [f"{v['id']} ({len(v['nodes'])}x): {v['help']} at {v['nodes'][0]['target'][0]}" for v in found["violations"]]
