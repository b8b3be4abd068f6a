"""Runs axe-core on a page: WCAG 2.2 A and AA."""

from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Page

_SOURCE = Path(__file__).resolve().parents[2] / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
# A colour on its way to another is neither: what moves and ends is brought to its end. To wait for it could be to wait
# for ever, since nothing moves in a tab that is not seen.
_AT_REST = """document.getAnimations()
    .filter(one => one.effect?.getComputedTiming().endTime < 60000)
    .forEach(one => one.finish())"""
# What passed is most of what axe has to say, and takes longer to bring out of the browser than all else here.
_RUN = f"""axe.run(document, {{runOnly: {{type: 'tag', values: {_TAGS}}}}}).then(found => found.violations.map(
    one => ({{id: one.id, help: one.help, count: one.nodes.length, first: one.nodes[0].target[0]}})))"""


def on_every_page(context: BrowserContext) -> None:
    """Load axe with each page from now on: cheaper than bringing it to every page that is looked at."""
    context.add_init_script(path=_SOURCE)


def violations(page: Page) -> list[str]:
    """What axe finds, one line each: rule, how often, where first."""
    page.evaluate(_AT_REST)
    if not page.evaluate("'axe' in window"):
        page.evaluate(_SOURCE.read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = page.evaluate(_RUN)
    return [f"{one['id']} ({one['count']}x): {one['help']} at {one['first']}" for one in found]
