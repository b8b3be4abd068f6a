"""`chartpost user add | list | reset | disable`: accounts from the shell, for the person who runs the machine."""

import argparse
import sys


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the `user` command."""
    user = commands.add_parser("user", help="add, list, reset or disable accounts")
    verbs = user.add_subparsers(dest="verb", required=True)
    add = verbs.add_parser("add", help="invite a member of staff; prints a one-time code")
    add.add_argument("email")
    add.add_argument(
        "--role", action="append", required=True, help="clerk, approver, reviewer, privacy, imaging or admin"
    )
    add.set_defaults(func=_add)
    verbs.add_parser("list", help="staff accounts and their roles").set_defaults(func=_list)
    reset = verbs.add_parser("reset", help="end all sessions and second factors of an account; prints a new password")
    reset.add_argument("email")
    reset.set_defaults(func=_reset)
    disable = verbs.add_parser("disable", help="block an account; its sessions end and its apps stop")
    disable.add_argument("email")
    disable.set_defaults(func=_disable)


def _setup() -> None:
    import django

    django.setup()


def _add(arguments: argparse.Namespace) -> int:
    _setup()
    from chartpost.identity import services
    from chartpost.identity.types import ROLES, SYSTEM

    wrong = set(arguments.role) - set(ROLES)
    if wrong:
        print(f"Saw role {', '.join(sorted(wrong))}. Expected one of {', '.join(ROLES)}.", file=sys.stderr)
        return 2
    code = services.invite("staff", SYSTEM, roles=list(arguments.role), email=arguments.email)
    print(f"Ask {arguments.email} to sign up, then to enter this code: {code}")
    return 0


def _list(_: argparse.Namespace) -> int:
    _setup()
    from chartpost.identity import queries

    for account in queries.staff():
        print(
            f"{account.email}\t{', '.join(account.roles) or 'no role'}\t{'active' if account.is_active else 'closed'}"
        )
    return 0


def _disable(arguments: argparse.Namespace) -> int:
    _setup()
    from chartpost.identity import services
    from chartpost.identity.types import SYSTEM

    if not services.disable_account(arguments.email, SYSTEM):
        print(f"Saw {arguments.email}. Expected the e-mail address of an account in use.", file=sys.stderr)
        return 1
    print(f"{arguments.email} is blocked.")
    return 0


def _reset(arguments: argparse.Namespace) -> int:
    _setup()
    from chartpost.identity import services

    password = services.reset_account(arguments.email)
    if password is None:
        print(
            f"Saw {arguments.email}. Expected the e-mail address of an account. Check it with: chartpost user list",
            file=sys.stderr,
        )
        return 1
    print(f"New password, shown once: {password}")
    return 0
