"""Compile the translation catalogues (.po -> .mo) that changed."""

import sys
from pathlib import Path

from babel.messages import mofile, pofile

PACKAGE = Path(__file__).resolve().parents[1] / "src" / "chartpost"


def main() -> int:
    """Write each .mo that is older than its .po; returns 0."""
    for source in PACKAGE.glob("**/locale/*/LC_MESSAGES/*.po"):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
            continue
        with source.open("rb") as file:
            catalogue = pofile.read_po(file, locale=source.parts[-3])
        with target.open("wb") as file:
            mofile.write_mo(file, catalogue)
    return 0


if __name__ == "__main__":
    sys.exit(main())
