"""The command `chartpost rules eval FILE`: a thin face of the law."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from .errors import LawInputError
from .evaluate import evaluate_file

EXIT_BAD_INPUT = 2


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register `rules eval FILE` with the program's argument parser."""
    rules = subparsers.add_parser("rules", help="ask the rulebook")
    actions = rules.add_subparsers(dest="action", required=True, metavar="ACTION")
    evaluate = actions.add_parser("eval", help="answer a JSON file of {id, op, given}")
    evaluate.add_argument(
        "file", metavar="FILE", help="a JSON list, or an object with `vectors`; - reads standard input"
    )
    evaluate.set_defaults(func=run_eval)


def run_eval(args: argparse.Namespace) -> int:
    """Print the answers as JSON and return 0; a file that cannot be used gives an error and 2."""
    try:
        answers = evaluate_file(json.loads(_read(args.file)))
    except LawInputError as error:
        return _fail(f"{args.file}: {error}")
    except OSError as error:
        return _fail(f"{args.file}: could not be read ({error.strerror}). Give the path of a JSON file.")
    except UnicodeDecodeError:
        return _fail(f"{args.file}: saw bytes that are not UTF-8, expected JSON text.")
    except json.JSONDecodeError as error:
        return _fail(f"{args.file}: saw no JSON at line {error.lineno}, column {error.colno} ({error.msg}).")
    except ValueError:
        return _fail(f"{args.file}: saw a number too long to read, expected whole cents, days or minutes.")
    except RecursionError:
        return _fail(f"{args.file}: saw JSON nested too deeply, expected a list of {{id, op, given}}.")
    print(json.dumps(answers, indent=2))
    return 0


def _read(name: str) -> str:
    return sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8")


def _fail(message: str) -> int:
    print(f"rules eval: {message}", file=sys.stderr)
    return EXIT_BAD_INPUT
