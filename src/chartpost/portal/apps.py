"""Django app of the portal room."""

from django.apps import AppConfig


class PortalConfig(AppConfig):
    """Pages for people."""

    name = "chartpost.portal"
    label = "portal"
