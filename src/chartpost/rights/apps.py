"""Django app of the rights room."""

from django.apps import AppConfig


class RightsConfig(AppConfig):
    """Requests, clocks, fees, decisions, letters."""

    name = "chartpost.rights"
    label = "rights"
