"""Django app of the identity room."""

from django.apps import AppConfig


class IdentityConfig(AppConfig):
    """Persons, accounts, representatives, roles, sign-in and policies."""

    name = "chartpost.identity"
    label = "identity"
