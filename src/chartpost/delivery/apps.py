"""Django app of the delivery room."""

from django.apps import AppConfig


class DeliveryConfig(AppConfig):
    """Packages, channels, deliveries, receipts."""

    name = "chartpost.delivery"
    label = "delivery"
