"""A web page that stands alone: it runs nothing, loads nothing, and sends nothing anywhere."""

import base64
from hashlib import sha256
from html import escape
from pathlib import Path

STYLE = Path(__file__).resolve().parent / "page.css"


def whole(title: str, language: str, body: str) -> str:
    """The page around `body` (safe HTML); pictures may stand in it as `data:` addresses, and nothing else."""
    style = STYLE.read_text(encoding="utf-8")
    allowed = base64.b64encode(sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{allowed}'; img-src data:; base-uri 'none'; form-action 'none'"
    return (
        f'<!DOCTYPE html>\n<html lang="{escape(language, quote=True)}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n<meta name="robots" content="noindex">\n'
        f"<title>{escape(title)}</title>\n<style>{style}</style>\n</head>\n<body>\n{body}\n</body>\n</html>\n"
    )
