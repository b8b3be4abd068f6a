"""Verbs of the identity room; each writes its ledger entry in its own transaction."""

from chartpost.identity.services._event import code_hash, event
from chartpost.identity.services.accounts import (
    add_account,
    disable_account,
    end_representation,
    end_role,
    give_role,
    link_own,
    notify,
    on_reset,
    represent,
    reset_account,
)
from chartpost.identity.services.app_changes import edit_app, let_in_again
from chartpost.identity.services.apps import (
    disable_app,
    enable_app,
    new_app_secret,
    redirect_good,
    register_app,
    review_app,
    unreview_app,
)
from chartpost.identity.services.grants import approve, end_grant, make_launch, open_launch
from chartpost.identity.services.invitations import INVITATION_DAYS, accept_invitation, invite
from chartpost.identity.services.matches import ask_match, settle_match
from chartpost.identity.services.office import (
    SETUP_HOURS,
    finish_setup,
    make_setup_code,
    save_facility,
    save_office,
    setup_code_good,
    system_actor,
)
from chartpost.identity.services.persons import (
    PERSON_FIELDS,
    add_person,
    add_source,
    alone,
    edit_person,
    merge,
    on_refile,
    patients_turned,
    unmerge,
)
from chartpost.identity.services.settings import save_settings

__all__ = [
    "INVITATION_DAYS",
    "PERSON_FIELDS",
    "SETUP_HOURS",
    "accept_invitation",
    "add_account",
    "add_person",
    "add_source",
    "alone",
    "approve",
    "ask_match",
    "code_hash",
    "disable_account",
    "disable_app",
    "edit_app",
    "edit_person",
    "enable_app",
    "end_grant",
    "end_representation",
    "end_role",
    "event",
    "finish_setup",
    "give_role",
    "invite",
    "let_in_again",
    "link_own",
    "make_launch",
    "make_setup_code",
    "merge",
    "new_app_secret",
    "notify",
    "on_refile",
    "on_reset",
    "open_launch",
    "patients_turned",
    "redirect_good",
    "register_app",
    "represent",
    "reset_account",
    "review_app",
    "save_facility",
    "save_office",
    "save_settings",
    "settle_match",
    "setup_code_good",
    "system_actor",
    "unmerge",
    "unreview_app",
]
