"""The desk speaks English: what its pages take from other rooms is not Spanish in the middle of them."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import translation

LANGUAGE = "en"


class EnglishDesk:
    """Pages of the desk are in English, whatever the browser asks for; letters keep the language of their reader."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith(reverse("desk:queue")):
            return self._get_response(request)
        with translation.override(LANGUAGE):
            response = self._get_response(request)
        response["Content-Language"] = LANGUAGE
        return response
