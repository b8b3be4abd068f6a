"""Signing an account in where the program itself has just seen its proof."""

from allauth.account.internal.flows.login import record_authentication
from django.contrib.auth import login
from django.http import HttpRequest

from chartpost.identity.models import Account

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


def sign_in(request: HttpRequest, account: Account) -> None:
    """Sign in an account that proved itself by its password in this very request; the session gets a new key."""
    login(request, account, backend=BACKEND)
    record_authentication(request, account, method="password", email=account.email, reauthenticated=True)
