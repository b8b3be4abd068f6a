"""Renders each sealed page once per language and keeps its bytes.

The templates are Django's, without request, database or context processors: whatever is on such a page is known when
the program starts. All words are in the page; the scripts only choose among them and fill in numbers and names.
"""

from functools import lru_cache
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.template import Context, Engine
from django.utils import translation
from django.utils.translation.trans_real import parse_accept_lang_header

from chartpost.gateways.sealed import assets
from chartpost.kernel.config import config

_TEMPLATES = Path(__file__).resolve().parent / "templates"


@lru_cache(maxsize=1)
def _engine() -> Engine:
    return Engine(dirs=[str(_TEMPLATES)], builtins=["django.templatetags.i18n"], autoescape=True)


def language(asked: str, accepted: str) -> str:
    """The language of a page: the one asked for, else the first of Accept-Language we have, else English."""
    known = dict(settings.LANGUAGES)
    if asked in known:
        return asked
    for wanted, _ in parse_accept_lang_header(accepted.lower()):
        if wanted.partition("-")[0] in known:
            return wanted.partition("-")[0]
    return str(settings.LANGUAGE_CODE)


@lru_cache(maxsize=1)
def icon() -> bytes:
    """The lock shown on the browser's tab."""
    return (_TEMPLATES / "sealed" / "icon.svg").read_bytes()


@lru_cache(maxsize=32)
def page(name: str, spoken: str) -> bytes:
    """The bytes of a page in a language; raises NotBuiltError when the frontend was not built."""
    files = {path.rpartition("/")[2].replace(".", "_"): path for path in assets.NEEDED}
    linked = {key: {"address": assets.address(p), "integrity": assets.integrity()[p]} for key, p in files.items()}
    values = {"files": linked, "other": "en" if spoken == "es" else "es", "portal": _portal()}
    with translation.override(spoken):
        text = _engine().get_template(f"sealed/{name}.html").render(Context(values))
    return text.encode()


def _portal() -> str:
    """Where the portal is, when that is another origin than these pages'; else empty."""
    ours = urlsplit(config().base_url)
    theirs = urlsplit(config().share_origin or config().base_url)
    return "" if ours.netloc == theirs.netloc else f"{ours.scheme}://{ours.netloc}"
