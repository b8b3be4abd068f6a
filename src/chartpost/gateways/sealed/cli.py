"""`chartpost seal` and `chartpost open`: send and receive sealed shares from the shell."""

import argparse
from pathlib import Path


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the `seal` and `open` commands."""
    _add_seal(commands.add_parser("seal", help="send files end-to-end encrypted; prints a link and a password"))
    _add_open(commands.add_parser("open", help="open a link to files that were sent end-to-end encrypted"))


def _add_seal(seal: argparse.ArgumentParser) -> None:
    seal.add_argument("files", nargs="+", metavar="FILE", help="files and folders; - for standard input")
    seal.add_argument("--to", default="", metavar="ADDRESS", help="the Chartpost to send by, or a request link")
    seal.add_argument("--token-file", type=Path, metavar="FILE", help="file with a token made under My shares")
    seal.add_argument("--password-file", type=Path, metavar="FILE", help="your own password; else five words are drawn")
    seal.add_argument("--recipients", type=int, default=1, metavar="N", help="how many links, each for one person")
    seal.add_argument("--expires", default="", metavar="7d", help="how long the links work: 12h, 7d, or a moment")
    seal.add_argument("--max-opens", type=int, metavar="N", help="how often each link may be opened")
    seal.add_argument("--title", default="", help="what it is; only recipients see it")
    seal.add_argument("--note-file", type=Path, metavar="FILE", help="a message; only recipients see it")
    seal.add_argument("--stdin-name", default="stdin.bin", metavar="NAME", help="name of what standard input brings")
    seal.add_argument("--argon2", action="store_true", help="derive keys by Argon2id instead of PBKDF2")
    seal.add_argument("--state", type=Path, metavar="FILE", help="where to keep what resuming needs; private")
    seal.add_argument("--resume", action="store_true", help="go on with a transfer that was interrupted")
    _add_common(seal)
    seal.set_defaults(func=_seal)


def _add_open(opener: argparse.ArgumentParser) -> None:
    opener.add_argument(
        "link",
        metavar="LINK",
        help="the whole link, in quotes; - to read it from standard input; or a file records.cps",
    )
    opener.add_argument("-o", "--output", default=".", metavar="DIR", help="folder to save in; - for standard output")
    opener.add_argument("--file", default="", metavar="NAME", help="only this file")
    opener.add_argument("--list", action="store_true", help="only say what is in it")
    opener.add_argument("--password-file", type=Path, metavar="FILE", help="file with the password; else you are asked")
    opener.add_argument("--resume", action="store_true", help="go on with an opening that was interrupted")
    _add_common(opener)
    opener.set_defaults(func=_open)


def _add_common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--cacert", type=Path, metavar="FILE", help="trust this certificate authority (PEM)")
    parser.add_argument("--patience", type=float, default=600, metavar="SECONDS", help="how long to bear no connection")
    parser.add_argument("-q", "--quiet", action="store_true", help="say nothing but what is asked for")


def _seal(arguments: argparse.Namespace) -> int:
    from chartpost.gateways.sealed.command.seal import run

    return run(arguments)


def _open(arguments: argparse.Namespace) -> int:
    from chartpost.gateways.sealed.command.open import run

    return run(arguments)
