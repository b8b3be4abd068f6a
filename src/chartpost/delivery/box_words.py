"""README.txt of a stick or disc: how to open it, in plain words."""

from django.utils import translation
from django.utils.translation import gettext as _


def readme(*, paper: bool) -> bytes:
    """How to open it, in English and in Spanish, with the line ends every editor of plain text shows.

    `paper` says that there is a summary as PDF beside the sealed files.
    """
    texts = []
    for language in ("en", "es"):
        with translation.override(language):
            texts += [*_steps(), *([_paper()] if paper else []), _help(), ""]
    return ("\ufeff" + "\r\n".join(texts)).encode()


def _steps() -> tuple[str, ...]:
    return (
        _("The files on this stick or disc are locked."),
        _("1. Double-click OPEN-ME.html. It opens in your browser. You need no internet."),
        _("2. If the page asks for a file, choose records.cps, which lies beside it."),
        _("3. Type the password. It is on a sheet of its own: five words with dashes between them."),
        _("4. Look at the files, or save them."),
    )


def _paper() -> str:
    return _(
        "SUMMARY.pdf is a summary of a few pages. Any program for PDF opens it. The password is the same. "
        "The whole record is in the locked files."
    )


def _help() -> str:
    return _("If it does not open, use Chrome, Edge, Firefox or Safari on a computer, or call the office.")
