"""The end of the set-up: all answers become the office in one transaction, and the link is used up."""

from django.db import transaction

from chartpost.identity import models, services
from chartpost.identity.types import SYSTEM
from chartpost.portal.setup.answers import Answers


class SetupOver(Exception):
    """The link was used up by somebody else in the meantime."""


@transaction.atomic
def finish(code: str, answers: Answers, person: dict[str, str], roles: tuple[str, ...]) -> models.Account:
    """Set up the office and its first account (`person`: name, email, password); all of it or nothing.

    Raises SetupOver when the link stopped working meanwhile.
    """
    if not services.finish_setup(code):
        raise SetupOver
    services.save_office({**answers.office(), "recovery_key_shown_at": answers.recovery_shown_at()}, SYSTEM)
    for facility in answers.facilities:
        services.save_facility(facility, SYSTEM)
    account = services.add_account(
        person["email"], person["name"], person["password"], staff=True, zone=answers.facilities[0]["zone"]
    )
    for role in roles:
        services.give_role(account, role, SYSTEM)
    return account
