"""Documents that code can contradict: settings, commands, states, rules, tables, links."""

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest
from django.apps import apps

from chartpost import cli
from chartpost.kernel.config import SETTINGS

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("kernel", "ledger", "identity", "records", "delivery", "shares", "rights", "shl")
PAGES = [ROOT / n for n in ("README.md", "ARCHITECTURE.md", "THREAT_MODEL.md", "CONTRIBUTING.md", "CHANGELOG.md")]


@pytest.fixture(scope="module")
def rendered() -> ModuleType:
    """The script that renders pages from code."""
    spec = importlib.util.spec_from_file_location("check_docs", ROOT / "scripts" / "check_docs.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_rendered_pages_are_in_step(rendered: ModuleType) -> None:
    pages = rendered.pages()
    assert set(pages) == {"settings.md", "commands.md", "states.md", "rules.md"}
    stale = [name for name, text in pages.items() if (ROOT / "docs" / name).read_text(encoding="utf-8") != text]
    assert not stale, f"run scripts/check_docs.py --write: {stale}"


def test_every_setting_is_described() -> None:
    page = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    assert all(f"| `CHARTPOST_{s.name}` |" in page and s.meaning in page for s in SETTINGS)


def test_every_command_is_described() -> None:
    page = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    commands = cli.build_parser()._subparsers
    assert commands
    words = list(commands._group_actions[0].choices or ())
    assert {"up", "web", "worker", "backup", "ledger", "doctor", "import", "demo"} <= set(words)
    assert all(f"## `chartpost {word}`" in page for word in words)


def test_every_table_is_in_the_data_model() -> None:
    page = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    tables = {m._meta.db_table for room in ROOMS for m in apps.get_app_config(room).get_models()}
    described = set(re.findall(r"^\| `([a-z_]+)` \|", page.partition("## Data model")[2], re.M))
    assert tables - described == set()
    assert described - tables == {"kernel_cache", "records_posting", "records_terms", "records_text"}


@pytest.mark.parametrize("page", [*PAGES, *sorted((ROOT / "docs").rglob("*.md"))], ids=lambda p: p.name)
def test_links_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", text):
        if not target.startswith("http"):
            assert (page.parent / target).exists(), target


def test_the_licence_is_whole() -> None:
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "Apache License" in text and "END OF TERMS AND CONDITIONS" in text
