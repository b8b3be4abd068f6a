"""The order of the suite names files that are there, and puts them first."""

from types import SimpleNamespace
from typing import Any

from tests.support import order


def test_every_long_file_is_there() -> None:
    missing = [name for name in (order.MAKES_THE_DEMO, *order.SECONDS) if not (order.ROOT / name).is_file()]
    assert missing == [], "put right tests/support/order.py"


def test_what_takes_long_begins_first_and_a_file_stays_together() -> None:
    long = max(order.SECONDS, key=lambda name: order.SECONDS[name])
    names = ["tests/a.py", "tests/b.py", long, "tests/b.py", order.MAKES_THE_DEMO, "tests/a.py", "tests/a.py"]
    items: list[Any] = [SimpleNamespace(path=order.ROOT / name, number=n) for n, name in enumerate(names)]
    order.sort(items)
    assert [item.number for item in items] == [4, 2, 0, 5, 6, 1, 3]
