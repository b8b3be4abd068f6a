"""Several things at once, one after the other from a list, until all are done or one fails."""

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

AT_ONCE = 4
T = TypeVar("T")


def each(items: Iterable[T], run: Callable[[T], None]) -> None:
    """Call `run` with every item, four at once; after a failure no further one is begun, and the first is raised."""
    waiting, lock, failed = iter(items), threading.Lock(), threading.Event()

    def work() -> None:
        while not failed.is_set():
            with lock:
                item = next(waiting, None)
            if item is None:
                return
            try:
                run(item)
            except BaseException:
                failed.set()
                raise

    with ThreadPoolExecutor(AT_ONCE) as pool:
        tasks = [pool.submit(work) for _ in range(AT_ONCE)]
        try:
            for task in tasks:
                task.result()
        except BaseException:
            failed.set()
            raise
