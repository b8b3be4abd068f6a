"""Other people's C-CDA documents, where they are present."""

import zipfile
from functools import cache
from pathlib import Path

from tests.support.shared import shared_data

from chartpost.formats.ccda.intake import Converted, convert

BROKEN = "onc-negative__NT_BadXml_r11_v2.xml"


@cache
def documents() -> dict[str, bytes]:
    """File name -> bytes of every C-CDA document, those inside of XDM packages included; empty without the files."""
    folder = shared_data()
    found: dict[str, bytes] = {}
    for path in sorted((folder / "ccda").iterdir()) if folder and (folder / "ccda").is_dir() else ():
        if path.suffix in (".xml", ".ccd"):
            found[path.name] = path.read_bytes()
        elif path.suffix == ".ZIP":
            found |= _packed(path)
    return found


def _packed(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        held = {name: archive.read(name) for name in archive.namelist() if name.lower().endswith(".xml")}
    return {f"{path.name} {name.rpartition('/')[2]}": d for name, d in held.items() if b"<ClinicalDocument" in d[:9000]}


def whole() -> list[str]:
    """Names of the documents that are XML."""
    return [name for name in documents() if name != BROKEN]


@cache
def converted(name: str) -> Converted:
    """What is made of a document."""
    return convert(documents()[name])
