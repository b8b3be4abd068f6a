"""The language of the pages: kept in a cookie, and in the account of who is signed in."""

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views import i18n
from django.views.decorators.http import require_POST

from chartpost.identity.models import Account
from chartpost.identity.services.settings import save_settings


@require_POST
def switch(request: HttpRequest) -> HttpResponseBase:
    """Change the language, go back to the page, and remember it in the account."""
    wanted, account = request.POST.get("language", ""), request.user
    if isinstance(account, Account) and wanted in dict(settings.LANGUAGES):
        save_settings(account, wanted)
    return i18n.set_language(request)
