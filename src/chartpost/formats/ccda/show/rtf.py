"""The words of an RTF text (Rich Text Format 1.9.1); pictures, fields and looks are left out."""

import re

_TOKEN = re.compile(
    r"\\([a-z]{1,32})(-?\d{1,10})? ?|\\'([0-9a-f]{2})|\\([^a-z])|([{}])|[\r\n]+|(.)", re.IGNORECASE | re.S
)
_SILENT = frozenset(
    {"fonttbl", "colortbl", "stylesheet", "info", "pict", "object", "themedata", "header", "footer", "generator"}
    | {"fldinst", "datastore", "listtable", "listoverridetable", "rsidtbl", "xmlnstbl", "latentstyles", "headerf"}
)
_BREAKS = {"par": "\n", "line": "\n", "row": "\n", "sect": "\n", "page": "\n", "tab": "\t", "cell": "\t"}
_SIGNS = {"emdash": "—", "endash": "–", "bullet": "•", "lquote": "‘", "rquote": "’", "ldblquote": "“", "rdblquote": "”"}
_MOST_OPEN = 500


def text(data: bytes, limit: int = 200_000) -> str:
    """The words of RTF bytes, at most `limit` characters; what is no RTF comes out as it reads."""
    reader = _Reader()
    for token in _TOKEN.finditer(data.decode("cp1252", "replace")):
        reader.take(token)
        if reader.size > limit:
            break
    return "".join(reader.parts)[:limit].strip()


class _Reader:
    """Groups open and close; a group is silent when it holds something else than words."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.size = 0
        self._groups: list[tuple[bool, int]] = []
        self._silent, self._after_unicode, self._skip = False, 1, 0

    def take(self, token: re.Match[str]) -> None:
        word, number, byte, sign, brace, char = token.groups()
        if brace:
            self._group(brace)
        elif word:
            self._word(word.lower(), number)
        elif byte:
            self._say(bytes.fromhex(byte).decode("cp1252", "replace"), counted=True)
        elif sign == "*":
            self._silent = True
        elif sign:
            self._say({"~": "\u00a0", "_": "-", "-": ""}.get(sign, sign if sign in "\\{}" else ""), counted=True)
        elif char:
            self._say(char, counted=True)

    def _group(self, brace: str) -> None:
        if brace == "{" and len(self._groups) < _MOST_OPEN:
            self._groups.append((self._silent, self._after_unicode))
        elif brace == "}" and self._groups:
            self._silent, self._after_unicode = self._groups.pop()

    def _word(self, word: str, number: str | None) -> None:
        if word in _SILENT:
            self._silent = True
        elif word == "uc":
            self._after_unicode = max(0, min(int(number or 1), 8))
        elif word == "u" and number:
            code = int(number) % 0x10000
            self._say("\ufffd" if 0xD800 <= code < 0xE000 else chr(code))
            self._skip = self._after_unicode
        else:
            self._say(_BREAKS.get(word) or _SIGNS.get(word, ""))

    def _say(self, words: str, *, counted: bool = False) -> None:
        if counted and self._skip:
            self._skip -= 1
        elif words and not self._silent:
            self.parts.append(words)
            self.size += len(words)
