"""Several things at once, one after the other from a list, until all are done or one fails.

Much work is done by processes of their own, since the ciphers of one process keep only one processor busy. They begin
as copies of this one, are told item by item what to do, and end with it, also when it is killed.
"""

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, ThreadPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeVar

from chartpost.gateways.sealed.command.errors import CommandError

AT_ONCE = 3
MUCH = 64 * 1024 * 1024
"""Bytes of work from which on processes are worth their start."""
Item = TypeVar("Item")
Made = TypeVar("Made")
_work: list[Callable[[Any], Any]] = []
"""In a helping process: what it does."""


def each(items: Iterable[Item], work: Callable[[Item], Made], took: Callable[[Item, Made], None], size: int) -> None:
    """Call `work` with every item, three at once, and then `took` with the item and what was made of it.

    `size` is how many bytes there are to work on. With many, `work` runs in copies of this process as it is now;
    `took` always runs here. After a failure no further item is begun, and the first is raised.
    """
    helpers = _helpers(work) if size > MUCH and sys.platform == "linux" else None
    left, running = iter(items), dict[Future[Any], Item]()
    with helpers or ThreadPoolExecutor(AT_ONCE) as pool:
        while True:
            for item in islice(left, AT_ONCE - len(running)):
                running[pool.submit(_help if helpers else work, item)] = item
            if not running:
                return
            for done in wait(running, return_when=FIRST_COMPLETED).done:
                took(running.pop(done), _made(done))


def _made(done: "Future[Any]") -> Any:
    try:
        found = done.result()
    except BrokenProcessPool as error:
        raise CommandError(
            seen="a process that was ended while it helped",
            expected="all of them at work to the end",
            todo="see that there is memory, then run the same command with --resume",
        ) from error
    if isinstance(found, _Failed):
        raise found.error
    return found


def _helpers(work: Callable[[Any], Any]) -> ProcessPoolExecutor | None:
    """Processes for the work, begun when they are needed; None where the system has nothing they could talk by."""
    fork = multiprocessing.get_context("fork")
    try:
        return ProcessPoolExecutor(AT_ONCE, mp_context=fork, initializer=_begin, initargs=(work,))
    except (ImportError, NotImplementedError, OSError):
        return None


def _begin(work: Callable[[Any], Any]) -> None:
    _work[:] = [work]
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _help(item: Any) -> Any:
    try:
        return _work[0](item)
    except Exception as error:  # noqa: BLE001 - raised again where the work was ordered
        return _Failed(type(error), tuple(error.__reduce__()[1]), error.__dict__)


@dataclass(frozen=True)
class _Failed:
    """An error on its way between processes; those with named arguments do not find it by themselves."""

    kind: type[Exception]
    args: tuple[Any, ...]
    state: dict[str, Any]

    @property
    def error(self) -> Exception:
        made = self.kind.__new__(self.kind, *self.args)
        made.__dict__.update(self.state)
        return made
