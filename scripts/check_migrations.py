"""Fail when a model changed without a migration."""

import os
import sys
import tempfile


def main() -> int:
    """Returns 1 when `makemigrations` would write something."""
    os.environ["CHARTPOST_HOME"] = tempfile.mkdtemp()
    os.environ["DJANGO_SETTINGS_MODULE"] = "chartpost.settings"
    import django
    from django.core.management import call_command

    django.setup()
    try:
        call_command("makemigrations", check=True, dry_run=True, verbosity=1)
    except SystemExit as stop:
        return int(stop.code or 0)
    return 0


if __name__ == "__main__":
    sys.exit(main())
