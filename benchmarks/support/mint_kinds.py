"""Tokens of every kind for fuzzing: python -m support.mint_kinds ONE OTHER SCOPE...; prints them as JSON.

ONE and OTHER are numbers of people of the home; the scopes are those of the app with granular scopes.
"""

import json
import sys
from pathlib import Path

from support import mint

STAFF_ROLES = ("clerk", "approver", "reviewer", "privacy", "admin")


def main() -> int:
    """Mint and print."""
    import django

    django.setup()
    from django.db import transaction

    from chartpost.kernel.config import config

    persons = json.loads((Path(config().home) / "facts.json").read_text(encoding="utf-8"))["persons"]
    one, other = persons[int(sys.argv[1])][0], persons[int(sys.argv[2])][0]
    with transaction.atomic():
        app = mint.register("symmetric", mint.READ)
        tokens = {
            "person": mint.person_token(app, one),
            "other": mint.person_token(app, other),
            "narrow": mint.person_token(app, other, tuple(sys.argv[3:])),
            "reader": mint.person_token(app, one, ("patient/Patient.r",)),
            "staff": _staff_token(),
            "system": mint.backend_token(("system/*.cruds",)),
            "patients": mint.backend_token(("system/Patient.s",)),
        }
    print(json.dumps(tokens))
    return 0


def _staff_token() -> str:
    from chartpost.identity import services
    from chartpost.identity.types import SYSTEM

    account = services.add_account("staff@office.example.org", "Staff", None, staff=True)
    for role in STAFF_ROLES:
        services.give_role(account, role, SYSTEM)
    return mint.approved(mint.register("symmetric", ("user/*.cruds",)), account, None, ("user/*.cruds",))


if __name__ == "__main__":
    sys.exit(main())
