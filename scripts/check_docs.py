"""Documentation that code can contradict is rendered from code: fail when it is out of step, or write it (--write)."""

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

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
    if stale:
        print("\n".join(stale))
    return 1 if stale else 0


def pages() -> dict[str, str]:
    """File name -> text of every rendered page."""
    from chartpost import cli
    from chartpost.kernel import config
    from chartpost.law import document
    from chartpost.rights import states

    return {
        "settings.md": settings_page(config.SETTINGS),
        "commands.md": commands_page(cli.build_parser()),
        "states.md": states.as_markdown(),
        "rules.md": document.render(),
    }


SETTINGS_HEAD = """# Settings

Chartpost is set by environment variables. Each is checked at start. A wrong one, or one that is not in this table,
stops the start with a line that says what was seen and what was expected. Any of them may come from a file instead:
name the file in a variable with `_FILE` added, for example `CHARTPOST_SMTP_URL_FILE=/run/secrets/smtp`.

| Setting | Default | Kind | Meaning |
| --- | --- | --- | --- |
"""


def settings_page(rows: tuple[Any, ...]) -> str:
    """The table of settings."""
    return SETTINGS_HEAD + "".join(_setting(row) for row in rows)


def _setting(row: Any) -> str:
    default = f"`{row.default}`" if row.default else "empty"
    return f"| `CHARTPOST_{row.name}` | {default} | {row.kind.replace('|', ', ')} | {row.meaning} |\n"


COMMANDS_HEAD = """# Commands

One program, `chartpost`. Exit codes: 0 done, 1 something is wrong (the line on standard error says what), 2 the command
or a setting was wrong. `chartpost COMMAND --help` shows the same as this page. Which home a command works on is said by
`CHARTPOST_HOME` (see [settings](settings.md)).
"""


def commands_page(parser: argparse.ArgumentParser) -> str:
    """Every command with its words and options, from the parser itself."""
    return COMMANDS_HEAD + "".join(_commands(parser, "chartpost"))


def _commands(parser: argparse.ArgumentParser, name: str) -> Iterator[str]:
    for action in parser._actions:
        if not isinstance(action, argparse._SubParsersAction):
            continue
        helps = {choice.dest: choice.help for choice in action._choices_actions}
        for word, sub in action.choices.items():
            yield _command(sub, f"{name} {word}", helps.get(word) or "")
            yield from _commands(sub, f"{name} {word}")


def _command(parser: argparse.ArgumentParser, name: str, about: str) -> str:
    lines = [f"\n## `{name}`\n", f"{about[:1].upper()}{about[1:]}.\n"]
    rows = [
        action
        for action in parser._actions
        if not isinstance(action, argparse._HelpAction | argparse._SubParsersAction)
        and action.help is not argparse.SUPPRESS
    ]
    if rows:
        lines += ["| Word | Meaning |", "| --- | --- |"]
        lines += [f"| {_word(action)} | {_meaning(action)} |" for action in rows]
        lines.append("")
    return "\n".join(lines)


def _word(action: argparse.Action) -> str:
    metavar = action.metavar if isinstance(action.metavar, str) else action.dest.upper()
    if not action.option_strings:
        return f"`{metavar}`" + (" (several)" if action.nargs in ("+", "*") else "")
    value = "" if action.nargs == 0 else f" [{metavar}]" if action.nargs == "?" else f" {metavar}"
    return ", ".join(f"`{option}{value}`" for option in action.option_strings)


def _meaning(action: argparse.Action) -> str:
    text = (action.help or "").replace("%(default)s", str(action.default)).replace("|", ", ")
    return f"{text}; required" if action.required and action.option_strings else text


if __name__ == "__main__":
    sys.exit(main())
