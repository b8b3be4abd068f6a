"""The escapes of search values: `\\,` `\\|` `\\$` `\\\\` (https://hl7.org/fhir/R4/search.html#escaping)."""

import re

_ESCAPE = re.compile(r"\\([,|$\\])")


def split(text: str, separator: str) -> list[str]:
    """Text split at a separator where it is not escaped; the parts keep their escapes."""
    if separator not in text:
        return [text]
    if "\\" not in text:
        return text.split(separator)
    parts = [""]
    escaped = False
    for character in text:
        if character == separator and not escaped:
            parts.append("")
            continue
        escaped = character == "\\" and not escaped
        parts[-1] += character
    return parts


def plain(text: str) -> str:
    """Text without its escapes."""
    return _ESCAPE.sub(r"\1", text) if "\\" in text else text
