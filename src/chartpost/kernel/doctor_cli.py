"""`chartpost doctor`: what is and what is not protected; exit code 1 when something must be done."""

import argparse
import json
import sys
from dataclasses import asdict

from chartpost.kernel.config import config

_MARKS = {(True, True): "ok    ", (True, False): "ok    ", (False, True): "DO    ", (False, False): "advice"}


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `doctor`."""
    parser = commands.add_parser("doctor", help="say what is and what is not protected")
    parser.add_argument("--json", action="store_true", help="print the findings as JSON")
    parser.add_argument(
        "--confirm-volume-encryption",
        metavar="NAME",
        help="record that NAME vouches for the encryption of PostgreSQL's volume",
    )
    parser.set_defaults(func=run)


def run(arguments: argparse.Namespace) -> int:
    """Print every finding; 1 when something must be done."""
    if not (config().home / "keys" / "master.wrap").exists():
        said = f"There is no Chartpost in {config().home} yet. Run `chartpost up` first, or set CHARTPOST_HOME.\n"
        sys.stderr.write(said)
        return 1
    import django

    django.setup()
    from chartpost.kernel import facts
    from chartpost.kernel.doctor import checks

    if arguments.confirm_volume_encryption:
        facts.record(facts.VOLUME_ENCRYPTION, arguments.confirm_volume_encryption)
    found = checks()
    if arguments.json:
        sys.stdout.write(json.dumps([asdict(item) for item in found], indent=2) + "\n")
    for item in () if arguments.json else found:
        sys.stdout.write(f"{_MARKS[item.ok, item.must]}  {item.name}: {item.text}\n")
        if item.todo:
            sys.stdout.write(f"        {item.todo}\n")
    return 1 if any(item.failing for item in found) else 0
