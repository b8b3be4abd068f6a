"""Import one file into a new home and say what it took: python -m support.ccda_import FILE.

Prints the most memory the process had in MB, the entries it made, and CPU seconds.
"""

import os
import resource
import sys
import tempfile
import time
from pathlib import Path


def main() -> int:
    """Import the file as `chartpost import` does."""
    with tempfile.TemporaryDirectory(prefix="chartpost-bench-") as home:
        os.environ |= {"CHARTPOST_HOME": home, "DJANGO_SETTINGS_MODULE": "chartpost.settings"}
        os.environ.pop("CHARTPOST_DATABASE_URL", None)
        import django

        django.setup()
        from django.core.management import call_command

        from chartpost.identity.types import SYSTEM
        from chartpost.records.ingest import import_path

        call_command("migrate", verbosity=0)
        began = time.process_time()
        report = import_path(Path(sys.argv[1]), SYSTEM)
        if report.refused or report.inbox:
            raise SystemExit(f"the import did not go through: {report.refused}, {report.inbox} in the inbox")
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{used:.0f} {report.created} {time.process_time() - began:.1f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
