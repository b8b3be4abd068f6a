"""Read the bodies of resources by a bare cursor: python -m support.bare_cursor TIMES [KIND...], in a home.

A fresh connection each time, as a job has; prints processor seconds and bytes of each time.
"""

import sys
import time


def main() -> int:
    """Read and print."""
    import django

    django.setup()
    from chartpost.kernel.config import config
    from chartpost.kernel.db.connection import connect
    from chartpost.kernel.keys import database_key

    for _ in range(int(sys.argv[1])):
        began, size = time.process_time(), 0
        connection = connect(config().home / "chartpost.db", database_key(), cache_mb=config().sqlite_cache_mb)
        where = "WHERE person_id > 0" if sys.argv[2:] == ["people"] else ""
        for (body,) in connection.execute(f"SELECT body FROM records_resource {where} ORDER BY rid"):
            size += len(body)
        connection.close()
        print(time.process_time() - began, size, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
