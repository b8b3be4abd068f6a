"""Django app of the door of sealed shares."""

from django.apps import AppConfig


class SealedConfig(AppConfig):
    """The signed-in pages that send files sealed and ask for them; the API and the public pages are raw WSGI."""

    name = "chartpost.gateways.sealed"
    label = "sealed"
