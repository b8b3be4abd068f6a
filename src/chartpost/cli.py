"""The one command line: `chartpost COMMAND`. Each room adds its own commands."""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module

from chartpost import __version__
from chartpost.kernel.config import ConfigError
from chartpost.kernel.errors import ChartpostError

ROOM_COMMANDS = (
    "chartpost.law.cli",
    "chartpost.ledger.cli",
    "chartpost.kernel.backup.cli",
    "chartpost.kernel.doctor_cli",
    "chartpost.kernel.up_cli",
    "chartpost.identity.cli",
    "chartpost.identity.commands",
    "chartpost.records.cli",
    "chartpost.delivery.cli",
    "chartpost.gateways.sealed.cli",
    "chartpost.demo.cli",
)


def main(words: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code (0 done, 1 something is wrong, 2 the call was wrong)."""
    parser = build_parser()
    arguments = parser.parse_args(words)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chartpost.settings")
    run: Callable[[argparse.Namespace], int] = arguments.func
    try:
        return run(arguments)
    except ConfigError as error:
        print(error, file=sys.stderr)
        return 2
    except ChartpostError as error:
        print(error.message, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def build_parser() -> argparse.ArgumentParser:
    """The parser of every command."""
    parser = argparse.ArgumentParser(prog="chartpost", description="Get, send and share medical records.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    version = commands.add_parser("version", help="print the version")
    version.set_defaults(func=_version)
    for room in ROOM_COMMANDS:
        import_module(room).add_parser(commands)
    return parser


def _version(_: argparse.Namespace) -> int:
    print(f"chartpost {__version__}")
    return 0
