"""Documentation that code can contradict is rendered from code: fail when it is out of step, or write it (--write)."""

import os
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def main() -> int:
    """Compare each rendered page with its file; returns 1 when one differs."""
    os.environ["CHARTPOST_HOME"] = tempfile.mkdtemp()
    os.environ["DJANGO_SETTINGS_MODULE"] = "chartpost.settings"
    import django

    django.setup()
    stale = []
    for name, text in pages().items():
        file = ROOT / "docs" / name
        if "--write" in sys.argv:
            file.write_text(text, encoding="utf-8")
        elif not file.exists() or file.read_text(encoding="utf-8") != text:
            stale.append(f"docs/{name} is out of step with the code: run scripts/check_docs.py --write")
    print("\n".join(stale))
    return 1 if stale else 0


def pages() -> dict[str, str]:
    """File name -> text of every rendered page."""
    from chartpost.kernel import config
    from chartpost.law import document
    from chartpost.rights import states

    return {
        "settings.md": settings_page(config.SETTINGS),
        "states.md": states.as_markdown(),
        "rules.md": document.render(),
    }


def settings_page(rows: tuple["object", ...]) -> str:
    """The table of settings."""
    lines = [
        "# Settings",
        "",
        "Chartpost is set by environment variables. Each is checked at start; a wrong one stops the start with a line that says",
        "what was seen and what was expected. A secret may come from a file named by the same name with `_FILE` added.",
        "",
        "| Setting | Default | Kind | Meaning |",
        "| --- | --- | --- | --- |",
    ]
    lines += [
        f"| `CHARTPOST_{r.name}` | {f'`{r.default}`' if r.default else 'empty'} | {r.kind.replace('|', ', ')} | {r.meaning} |"
        for r in rows
    ]  # type: ignore[attr-defined]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
