"""The WSGI entry: Django behind one function, where raw doors are put in front."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chartpost.settings")

application = get_wsgi_application()
