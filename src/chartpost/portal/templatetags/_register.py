"""The one tag library; the modules beside it fill it and `ui` hands it to Django."""

from django.template import Library

register = Library()
