"""Commands that run the parts: up, web, worker."""

import argparse
import sys

from chartpost.kernel.config import config


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `up`, `web` and `worker`."""
    for name, run, text in (
        ("up", _up, "everything, one command"),
        ("web", _web, "the web server alone"),
        ("worker", _worker, "the background worker alone"),
    ):
        commands.add_parser(name, help=text).set_defaults(func=run)


def _up(_: argparse.Namespace) -> int:
    from chartpost.kernel.start import prepare
    from chartpost.kernel.supervisor import Part, Supervisor
    from chartpost.kernel.web import refuse_busy_port

    refuse_busy_port(config())
    for line in prepare(config()):
        sys.stdout.write(line + "\n")
    sys.stdout.flush()
    return Supervisor([Part("web", ("web",)), Part("worker", ("worker",))]).run()


def _web(_: argparse.Namespace) -> int:
    from chartpost.kernel import web

    return web.run()


def _worker(_: argparse.Namespace) -> int:
    import django

    django.setup()
    from chartpost.kernel import worker

    return worker.run()
