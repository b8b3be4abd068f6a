"""`chartpost demo`: a home of synthetic people, then everything up."""

import argparse
import os
import shutil
import sys
from pathlib import Path

DEFAULT_HOME = "~/.chartpost-demo"
READY = "ready"


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the `demo` command."""
    demo = commands.add_parser("demo", help="synthetic people and a demo office, then up")
    demo.add_argument("--home", default=DEFAULT_HOME, help=f"folder of the demo (default {DEFAULT_HOME})")
    demo.add_argument("--port", default="8443", help="port to serve at (default 8443)")
    demo.add_argument("--prepare-only", action="store_true", help="make the demo office, then stop")
    demo.set_defaults(func=_demo)


def _demo(arguments: argparse.Namespace) -> int:
    home = Path(arguments.home).expanduser().absolute()
    os.environ.update(CHARTPOST_HOME=str(home), CHARTPOST_PORT=str(arguments.port), CHARTPOST_DEMO="1")
    marker = home / "demo"
    if home.exists() and any(home.iterdir()) and not marker.exists():
        print(
            f"Seen: {home} holds data that is not a demo. Expected: an empty or a demo folder. "
            "What to do: choose another folder with --home.",
            file=sys.stderr,
        )
        return 2
    if marker.exists() and marker.read_text() != READY:
        shutil.rmtree(home)  # an earlier start was stopped before the demo office was whole
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not marker.exists():
        marker.write_text("making")
    from chartpost.kernel.config import config
    from chartpost.kernel.start import prepare

    config.cache_clear()
    if not arguments.prepare_only:
        from chartpost.kernel.web import refuse_busy_port

        refuse_busy_port(config())
    lines = list(prepare(config()))
    from chartpost.demo import console, office

    accounts = office.seed()
    console.register()
    marker.write_text(READY)
    lines += office.sign_in_lines(accounts)
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()
    if arguments.prepare_only:
        return 0
    from chartpost.kernel.supervisor import Part, Supervisor

    return Supervisor([Part("web", ("web",)), Part("worker", ("worker",))]).run()
