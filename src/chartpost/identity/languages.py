"""The language of the pages of somebody who is signed in: that of the account, which a cookie tells every page."""

from django.conf import settings
from django.http import HttpResponse
from django.utils import translation


def speak(response: HttpResponse, language: str) -> None:
    """Have the browser ask for a language from now on."""
    translation.activate(language)
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        secure=settings.LANGUAGE_COOKIE_SECURE,
        httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
        samesite="Lax",
    )
