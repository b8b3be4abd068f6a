"""Django app of the desk room."""

from django.apps import AppConfig


class DeskConfig(AppConfig):
    """Pages for staff."""

    name = "chartpost.desk"
    label = "desk"
