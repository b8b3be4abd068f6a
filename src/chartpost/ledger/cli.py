"""The commands `chartpost ledger verify | prove | export`."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from chartpost.kernel.errors import ChartpostError

if TYPE_CHECKING:
    from chartpost.ledger.verify import VerifyReport


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register `ledger` with the program's argument parser."""
    ledger = subparsers.add_parser("ledger", help="check, prove and export the ledger")
    actions = ledger.add_subparsers(dest="action", required=True, metavar="ACTION")
    verify = actions.add_parser("verify", help="check every entry, every leaf, every signed checkpoint")
    verify.add_argument("--checkpoints", type=Path, metavar="FILE", help="checkpoints kept on another machine")
    verify.set_defaults(func=run_verify)
    prove = actions.add_parser("prove", help="print the proof that an entry is in the ledger")
    what = prove.add_mutually_exclusive_group(required=True)
    what.add_argument("ref", nargs="?", metavar="REF", help="an entry's reference")
    what.add_argument("--since", type=int, metavar="SIZE", help="prove that the ledger only grew since SIZE entries")
    prove.set_defaults(func=run_prove)
    export = actions.add_parser("export", help="write entries and checkpoints as JSON lines")
    export.add_argument("-o", "--output", type=Path, metavar="FILE", help="a file; default standard output")
    export.set_defaults(func=run_export)


def run_verify(args: argparse.Namespace) -> int:
    """Check the ledger and say what was found; returns 1 when something is wrong."""
    _setup()
    from chartpost.ledger.verify import verify

    return _tell(verify(args.checkpoints))


def run_prove(args: argparse.Namespace) -> int:
    """Print a proof; returns 1 when there is none."""
    _setup()
    from chartpost.ledger import proofs

    try:
        text = proofs.inclusion(args.ref) if args.since is None else proofs.consistency(args.since)
    except ChartpostError as error:
        print(f"ledger prove: {error}", file=sys.stderr)
        return 1
    print(text, end="")
    print(f"Verifier key: {proofs.own_verifier().text}", file=sys.stderr)
    return 0


def run_export(args: argparse.Namespace) -> int:
    """Write the ledger as JSON lines and return 0; a file that is there already is not replaced."""
    _setup()
    if args.output is None:
        _export(sys.stdout)
        return 0
    try:
        with args.output.open("x", encoding="utf-8") as out:
            args.output.chmod(0o600)
            _export(out)
    except OSError as error:
        print(f"ledger export: {args.output}: {error.strerror}. Name a new file.", file=sys.stderr)
        return 1
    return 0


def _export(out: TextIO) -> None:
    from chartpost.ledger.export import lines

    for line in lines():
        out.write(json.dumps(line, ensure_ascii=False) + "\n")


def _tell(report: VerifyReport) -> int:
    print(f"Entries in the tree: {report.size}")
    print(f"Root: {report.root.hex()}")
    print(f"Checkpoints: {report.checkpoints}, the newest over {report.signed_size} entries")
    print(f"Waiting for their place: {report.waiting}")
    if report.first is None:
        print("The ledger is whole.")
        return 0
    print(f"THE LEDGER IS NOT WHOLE. First bad row: {report.first.row}: {report.first.text}.")
    for problem in report.problems[1:20]:
        print(f"  {problem.row}: {problem.text}")
    if len(report.problems) > 20:
        print(f"  and {len(report.problems) - 20} more")
    return 1


def _setup() -> None:
    import django

    django.setup()
