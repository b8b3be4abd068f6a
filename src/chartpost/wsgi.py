"""The WSGI entry: Django behind one function, where raw doors are put in front."""

import multiprocessing
import os

from django.core.wsgi import get_wsgi_application

from chartpost.kernel import logs
from chartpost.kernel.parent import end_with_parent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chartpost.settings")

if multiprocessing.parent_process() is not None:
    end_with_parent()
application = get_wsgi_application()
logs.configure(part="web")
