"""Django app of the mail door."""

from django.apps import AppConfig


class MailConfig(AppConfig):
    """Sends mail by SMTP, or keeps it in a file outbox."""

    name = "chartpost.gateways.mail"
    label = "mail"
