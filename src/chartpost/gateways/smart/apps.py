"""Django app of the SMART door."""

from django.apps import AppConfig


class SmartConfig(AppConfig):
    """SMART App Launch 2.2: authorize, token, introspect, revoke, register, discovery."""

    name = "chartpost.gateways.smart"
    label = "smart"
