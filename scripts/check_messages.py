"""Check that everything a patient reads has Spanish: `check_messages.py [--update]`.

Takes the messages out of Python (by syntax tree, so renamed imports are followed) and out of templates (through
Django's own `templatize`), and compares them with every Spanish catalogue of the package. Exit code 1 when a message a
patient can see has no Spanish, when a catalogue loses a placeholder, or when an entry is stale. `--update` adds what is
missing to the main catalogue, empty, to be filled in by hand, and drops what is stale.
"""

import argparse
import ast
import io
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from babel.messages import pofile
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_python
from django.conf import settings
from django.utils.translation.template import templatize

PACKAGE = Path(__file__).resolve().parents[1] / "src" / "chartpost"
MAIN = PACKAGE / "locale" / "es" / "LC_MESSAGES" / "django.po"
STAFF_ONLY = (
    "desk/",
    "portal/setup/",
    "portal/templates/setup/",
    "portal/templates/base/desk.html",
    "portal/templates/components/gallery.html",
    "portal/templates/components/desk_gallery.html",
)
"""Places only staff see; English is enough there."""

LIBRARY = "library"
"""Extracted comment of entries that reword a library's own messages; they are in no file of ours."""

HEADER = """msgid ""
msgstr ""
"Language: es\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

"""

MODULES = ("django.utils.translation", "chartpost.formats.readable.language")
"""Where marking functions are imported from; pure rooms use the second, which reads the same catalogues."""

CALLS = {
    "gettext": (1,),
    "gettext_lazy": (1,),
    "gettext_noop": (1,),
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
}
"""The marking functions, with the places of their messages as Babel writes them."""

_PLACE = re.compile(r"%\((\w+)\)[sd]|(?<!%)%[sd]|\{(\w*)\}")
Key = tuple[str | None, tuple[str, ...]]


@dataclass
class Found:
    """One message, where it stands, and whether a patient can see it."""

    places: list[str] = field(default_factory=list)
    patient: bool = False


def extract(root: Path = PACKAGE) -> dict[Key, Found]:
    """Every marked message of the package: (context, (singular[, plural])) -> where it was found."""
    if not settings.configured:
        settings.configure()
    found: dict[Key, Found] = {}
    for path in sorted((*root.rglob("*.py"), *root.rglob("templates/**/*.html"), *root.rglob("templates/**/*.txt"))):
        name = path.relative_to(root).as_posix()
        text = path.read_text(encoding="utf-8")
        for key in in_python(text) if path.suffix == ".py" else in_template(text):
            one = found.setdefault(key, Found())
            if name not in one.places:
                one.places.append(name)
            one.patient = one.patient or not name.startswith(STAFF_ONLY)
    return found


def in_python(source: str) -> Iterator[Key]:
    """Messages of a module, by the names it gave to the functions of `MODULES`."""
    tree = ast.parse(source)
    names = {
        alias.asname or alias.name: alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module in MODULES
        for alias in node.names
        if alias.name in CALLS
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names:
            yield from _call(names[node.func.id], node)


def _call(function: str, node: ast.Call) -> Iterator[Key]:
    texts = [a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
    wanted = 1 if function.startswith("get") else 2
    if len(texts) < wanted:
        return
    if function.startswith("p"):
        yield texts[0], (texts[1],)
    else:
        yield None, tuple(texts[:wanted])


def in_template(source: str) -> Iterator[Key]:
    """Messages of a Django template."""
    lines = (line.strip() for line in templatize(source).splitlines())
    code = io.BytesIO("\n".join(lines).encode())
    words = {**CALLS, "_": (1,)}
    found: Iterator[Any] = extract_python(code, words, (), {"encoding": "utf-8"})
    for _line, function, messages, _comments in found:
        parts = [messages] if isinstance(messages, str) else messages
        texts = tuple(part for part in parts if isinstance(part, str))
        if str(function).startswith("p"):
            yield texts[0], texts[1:2]
        elif texts and texts[0]:
            yield None, texts[: 2 if str(function).startswith("n") else 1]


def catalogues(root: Path = PACKAGE) -> dict[Path, Catalog]:
    """Every Spanish catalogue of the package."""
    result = {}
    for path in sorted(root.glob("**/locale/es/LC_MESSAGES/django.po")):
        with path.open("rb") as file:
            result[path] = pofile.read_po(file, locale="es")
    return result


def key_of(message: Message) -> Key:
    """The key of a catalogue's entry."""
    ids = message.id if isinstance(message.id, (tuple, list)) else (message.id,)
    return message.context, tuple(ids)


def strings_of(message: Message) -> tuple[str, ...]:
    """Its translations, one per plural form."""
    return tuple(message.string) if isinstance(message.string, (tuple, list)) else (message.string or "",)


def placeholders(text: str) -> frozenset[str]:
    """The things filled in later: `%(name)s`, `%s`, `{name}`."""
    return frozenset(found[0] for found in _PLACE.finditer(text))


def problems(found: dict[Key, Found], known: dict[Path, Catalog]) -> tuple[list[Key], list[str]]:
    """What a patient would read in English, and what is wrong in the catalogues."""
    done: set[str] = set()
    wrong = []
    ids = {(context, texts[0]) for context, texts in found}
    for path, catalogue in known.items():
        for message in catalogue:
            if not message.id:
                continue
            context, texts = key_of(message)
            where = f"{path.relative_to(PACKAGE)}: {texts[0]!r}"
            if (context, texts[0]) not in ids and LIBRARY not in message.auto_comments:
                wrong.append(f"stale, in no file any more: {where}")
            if message.string and all(strings_of(message)):
                if f"{context}\4{texts[0]}" in done:
                    wrong.append(f"said in an earlier catalogue too: {where}")
                done.add(f"{context}\4{texts[0]}")
                wrong += [f"placeholders differ: {where}" for s in strings_of(message) if not _same(texts, s)]
    missing = [key for key, one in found.items() if one.patient and f"{key[0]}\4{key[1][0]}" not in done]
    return missing, wrong


def _same(ids: tuple[str, ...], translated: str) -> bool:
    return any(placeholders(text) == placeholders(translated) for text in ids)


def update(found: dict[Key, Found], missing: list[Key]) -> None:
    """Add the missing messages to the main catalogue; drop entries that are in no file, or said by a room's own."""
    known = catalogues()
    catalogue = known.pop(MAIN, Catalog(locale="es"))
    rooms = {key_of(m)[::-1] for room in known.values() for m in room if m.id and all(strings_of(m))}
    said = {(texts[0], context) for texts, context in rooms}
    ids = {(texts[0], context) for context, texts in found}
    for message in list(catalogue):
        context, texts = key_of(message)
        gone = (texts[0], context) not in ids and LIBRARY not in message.auto_comments
        if message.id and (gone or (texts[0], context) in said):
            catalogue.delete(texts[0], context)
    for context, texts in missing:
        catalogue.add(texts if len(texts) > 1 else texts[0], context=context)
    for message in catalogue:
        if not message.id:
            continue
        context, texts = key_of(message)
        places = next((f.places for key, f in found.items() if (key[0], key[1][0]) == (context, texts[0])), [])
        message.locations = [(place, 0) for place in places]
    write(catalogue)


def write(catalogue: Catalog) -> None:
    """Write the main catalogue, in the order of its messages, with a header that does not change from run to run."""
    MAIN.parent.mkdir(parents=True, exist_ok=True)
    with MAIN.open("wb") as file:
        file.write(HEADER.encode())
        pofile.write_po(file, catalogue, width=120, sort_output=True, omit_header=True, include_lineno=False)


def main() -> int:
    """Report, and with `--update` write the main catalogue."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--update", action="store_true", help="add missing messages to the main catalogue, empty")
    found = extract()
    missing, wrong = problems(found, catalogues())
    if parser.parse_args().update:
        update(found, missing)
    for key in missing:
        print(f"no Spanish: {key[1][0]!r} ({', '.join(found[key].places)})")
    for line in wrong:
        print(line)
    patient = sum(one.patient for one in found.values())
    print(f"{len(found)} messages, {patient} seen by patients, {len(missing)} without Spanish, {len(wrong)} wrong")
    return 1 if missing or wrong else 0


if __name__ == "__main__":
    sys.exit(main())
